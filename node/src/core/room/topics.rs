//! Which topics a room uses today, and which it still or already follows around midnight.
//!
//! Topics change with the day (UTC, in room time), so that what a relay sees of one day cannot be told to be the same room the
//! next. Clocks differ, so both days' topics are followed for 10 minutes before and after midnight. What is said goes to today's.

use std::{collections::BTreeMap, time::Duration};

use milanio_identity::{RoomKeys, TopicKeys, TopicName};

use super::command::RoomCommand;
use crate::core::time::RoomTime;

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Getting in.
    Door,
    /// Everything else.
    Floor,
}

/// The topics that are followed.
pub struct Topics {
    keys: RoomKeys,
    followed: BTreeMap<(u32, Place), TopicKeys>,
}

impl Topics {
    /// None yet: [`Self::update`] says which.
    pub fn new(keys: RoomKeys) -> Self {
        Self { keys, followed: BTreeMap::new() }
    }

    /// Follows what is to be followed at `now` and nothing else; returns what that takes.
    pub fn update(&mut self, now: RoomTime) -> Vec<RoomCommand> {
        let days = days_at(now);
        let mut commands = Vec::new();
        for day in days {
            for place in [Place::Floor, Place::Door] {
                if !self.followed.contains_key(&(day, place)) {
                    let keys = self.derive(day, place);
                    commands.push(RoomCommand::Subscribe(keys.topic()));
                    self.followed.insert((day, place), keys);
                }
            }
        }
        self.followed.retain(|(day, _), keys| {
            let stays = days.contains(day);
            if !stays {
                commands.push(RoomCommand::Unsubscribe(keys.topic()));
            }
            stays
        });
        commands
    }

    /// Stops following anything.
    pub fn close(&mut self) -> Vec<RoomCommand> {
        let closed = std::mem::take(&mut self.followed);
        closed.into_values().map(|keys| RoomCommand::Unsubscribe(keys.topic())).collect()
    }

    /// The topic to say things on at `now`, if it is followed.
    pub fn today(&self, place: Place, now: RoomTime) -> Option<&TopicKeys> {
        self.followed.get(&(now.day(), place))
    }

    /// What the topic is for and how to open what comes on it, if it is followed.
    pub fn find(&self, topic: &TopicName) -> Option<(Place, &TopicKeys)> {
        self.followed.iter().find(|(_, keys)| keys.topic() == *topic).map(|((_, place), keys)| (*place, keys))
    }

    /// The topics that are followed.
    pub fn names(&self) -> impl Iterator<Item = TopicName> + '_ {
        self.followed.values().map(TopicKeys::topic)
    }

    fn derive(&self, day: u32, place: Place) -> TopicKeys {
        match place {
            Place::Door => self.keys.door(day),
            Place::Floor => self.keys.floor_epoch_zero(day),
        }
    }
}

/// How long until [`Topics::update`] has something to do.
pub fn until_change(now: RoomTime) -> Duration {
    let into = now.as_millis() % DAY;
    let next = [OVERLAP, DAY - OVERLAP].into_iter().find(|at| *at > into).unwrap_or(DAY + OVERLAP);
    Duration::from_millis(next - into)
}

/// The day whose topics are used, and the one that is still or already followed.
fn days_at(now: RoomTime) -> [u32; 2] {
    let (today, into) = (now.day(), now.as_millis() % DAY);
    let other = if into < OVERLAP {
        today.saturating_sub(1)
    } else if into >= DAY - OVERLAP {
        today.saturating_add(1)
    } else {
        today
    };
    [today, other]
}

const DAY: u64 = 86_400_000;
/// 10 minutes. Chosen: five times the time window of frames.
const OVERLAP: u64 = 600_000;

#[cfg(test)]
mod tests {
    use milanio_identity::RootSecret;

    use super::*;

    fn topics() -> Topics {
        Topics::new(RoomKeys::new(&RootSecret::from_bytes([7; 32])))
    }

    fn counted(commands: &[RoomCommand]) -> (usize, usize) {
        let subscribed = commands.iter().filter(|c| matches!(c, RoomCommand::Subscribe(_))).count();
        (subscribed, commands.len() - subscribed)
    }

    fn at(day: u64, hour: u64, minute: u64) -> RoomTime {
        RoomTime::from_millis(((day * 24 + hour) * 60 + minute) * 60_000)
    }

    #[test]
    fn both_days_are_followed_from_ten_before_until_ten_past_midnight() {
        let mut topics = topics();
        assert_eq!(counted(&topics.update(at(9, 23, 49))), (2, 0));
        assert_eq!(counted(&topics.update(at(9, 23, 50))), (2, 0));
        assert_eq!(counted(&topics.update(at(10, 0, 0))), (0, 0));
        assert_eq!(counted(&topics.update(at(10, 0, 9))), (0, 0));
        assert_eq!(counted(&topics.update(at(10, 0, 10))), (0, 2));
        assert_eq!(topics.names().count(), 2);
    }

    #[test]
    fn a_corrected_clock_moves_to_the_right_day() {
        let mut topics = topics();
        topics.update(at(9, 12, 0));
        assert_eq!(counted(&topics.update(at(10, 12, 0))), (2, 2));
        assert!(topics.today(Place::Floor, at(10, 12, 0)).is_some());
        assert!(topics.today(Place::Floor, at(9, 12, 0)).is_none());
    }

    #[test]
    fn the_next_change_is_told_to_the_minute() {
        assert_eq!(until_change(at(3, 0, 0)), Duration::from_secs(600));
        assert_eq!(until_change(at(3, 0, 10)), Duration::from_secs((23 * 60 + 40) * 60));
        assert_eq!(until_change(at(3, 23, 50)), Duration::from_secs(20 * 60));
    }

    #[test]
    fn door_and_floor_of_all_days_have_different_names() {
        let mut topics = topics();
        topics.update(at(9, 23, 55));
        let names: std::collections::BTreeSet<_> = topics.names().collect();
        assert_eq!(names.len(), 4);
    }
}
