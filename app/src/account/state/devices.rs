//! The account's devices, as the settings list them.

/// One device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its key.
    pub id: [u8; 32],
    /// Its 12-character id.
    pub short: String,
    /// What the person calls it; empty if it was never named.
    pub name: String,
    /// It is this one.
    pub is_this: bool,
    /// When it was last at the server, in days since 1970; `None` if never, or long ago.
    pub last_day: Option<u32>,
    /// When it was added, in days since 1970.
    pub added_day: u32,
}

/// A device that nobody saw for this many days is pointed out. Chosen: longer than a holiday.
const UNUSED_DAYS: u32 = 35;

impl Device {
    /// What to call it.
    pub fn shown_name(&self) -> String {
        if self.name.is_empty() { format!("Device {}", self.short) } else { self.name.clone() }
    }

    /// Weeks since it was last seen, if that is remarkably many.
    pub fn unused_weeks(&self, today: u32) -> Option<u32> {
        let days = today.saturating_sub(self.last_day.unwrap_or(self.added_day));
        (!self.is_this && days >= UNUSED_DAYS).then_some(days / 7)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::account) fn phone() -> Device {
        Device {
            id: [2; 32],
            short: "a".into(),
            name: "Phone".into(),
            is_this: false,
            last_day: Some(20_000),
            added_day: 19_000,
        }
    }

    #[test]
    fn a_device_that_was_not_seen_for_weeks_is_pointed_out_unless_it_is_this_one() {
        assert_eq!(phone().unused_weeks(20_034), None);
        assert_eq!(phone().unused_weeks(20_035), Some(5));
        assert_eq!(Device { is_this: true, ..phone() }.unused_weeks(20_100), None);
        assert_eq!(Device { last_day: None, ..phone() }.unused_weeks(19_070), Some(10));
    }
}
