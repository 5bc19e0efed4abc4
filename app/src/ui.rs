//! What every component may do: change what is shown, and say what the person wants. The call pages and the account screens are two
//! apps, each with its own actions and wishes.

use std::rc::Rc;

use yew::prelude::*;

use crate::{intent::Intent, state::Action};

/// The two ways out of a component. The same for the whole life of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Ways<A, I> {
    /// Changes the state.
    pub dispatch: Callback<A>,
    /// Says what the person wants.
    pub wish: Callback<I>,
}

/// The ways out of the call pages.
pub type Ui = Ways<Action, Intent>;

impl<A: Clone + 'static, I: Clone + 'static> Ways<A, I> {
    /// A handler that wishes this whenever it is called.
    pub fn wishes<E: 'static>(&self, intent: I) -> Callback<E> {
        let wish = self.wish.clone();
        Callback::from(move |_| wish.emit(intent.clone()))
    }

    /// A handler that changes the state whenever it is called.
    pub fn does<E: 'static>(&self, action: A) -> Callback<E> {
        let dispatch = self.dispatch.clone();
        Callback::from(move |_| dispatch.emit(action.clone()))
    }
}

/// The page's [`Ui`].
#[hook]
pub fn use_ui() -> Ui {
    use_context::<Ui>().expect("App provides it to everything inside")
}

/// The state after a change; the same one if nothing changed, so that nothing is drawn again.
pub fn changed<S: Clone + PartialEq>(state: Rc<S>, change: impl FnOnce(&mut S)) -> Rc<S> {
    let mut next = (*state).clone();
    change(&mut next);
    if next == *state { state } else { next.into() }
}
