//! How many letters may leave: per address, per domain and in all, shared so that no network takes everything.
//!
//! Within a cap, a network (IPv4 /24, IPv6 /48) may use up to a fixed part of what is left (the dynamic threshold of Choudhury and
//! Hahne, "Dynamic queue length thresholds for shared-memory packet switches", 1998). One flooding network ends at a fifth of the
//! cap, and `n` of them leave `4 / (n + 4)` of it to those who have not asked yet. Above half of the cap, who asks works first.
//!
//! A mailbox gets so many letters that somebody else can cause, whether they name it as anybody or as a signed-in device that wants to
//! move there. What follows the password of its own account is counted apart: strangers keep nobody from signing in.
//!
//! One site may write to so many different mailboxes; a letter to the same one again counts for the mailbox alone.
//!
//! [`MailBudget::ask`] counts a letter only if it may leave. Left out: what the work is ([`crate::api::work_done`]), and sending.

use std::{
    collections::{BTreeMap, VecDeque},
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Letters to one address that others can cause, and as many again that its own account's password stands for: at most this many ...
/// ... within so many seconds (one a minute, three an hour, six a day).
pub const PER_ADDRESS: [(usize, u64); 3] = [(1, 60), (3, HOUR_S), (6, DAY_S)];
/// Different mailboxes that one site (IPv4 address, IPv6 /64) may write to, within so many seconds: 20 an hour, 60 a day. An office or a
/// school is one site and may come all at once, so this is a class of people; the share of its network holds it to a fifth of an hour's
/// letters anyway, and [`PER_ADDRESS`] keeps it from repeating.
pub const PER_SITE: [(usize, u64); 2] = [(20, HOUR_S), (60, DAY_S)];
/// Letters to one domain in an hour.
pub const PER_DOMAIN: usize = 100;
/// Letters in an hour, in all: what a small mail provider takes from a new customer.
pub const GLOBAL: usize = 200;

/// Bits of work asked for above half of [`GLOBAL`] (chosen: a tenth of a second in a browser) ...
const WORK_BITS: u8 = 16;
/// ... and more in every further eighth of [`GLOBAL`] (so at most a few seconds).
const MORE_WORK_BITS: u8 = 2;

const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 86_400;

/// What entitles somebody to ask for a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Nothing: anybody may name any address.
    Anybody,
    /// A signed-in device, which may ask only a few times an hour.
    SignedIn,
    /// The password of the account that has the address.
    Password,
}

impl Ground {
    // Whether only the mailbox's owner has it: who is signed in may name anybody's address as their next one.
    const fn is_the_owners(self) -> bool {
        matches!(self, Self::Password)
    }
}

/// One letter that somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct MailRequest<'a> {
    /// Where the request came from.
    pub from: IpAddr,
    /// Names the mailbox: a keyed hash of its address.
    pub mailbox: [u8; 32],
    /// The domain of the address, in lower case.
    pub domain: &'a str,
    /// What entitles to it.
    pub ground: Ground,
    /// Work that came with the request, in bits; 0 for none.
    pub work_done: u8,
}

/// What becomes of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may leave, and was counted.
    Send,
    /// It may leave if the request is repeated with this much work, in bits.
    WorkRequired(u8),
    /// It may not leave yet.
    Refused {
        /// Seconds until asking again can help.
        retry_after_s: u32,
    },
}

/// Counts the letters of the last day. Its memory is bounded by what it lets out.
#[derive(Debug)]
pub struct MailBudget {
    // How many times as many letters as the figures say: 1, or more in a lab.
    factor: usize,
    // Letters of the last hour, oldest first.
    recent: VecDeque<Sent>,
    // When each mailbox was written to within the last day, oldest first; apart, whether on its owner's ground.
    mailboxes: BTreeMap<([u8; 32], bool), VecDeque<u64>>,
    // Which mailboxes each site wrote to within the last day, oldest first, each once.
    sites: BTreeMap<IpAddr, VecDeque<(u64, [u8; 32])>>,
    tidied_s: u64,
}

#[derive(Debug)]
struct Sent {
    at_s: u64,
    net: IpAddr,
    domain: String,
}

impl Default for MailBudget {
    fn default() -> Self {
        Self::new(1)
    }
}

impl MailBudget {
    /// A budget of `factor` times the figures: 1, or more in a lab.
    pub const fn new(factor: usize) -> Self {
        let factor = if factor == 0 { 1 } else { factor };
        Self { factor, recent: VecDeque::new(), mailboxes: BTreeMap::new(), sites: BTreeMap::new(), tidied_s: 0 }
    }

    /// Decides about one letter at `now_s` (seconds since the Unix epoch), and counts it if it may leave.
    pub fn ask(&mut self, request: &MailRequest<'_>, now_s: u64) -> Decision {
        self.forget(now_s);
        let site = site_of(request.from);
        let wait_s = self.mailbox_wait(request, now_s).max(self.site_wait(site, &request.mailbox, now_s));
        if let Some(retry_after_s) = wait_s {
            return Decision::Refused { retry_after_s };
        }
        let net = net_of(request.from);
        if !self.has_share(net, request.domain) {
            let oldest_s = self.recent.front().map_or(now_s, |sent| sent.at_s);
            return Decision::Refused { retry_after_s: seconds((oldest_s + HOUR_S).saturating_sub(now_s).max(1)) };
        }
        match self.bits() {
            Some(bits) if request.ground == Ground::Anybody && request.work_done < bits => {
                return Decision::WorkRequired(bits);
            }
            _ => {}
        }
        self.recent.push_back(Sent { at_s: now_s, net, domain: request.domain.to_owned() });
        let mailbox = self.mailboxes.entry((request.mailbox, request.ground.is_the_owners())).or_default();
        mailbox.push_back(now_s);
        // More than a day's letters are never looked at.
        mailbox.drain(..mailbox.len().saturating_sub(PER_ADDRESS[2].0 * self.factor));
        let written = self.sites.entry(site).or_default();
        if written.iter().all(|(_, mailbox)| *mailbox != request.mailbox) {
            written.push_back((now_s, request.mailbox));
        }
        Decision::Send
    }

    /// The work that a letter takes at `now_s`, in bits; none while less than half of [`GLOBAL`] is used.
    pub fn work_bits(&mut self, now_s: u64) -> Option<u8> {
        self.forget(now_s);
        self.bits()
    }

    fn bits(&self) -> Option<u8> {
        work_bits(self.recent.len() / self.factor)
    }

    fn mailbox_wait(&self, request: &MailRequest<'_>, now_s: u64) -> Option<u32> {
        let sent = self.mailboxes.get(&(request.mailbox, request.ground.is_the_owners()))?;
        let waits = PER_ADDRESS.iter().filter_map(|(count, within_s)| {
            let earliest = sent.iter().rev().nth(count * self.factor - 1)?;
            (earliest + within_s).checked_sub(now_s).filter(|wait_s| *wait_s > 0)
        });
        waits.max().map(seconds)
    }

    fn site_wait(&mut self, site: IpAddr, mailbox: &[u8; 32], now_s: u64) -> Option<u32> {
        let written = self.sites.get_mut(&site)?;
        written.retain(|(at_s, _)| at_s + DAY_S > now_s);
        if written.iter().any(|(_, known)| known == mailbox) {
            return None;
        }
        let waits = PER_SITE.iter().filter_map(|(count, within_s)| {
            let (earliest, _) = written.iter().rev().nth(count * self.factor - 1)?;
            (earliest + within_s).checked_sub(now_s).filter(|wait_s| *wait_s > 0)
        });
        waits.max().map(seconds)
    }

    // Another letter for `net` is within its threshold in all, and among those to `domain`.
    fn has_share(&self, net: IpAddr, domain: &str) -> bool {
        let in_domain = self.recent.iter().filter(|sent| sent.domain == domain);
        let (mut used_domain, mut mine_domain) = (0, 0);
        for sent in in_domain {
            used_domain += 1;
            mine_domain += usize::from(sent.net == net);
        }
        let mine = self.recent.iter().filter(|sent| sent.net == net).count();
        below_threshold(mine, self.recent.len(), GLOBAL * self.factor)
            && below_threshold(mine_domain, used_domain, PER_DOMAIN * self.factor)
    }

    fn forget(&mut self, now_s: u64) {
        while self.recent.front().is_some_and(|sent| sent.at_s + HOUR_S <= now_s) {
            self.recent.pop_front();
        }
        if self.tidied_s + HOUR_S <= now_s {
            self.tidied_s = now_s;
            self.mailboxes.retain(|_, sent| sent.back().is_some_and(|at_s| at_s + DAY_S > now_s));
            self.sites.retain(|_, written| written.back().is_some_and(|(at_s, _)| at_s + DAY_S > now_s));
        }
    }
}

/// The part of an address that is one site: all of IPv4, the /64 of IPv6 (a home has at least that many addresses).
pub fn site_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four => four,
    }
}

/// The part of an address that counts as one network: /24 of IPv4, /48 of IPv6, which are what one customer gets at most places.
pub fn net_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(four) => {
            let [a, b, c, _] = four.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(six) => {
            let [a, b, c, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// A network may have a letter in four of those that are left.
const SHARES: usize = 4;

fn below_threshold(mine: usize, used: usize, cap: usize) -> bool {
    used < cap && mine * SHARES < cap - used
}

fn work_bits(used: usize) -> Option<u8> {
    let eighths_above_half = (used.checked_sub(GLOBAL / 2)? * 8 / GLOBAL).min(3);
    Some(u8::try_from(eighths_above_half).unwrap_or(u8::MAX) * MORE_WORK_BITS + WORK_BITS)
}

fn seconds(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_900_000_000;

    fn ask(budget: &mut MailBudget, net: u32, mailbox: u32, domain: &str, now_s: u64) -> Decision {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&mailbox.to_be_bytes());
        let from = IpAddr::V4(Ipv4Addr::from(net << 8 | mailbox & 0xff));
        budget.ask(&MailRequest { from, mailbox: hash, domain, ground: Ground::Anybody, work_done: 64 }, now_s)
    }

    fn domain(mailbox: u32) -> String {
        format!("d{}.example", mailbox % 10)
    }

    #[test]
    fn one_address_gets_one_letter_a_minute_three_an_hour_six_a_day() {
        let mut budget = MailBudget::default();
        let mut sent = Vec::new();
        for second in 0..DAY_S + 100 {
            if ask(&mut budget, 1, 1, "a.example", NOW_S + second) == Decision::Send {
                sent.push(second);
            }
        }
        assert_eq!(sent, [0, 60, 120, 3_600, 3_660, 3_720, 86_400, 86_460]);
        assert_eq!(
            ask(&mut budget, 1, 1, "a.example", NOW_S + DAY_S + 100),
            Decision::Refused { retry_after_s: 20 },
            "and is told how long to wait"
        );
    }

    #[test]
    fn a_site_writes_to_twenty_mailboxes_an_hour_and_sixty_a_day_and_again_to_those_it_knows() {
        let mut budget = MailBudget::default();
        let from = "192.0.2.1".parse().unwrap();
        let mut ask = |mailbox: u8, now_s: u64| {
            let domain = format!("d{mailbox}.example");
            let (ground, mailbox) = (Ground::Anybody, [mailbox; 32]);
            let request = MailRequest { from, mailbox, domain: &domain, ground, work_done: 64 };
            budget.ask(&request, now_s)
        };
        for n in 0..20 {
            assert_eq!(ask(n, NOW_S), Decision::Send, "{n}");
        }
        assert_eq!(ask(20, NOW_S + 60), Decision::Refused { retry_after_s: 3_540 });
        assert_eq!(ask(3, NOW_S + 60), Decision::Send, "a letter that got lost is written again");
        let sent = (0..220).filter(|n| ask(20 + n, NOW_S + 3_600 * (1 + u64::from(n / 10))) == Decision::Send).count();
        assert_eq!(sent, 40, "60 in a day");
        assert_eq!(ask(251, NOW_S + 2 * DAY_S), Decision::Send);
    }

    #[test]
    fn a_flood_from_one_network_leaves_most_of_the_hour_to_others() {
        let mut budget = MailBudget::default();
        let flood = (0..2_000).filter(|n| ask(&mut budget, 1, *n, &domain(*n), NOW_S) == Decision::Send).count();
        assert_eq!(flood, GLOBAL / 5);
        let honest = (0..100)
            .filter(|n| ask(&mut budget, 1_000 + n, 10_000 + n, &domain(*n), NOW_S + 60) == Decision::Send)
            .count();
        assert_eq!(honest, 100);
    }

    #[test]
    fn a_flood_from_forty_networks_to_one_domain_still_lets_newcomers_through() {
        let mut budget = MailBudget::default();
        for n in 0..8_000 {
            ask(&mut budget, n % 40, n, "large.example", NOW_S);
        }
        for n in 0..5 {
            let newcomer = ask(&mut budget, 1_000 + n, 10_000 + n, "large.example", NOW_S + 60);
            assert_eq!(newcomer, Decision::Send, "newcomer {n}");
        }
    }

    #[test]
    fn no_more_than_the_caps_leave_in_any_hour() {
        let mut budget = MailBudget::default();
        let mut sent = VecDeque::new();
        for n in 0..20_000_u32 {
            let now_s = NOW_S + u64::from(n) / 2;
            if ask(&mut budget, n % 700, n, &domain(n % 3), now_s) == Decision::Send {
                sent.push_back((now_s, domain(n % 3)));
            }
            sent.retain(|(at_s, _)| at_s + HOUR_S > now_s);
            assert!(sent.len() <= GLOBAL);
            assert!(sent.iter().filter(|(_, to)| *to == domain(0)).count() <= PER_DOMAIN);
        }
        assert!(sent.len() > GLOBAL / 2, "the caps are used");
        budget.forget(NOW_S + 10_000 + 2 * DAY_S);
        assert!(budget.recent.is_empty() && budget.mailboxes.is_empty(), "memory is given back");
    }

    #[test]
    fn work_is_asked_for_above_half_and_grows() {
        let mut budget = MailBudget::default();
        let mut asked = Vec::new();
        for n in 0..400 {
            if ask(&mut budget, n, n, &domain(n), NOW_S) == Decision::Send {
                asked.extend(budget.work_bits(NOW_S));
            }
        }
        asked.dedup();
        assert_eq!(asked, [16, 18, 20, 22]);
        let from = "192.0.2.1".parse().unwrap();
        let (ground, domain) = (Ground::Anybody, "new.example");
        let lazy = MailRequest { from, mailbox: [9; 32], domain, ground, work_done: 0 };
        let mut half = MailBudget::default();
        for n in 0..GLOBAL as u32 / 2 {
            assert_eq!(ask(&mut half, n, n, &self::domain(n), NOW_S), Decision::Send);
        }
        assert_eq!(half.ask(&lazy, NOW_S), Decision::WorkRequired(16));
        for (mailbox, ground) in [([7; 32], Ground::SignedIn), ([8; 32], Ground::Password)] {
            let entitled = MailRequest { mailbox, ground, ..lazy };
            assert_eq!(half.ask(&entitled, NOW_S), Decision::Send, "{ground:?} is enough");
        }
        assert_eq!(half.ask(&MailRequest { work_done: 16, ..lazy }, NOW_S), Decision::Send);
        assert_eq!(half.work_bits(NOW_S + HOUR_S), None);
    }

    #[test]
    fn others_cause_six_letters_a_day_in_all_and_use_up_nothing_that_the_password_stands_for() {
        let (mut budget, domain) = (MailBudget::default(), "victim.example");
        let mut ask = |ground, site: u8, now_s| {
            let from = IpAddr::V4(Ipv4Addr::new(192, 0, site, 1));
            budget.ask(&MailRequest { from, mailbox: [7; 32], domain, ground, work_done: 0 }, now_s)
        };
        let asked_at = |n: u64| NOW_S + n * HOUR_S / 2;
        for n in 0..6 {
            let ground = if n % 2 == 0 { Ground::Anybody } else { Ground::SignedIn };
            assert_eq!(ask(ground, n, asked_at(n.into())), Decision::Send, "{n}");
        }
        let now_s = asked_at(6);
        for ground in [Ground::Anybody, Ground::SignedIn] {
            assert!(matches!(ask(ground, 9, now_s), Decision::Refused { .. }), "the day's six: {ground:?}");
        }
        let sent = (0..DAY_S).step_by(60).filter(|s| ask(Ground::Password, 9, now_s + s) == Decision::Send).count();
        assert_eq!(sent, 6, "and has the same figures");
    }

    #[test]
    fn a_network_is_a_24_or_a_48() {
        let net = |text: &str| net_of(text.parse().unwrap());
        assert_eq!(net("192.0.2.1"), net("::ffff:192.0.2.200"));
        assert_ne!(net("192.0.2.1"), net("192.0.3.1"));
        assert_eq!(net("2001:db8:1:2::1"), net("2001:db8:1:3::1"));
        assert_ne!(net("2001:db8:1::1"), net("2001:db8:2::1"));
    }
}
