//! Which topics a room uses today, and which it still or already follows around midnight.
//!
//! Topics change with the day (UTC, in room time), so that what a relay sees of one day cannot be told to be the same room the
//! next. Clocks differ, so both days' topics are followed for 10 minutes before and after midnight. What is said goes to today's.

use std::time::Duration;

use crate::core::sorted::SortedMap;
use milanio_identity::{FloorRoot, RoomKeys, TopicKeys, TopicName};

use super::command::RoomCommand;
use crate::{core::time::RoomTime, wire::operation::OperationHash};

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Getting in.
    Door,
    /// Everything else.
    Floor(Epoch),
}

/// Which of a room's floors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Epoch {
    /// The one that follows from the code.
    Zero,
    /// The one whose secret this rotation announced.
    Rotated(OperationHash),
}

/// The topics that are followed.
pub struct Topics {
    keys: RoomKeys,
    followed: SortedMap<(u32, Place), TopicKeys>,
}

impl Topics {
    /// None yet: [`Self::update`] says which.
    pub fn new(keys: RoomKeys) -> Self {
        Self { keys, followed: SortedMap::new() }
    }

    /// Follows the door and `floors` at `now` and nothing else; returns what that takes.
    pub fn update(&mut self, now: RoomTime, floors: &[(Epoch, &FloorRoot)]) -> Vec<RoomCommand> {
        let days = days_at(now);
        let mut commands = Vec::new();
        let door = (Place::Door, None);
        let floors = floors.iter().map(|(epoch, root)| (Place::Floor(*epoch), Some(*root)));
        let places: SortedMap<_, _> = floors.chain([door]).collect();
        for day in days {
            for (place, root) in &places {
                let place = *place;
                if !self.followed.contains_key(&(day, place)) {
                    let keys = root.map_or_else(|| self.keys.door(day), |root| root.topic(day));
                    commands.push(RoomCommand::Subscribe(keys.topic()));
                    self.followed.insert((day, place), keys);
                }
            }
        }
        self.followed.retain(|(day, place), keys| {
            let stays = days.contains(day) && places.contains_key(place);
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

    fn keys() -> RoomKeys {
        RoomKeys::new(&RootSecret::from_bytes([7; 32]))
    }

    fn topics() -> Topics {
        Topics::new(keys())
    }

    fn update(topics: &mut Topics, now: RoomTime) -> Vec<RoomCommand> {
        topics.update(now, &[(Epoch::Zero, keys().floor_zero())])
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
        assert_eq!(counted(&update(&mut topics, at(9, 23, 49))), (2, 0));
        assert_eq!(counted(&update(&mut topics, at(9, 23, 50))), (2, 0));
        assert_eq!(counted(&update(&mut topics, at(10, 0, 0))), (0, 0));
        assert_eq!(counted(&update(&mut topics, at(10, 0, 9))), (0, 0));
        assert_eq!(counted(&update(&mut topics, at(10, 0, 10))), (0, 2));
        assert_eq!(topics.names().count(), 2);
    }

    #[test]
    fn a_corrected_clock_moves_to_the_right_day() {
        let mut topics = topics();
        update(&mut topics, at(9, 12, 0));
        assert_eq!(counted(&update(&mut topics, at(10, 12, 0))), (2, 2));
        assert!(topics.today(Place::Floor(Epoch::Zero), at(10, 12, 0)).is_some());
        assert!(topics.today(Place::Floor(Epoch::Zero), at(9, 12, 0)).is_none());
    }

    #[test]
    fn a_floor_comes_and_goes_and_each_has_topics_of_its_own() {
        let mut topics = topics();
        update(&mut topics, at(9, 12, 0));
        let (epoch, root) = (Epoch::Rotated(OperationHash([1; 32])), FloorRoot::from_bytes([1; 32]));
        let both = [(Epoch::Zero, keys().floor_zero().clone()), (epoch, root)];
        let both: Vec<_> = both.iter().map(|(epoch, root)| (*epoch, root)).collect();
        assert_eq!(counted(&topics.update(at(9, 12, 0), &both)), (1, 0));
        let new = topics.today(Place::Floor(epoch), at(9, 12, 0)).map(TopicKeys::topic);
        assert!(new.is_some_and(|name| topics.find(&name).is_some_and(|(place, _)| place == Place::Floor(epoch))));
        assert_eq!(counted(&topics.update(at(9, 12, 0), &both[1..])), (0, 1));
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
        update(&mut topics, at(9, 23, 55));
        let names: std::collections::BTreeSet<_> = topics.names().collect();
        assert_eq!(names.len(), 4);
    }
}
