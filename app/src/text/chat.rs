//! The words of the chat.

use super::{called, name_of};
use crate::state::{
    chat::{Item, Keep, Partner, Quote},
    room::Person,
};

/// For whom the chat is sealed, and how long it stays. `history`: who comes within a day reads it, too.
pub fn sealed_for(total: usize, keep: Keep, history: bool) -> String {
    let whom = if total > 1 { format!("these {total} people") } else { "whoever joins".to_owned() };
    let stays = match keep {
        Keep::Never => "Gone when you leave.",
        Keep::Day => "Kept on this device for 24 hours.",
        Keep::Always => "Kept on this device.",
    };
    let later = if history { " and whoever comes within 24 hours" } else { "" };
    format!("Sealed for {whom}{later}. {stays}")
}

/// The heading of what is from before this visit: whose word it is that it was said.
pub fn from_before(handed_by: &str) -> String {
    match handed_by {
        "" => "Kept on this device from before".to_owned(),
        name => format!("Said before you came, from {name}'s history"),
    }
}

/// A choice of how long to keep.
pub fn keep(keep: Keep) -> &'static str {
    match keep {
        Keep::Never => "Not at all",
        Keep::Day => "24 hours",
        Keep::Always => "Until I clear it",
    }
}

/// Who writes just now.
pub fn typing(people: &[&Person]) -> String {
    match people {
        [] => String::new(),
        [one] => format!("{} is typing", name_of(one)),
        [one, two] => format!("{} and {} are typing", name_of(one), name_of(two)),
        _ => "Several people are typing".to_owned(),
    }
}

/// Who has read one's own message.
pub fn read_by(people: &[&Person]) -> String {
    match people {
        [] => String::new(),
        [one] => format!("Read by {}", name_of(one)),
        [one, two] => format!("Read by {} and {}", name_of(one), name_of(two)),
        [one, others @ ..] => format!("Read by {} and {} others", name_of(one), others.len()),
    }
}

/// Who reads a private message: oneself, or this person.
pub fn private(own: bool, partner: &Partner) -> String {
    if own { format!("Only {} sees this", called(&partner.name)) } else { "Only you see this".to_owned() }
}

/// Nobody got a private message.
pub fn undelivered(partner: Option<&Partner>) -> String {
    let name = partner.map_or("", |partner| partner.name.as_str());
    format!("Not delivered: {} had left", called(name))
}

/// Who alone was to read the next message is not here.
pub fn reader_left(name: &str) -> String {
    format!("{name} has left and would not get this")
}

/// The text in the field cannot be sent.
pub fn too_long(characters: usize) -> String {
    let characters = if characters == 1 { "1 character".to_owned() } else { format!("{characters} characters") };
    format!("Too long by {characters}. Shorten it, or send it in parts.")
}

/// The line that an answer quotes.
pub fn quote(quote: &Quote) -> String {
    match &quote.said {
        None => "A message that is not here".to_owned(),
        Some((author, said)) => {
            let author = if author.is_empty() { "You" } else { author };
            let said = if said.is_empty() { "Deleted" } else { said };
            format!("{author}: {said}")
        }
    }
}

/// What a message is called where it is about to be answered.
pub fn answered(item: &Item) -> String {
    let line: String = item.text().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    format!("{}: {line}", super::said_by(item))
}

/// The button that opens a message's menu.
pub fn more(item: &Item) -> String {
    format!("More about the message of {}", super::said_by(item))
}

/// Messages that are missing.
pub fn gap(author: &str, count: u32) -> String {
    let author = if author.is_empty() { "somebody" } else { author };
    let messages = if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
    format!("{messages} of {author} did not arrive")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::room::PersonId;

    fn people() -> [Person; 3] {
        ["Ines", "Ravi", "Maya"].map(|name| Person::new(PersonId([0; 32]), name.into(), String::new()))
    }

    #[test]
    fn who_has_read_is_named_or_counted() {
        let people = people();
        let read_by = |count: usize| read_by(&people.iter().take(count).collect::<Vec<_>>());
        let said = ["", "Read by Ines", "Read by Ines and Ravi", "Read by Ines and 2 others"];
        assert_eq!([0, 1, 2, 3].map(read_by), said);
    }

    #[test]
    fn who_is_typing_reads_like_a_sentence() {
        let people = people();
        let typing = |count: usize| typing(&people.iter().take(count).collect::<Vec<_>>());
        assert_eq!(typing(0), "");
        assert_eq!(typing(1), "Ines is typing");
        assert_eq!(typing(2), "Ines and Ravi are typing");
        assert_eq!(typing(3), "Several people are typing");
    }

    #[test]
    fn holes_are_counted() {
        assert_eq!(gap("Ravi", 1), "1 message of Ravi did not arrive");
        assert_eq!(gap("", 3), "3 messages of somebody did not arrive");
    }
}
