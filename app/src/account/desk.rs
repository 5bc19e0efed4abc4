//! What every account component may do and must know: the two ways out of it, what is being done, and what went wrong.

use std::ops::Deref;

use yew::prelude::*;

use super::{
    intent::Intent,
    state::{
        Action, Busy,
        problem::{Field, Problem},
    },
};
use crate::{platform::clock, ui::Ways};

/// The context of the account screens.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    /// The two ways out.
    pub ways: Ways<Action, Intent>,
    /// What is being done.
    pub busy: Option<Busy>,
    /// Why the last thing was not done.
    pub problem: Option<Problem>,
    /// Counts what was not done.
    pub failures: u32,
    /// The account's address was asked for on this screen.
    pub wants_address: bool,
    /// The server takes no more until then, in milliseconds of the page's clock.
    pub limited_until_ms: u64,
}

impl Deref for Desk {
    type Target = Ways<Action, Intent>;

    fn deref(&self) -> &Self::Target {
        &self.ways
    }
}

impl Desk {
    /// A form's handler: keeps the browser from sending it, and wishes what `read` finds in it, unless something is being done
    /// or the server wants to be left alone.
    pub fn submits(&self, read: impl Fn() -> Intent + 'static) -> Callback<SubmitEvent> {
        let (wish, is_busy, limited_until_ms) = (self.wish.clone(), self.busy.is_some(), self.limited_until_ms);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !is_busy && clock::now_ms() >= limited_until_ms {
                wish.emit(read());
            }
        })
    }

    /// A button's handler beside that of its form: wishes what `read` finds in it, unless something is being done. For what asks the
    /// server for nothing.
    pub fn presses(&self, read: impl Fn() -> Intent + 'static) -> Callback<MouseEvent> {
        let (wish, is_busy) = (self.wish.clone(), self.busy.is_some());
        Callback::from(move |_: MouseEvent| {
            if !is_busy {
                wish.emit(read());
            }
        })
    }

    /// The problem of this field.
    pub fn problem_at(&self, field: Field) -> Option<Problem> {
        self.problem.filter(|problem| problem.field() == Some(field))
    }

    /// Whether this is being done.
    pub fn is_busy_with(&self, busy: Busy) -> bool {
        self.busy == Some(busy)
    }
}

/// The screens' [`Desk`].
#[hook]
pub fn use_desk() -> Desk {
    use_context::<Desk>().expect("the account app provides it to everything inside")
}
