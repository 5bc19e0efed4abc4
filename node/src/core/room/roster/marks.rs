//! Who is marked: members for whom a server vouches that somebody reads mail for the account.
//!
//! A mark says nothing about who is a member. What does not hold takes the mark away and nothing else.

use milanio_identity::{AccountId, Attestation, IssuerId};

use super::{Entry, Roster};
use crate::core::{
    room::{RoomEvent, issuers::Issuers},
    time::RoomTime,
};

/// What a server attested of a member, and how long that counts.
pub(super) struct Mark {
    attestation: Option<Attestation>,
    /// Until when it holds, where it does.
    until_s: Option<u64>,
}

impl Mark {
    /// What `bytes`, an attestation as it travels, are worth for `account`.
    pub(super) fn new(bytes: Option<&[u8]>, account: AccountId, issuers: &Issuers, now: RoomTime) -> Self {
        let attestation = bytes.and_then(|bytes| Attestation::from_bytes(bytes).ok());
        let until_s = attestation.as_ref().and_then(|one| issuers.vouch(one, account, now));
        Self { attestation, until_s }
    }

    /// Whether a server that counts vouches.
    pub(super) const fn holds(&self) -> bool {
        self.until_s.is_some()
    }
}

impl Roster {
    /// The servers whose attestations count from now on. Tells who is marked, or no longer.
    pub fn set_issuers(&mut self, issuers: Vec<IssuerId>, now: RoomTime) -> Vec<RoomEvent> {
        self.issuers = Issuers::new(issuers);
        self.members.values_mut().filter_map(|entry| mark_again(entry, &self.issuers, now)).collect()
    }

    /// Whether one of the servers that count vouches for `account` by `attestation`.
    pub fn vouches(&self, attestation: &Attestation, account: AccountId, now: RoomTime) -> bool {
        self.issuers.vouch(attestation, account, now).is_some()
    }

    /// Takes the mark from those whose attestation has run out.
    pub fn unmark(&mut self, now: RoomTime) -> Vec<RoomEvent> {
        let over = |entry: &&mut Entry| entry.mark.until_s.is_some_and(|until_s| until_s <= now.as_secs());
        let over = self.members.values_mut().filter(over);
        over.filter_map(|entry| mark_again(entry, &self.issuers, now)).collect()
    }
}

fn mark_again(entry: &mut Entry, issuers: &Issuers, now: RoomTime) -> Option<RoomEvent> {
    let Entry { member, mark, .. } = entry;
    mark.until_s = mark.attestation.as_ref().and_then(|one| issuers.vouch(one, member.account, now));
    let changed = std::mem::replace(&mut member.verified, mark.holds()) != mark.holds();
    changed.then(|| RoomEvent::MemberChanged(member.clone()))
}

#[cfg(test)]
mod tests {
    use milanio_identity::{AccountKey, AttestationLevel, IssuerKey};

    use super::*;
    use crate::{
        core::room::roster::tests::{START, after, device, presence},
        wire::{message::Presence, operation::Role},
    };

    const START_DAY: u32 = (START / 86_400_000) as u32;

    /// The presence of person `number` with an attestation of `account`, from the day of [`START`] on.
    fn attested(number: u8, account: u8, said: u64) -> Presence {
        let account = AccountKey::from_seed([account; 32]).id();
        let attestation = Attestation::issue(&issuer(), account, AttestationLevel::Email, START_DAY);
        Presence { attestation: Some(attestation.to_bytes()), ..presence(number, 1, said) }
    }

    fn issuer() -> IssuerKey {
        IssuerKey::from_seed([77; 32])
    }

    fn marks(events: &[RoomEvent]) -> Vec<bool> {
        let mark = |event: &RoomEvent| match event {
            RoomEvent::MemberJoined(member) | RoomEvent::MemberChanged(member) => Some(member.verified),
            _ => None,
        };
        events.iter().filter_map(mark).collect()
    }

    #[test]
    fn a_member_is_marked_while_a_server_that_counts_vouches_for_the_account() {
        let mut roster = Roster::default();
        let hear = |roster: &mut Roster, presence: &Presence| {
            marks(&roster.hear_presence(device(1).id(), presence, None, |_| Some(Role::Member), after(0)).unwrap())
        };
        assert_eq!(hear(&mut roster, &attested(1, 1, 0)), [false]);
        assert_eq!(marks(&roster.set_issuers(vec![issuer().id()], after(0).room)), [true]);
        assert_eq!(roster.set_issuers(vec![issuer().id()], after(0).room), []);
        assert_eq!(hear(&mut roster, &presence(1, 1, 10)), [false]);
        assert_eq!(hear(&mut roster, &attested(1, 1, 20)), [true]);
        assert_eq!(marks(&roster.set_issuers(Vec::new(), after(0).room)), [false]);
    }

    #[test]
    fn a_strangers_a_forged_and_a_malformed_attestation_make_no_mark_and_keep_nobody_out() {
        let mut roster = Roster::default();
        roster.set_issuers(vec![issuer().id()], after(0).room);
        let mut forged = attested(1, 1, 0);
        forged.attestation.as_mut().unwrap()[80] ^= 1;
        let malformed = Presence { attestation: Some(vec![0; Attestation::LENGTH]), ..presence(2, 1, 0) };
        for (number, presence) in [(1, forged), (2, malformed), (3, attested(3, 1, 0))] {
            let events =
                roster.hear_presence(device(number).id(), &presence, None, |_| Some(Role::Member), after(0)).unwrap();
            assert_eq!(marks(&events), [false]);
        }
        assert_eq!(roster.len(), 3);
    }

    #[test]
    fn the_mark_goes_when_the_attestation_ends() {
        let mut roster = Roster::default();
        roster.set_issuers(vec![issuer().id()], after(0).room);
        roster.hear_presence(device(1).id(), &attested(1, 1, 0), None, |_| Some(Role::Member), after(0)).unwrap();
        let end = RoomTime::from_millis(u64::from(START_DAY + Attestation::LIFETIME_DAYS) * 86_400_000);
        assert_eq!(roster.unmark(RoomTime::from_millis(end.as_millis() - 1)), []);
        assert_eq!(marks(&roster.unmark(end)), [false]);
        assert_eq!(roster.unmark(end), []);
    }
}
