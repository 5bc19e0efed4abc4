//! Counts what every address holds at the moment, such as connections, and refuses beyond a cap.
//!
//! Left out: rates over time, which `limits` has.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use crate::core::mail_budget::site_of;

/// A cap per address and one in all. Clones share the counts.
#[derive(Clone, Debug)]
pub struct AddressCap {
    per_address: usize,
    total: usize,
    exempt: Option<IpAddr>,
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    total: usize,
    by_address: BTreeMap<IpAddr, usize>,
}

impl AddressCap {
    /// At most `per_address` for each address and `total` for all.
    pub fn new(per_address: usize, total: usize) -> Self {
        Self { per_address, total, exempt: None, held: Arc::default() }
    }

    /// The same, but `exempt` has no cap of its own: a proxy, behind which many are.
    pub fn exempting(self, exempt: Option<IpAddr>) -> Self {
        Self { exempt: exempt.map(site_of), ..self }
    }

    /// Takes one for `address`, given back when the result is dropped; none if a cap is reached.
    pub fn take(&self, address: IpAddr) -> Option<Taken> {
        let address = site_of(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = held.by_address.get(&address).copied().unwrap_or(0);
        if held.total >= self.total || (mine >= self.per_address && self.exempt != Some(address)) {
            return None;
        }
        held.total += 1;
        held.by_address.insert(address, mine + 1);
        Some(Taken { address, held: Arc::clone(&self.held) })
    }
}

/// One of what is counted, held until dropped.
#[derive(Debug)]
pub struct Taken {
    address: IpAddr,
    held: Arc<Mutex<Held>>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.total = held.total.saturating_sub(1);
        match held.by_address.get_mut(&self.address) {
            Some(mine) if *mine > 1 => *mine -= 1,
            _ => {
                held.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_cap_and_all_have_one_and_drops_give_back() {
        let cap = AddressCap::new(2, 3);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = cap.take(one).unwrap();
        let _second = cap.take(one).unwrap();
        assert!(cap.take(one).is_none(), "its own cap");
        let third = cap.take(other).unwrap();
        assert!(cap.take(other).is_none(), "the cap of all");
        drop(first);
        drop(third);
        assert!(cap.take(other).is_some());
        assert!(cap.clone().exempting(Some(one)).take(one).is_some(), "a proxy has many behind it");
        assert_eq!(cap.held.lock().unwrap().by_address.len(), 1, "who holds nothing is forgotten");
    }
}
