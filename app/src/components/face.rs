//! A face without video: an arch with initials, its colour chosen by the device's key.

use yew::prelude::*;

use crate::state::room::PersonId;

/// Colours there are; the style sheet has a class for each.
const COLOURS: u8 = 8;

/// The arch: whose it is chooses the colour, the name the initials, the class the size (`large` on tiles).
pub fn face(id: Option<PersonId>, name: &str, class: Classes) -> Html {
    let sum = id.map_or(0, |id| id.0.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
    let colour = format!("face-{}", sum % COLOURS);
    html! {
        <span class={classes!("face", colour, class)} aria-hidden="true">
            <span>{ initials(name) }</span>
        </span>
    }
}

/// The first letters of the first and the last word, at most two characters.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let letters: String = first.into_iter().chain(last).flat_map(char::to_uppercase).collect();
    if letters.is_empty() { "G".to_owned() } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_come_from_the_first_and_the_last_word() {
        assert_eq!(initials("Ines Duarte"), "ID");
        assert_eq!(initials("  ravi "), "R");
        assert_eq!(initials("Ana María de la Cruz"), "AC");
        assert_eq!(initials(""), "G");
    }
}
