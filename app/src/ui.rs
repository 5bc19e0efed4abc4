//! What every component may do: change the look of the page, and say what the person wants.

use yew::prelude::*;

use crate::{intent::Intent, state::Action};

/// The two ways out of a component. The same for the whole life of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Ui {
    /// Changes the state.
    pub dispatch: Callback<Action>,
    /// Says what the person wants.
    pub wish: Callback<Intent>,
}

impl Ui {
    /// A handler that wishes this whenever it is called.
    pub fn wishes<E: 'static>(&self, intent: Intent) -> Callback<E> {
        let wish = self.wish.clone();
        Callback::from(move |_| wish.emit(intent.clone()))
    }

    /// A handler that changes the state whenever it is called.
    pub fn does<E: 'static>(&self, action: Action) -> Callback<E> {
        let dispatch = self.dispatch.clone();
        Callback::from(move |_| dispatch.emit(action.clone()))
    }
}

/// The page's [`Ui`].
#[hook]
pub fn use_ui() -> Ui {
    use_context::<Ui>().expect("App provides it to everything inside")
}
