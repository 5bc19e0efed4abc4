//! A file that somebody offers: what it is, and before any of it comes, the choice to take it; then how far it has got.

use std::rc::Rc;

use milanio_node::wire::file::FileOffer;
use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    state::{
        Action,
        files::{FileAction, FileRef, Files, Own, Stage, Taken},
        room::PersonId,
    },
    text,
    ui::{Ui, use_ui},
};

/// Properties of [`FileItem`].
#[derive(Clone, PartialEq, Properties)]
pub struct FileItemProps {
    /// Whose it is.
    pub owner: PersonId,
    /// What they are called; not used for one's own.
    pub name: AttrValue,
    /// It is one's own.
    pub own: bool,
    /// What is offered.
    pub offer: FileOffer,
}

/// The file.
#[component]
pub fn FileItem(props: &FileItemProps) -> Html {
    let (ui, files) = (use_ui(), use_context::<Rc<Files>>().unwrap_or_default());
    let offer = &props.offer;
    let file = FileRef { owner: props.owner, id: offer.id.0 };
    let (word, rest) = if props.own {
        let own = files.own(file.id).filter(|own| !own.withdrawn);
        (if own.is_some() { "offered" } else { "gone" }, own_part(&ui, own, offer))
    } else {
        let taken = files.taken(file);
        (word(taken.map(|taken| taken.stage)), taken_part(&ui, taken, file, props))
    };
    html! {
        <div class="file-item" data-testid="file-offer" data-state={word}>
            { icon(Glyph::FileText) }
            <div>
                <p class="file-name"><bdi>{ &offer.name }</bdi></p>
                <p class="file-facts" title={text::files::digest(&offer.sha256, offer.sha256.len())}>
                    { text::files::facts(offer.size_bytes, &offer.sha256) }
                </p>
                { rest }
            </div>
        </div>
    }
}

/// The stage's word for style sheet and tests.
fn word(stage: Option<Stage>) -> &'static str {
    match stage {
        None => "offered",
        Some(Stage::Declined) => "declined",
        Some(Stage::Ready) => "ready",
        Some(Stage::Saved) => "saved",
        Some(Stage::Cancelled) => "cancelled",
        Some(Stage::Failed(_)) => "failed",
        Some(_) => "coming",
    }
}

fn own_part(ui: &Ui, own: Option<&Own>, offer: &FileOffer) -> Html {
    let Some(own) = own else { return html! { <p class="file-state">{ "No longer offered" }</p> } };
    html! {
        <>
            { for own.takers.iter().map(|(person, (name, state))| html! {
                <p key={format!("{person:?}")} class="file-state" aria-live="off" data-testid="file-taker"><bdi>{ text::files::taker(name, *state, offer.size_bytes) }</bdi></p>
            }) }
            <div class="file-acts">{ act("file-withdraw", "ghost", "Stop offering", ui.wishes(Intent::WithdrawFile(offer.id))) }</div>
        </>
    }
}

fn taken_part(ui: &Ui, taken: Option<&Taken>, file: FileRef, props: &FileItemProps) -> Html {
    let offer = &props.offer;
    let accept =
        |label| act("file-accept", "key", label, ui.wishes(Intent::TakeFile(props.owner, Box::new(offer.clone()))));
    let Some(taken) = taken else {
        let decline = ui.does(Action::File(FileAction::Declined(file)));
        return html! { <div class="file-acts">{ accept("Accept") }{ act("file-decline", "ghost", "Decline", decline) }</div> };
    };
    let acts = match taken.stage {
        Stage::Ready => act("file-save", "key", "Save", ui.wishes(Intent::SaveFile(file, offer.name.clone()))),
        Stage::Saved | Stage::Writing => html! {},
        stage if stage.is_under_way() => act("file-cancel", "ghost", "Cancel", ui.wishes(Intent::CancelFile(file))),
        _ => accept("Accept after all"),
    };
    let is_loud = !taken.stage.is_under_way();
    html! {
        <>
            if taken.stage.is_under_way() {
                <progress max={offer.size_bytes.to_string()} value={taken.received.to_string()} aria-label="Received"
                    data-testid="file-progress" data-resumed={taken.resumed.to_string()} />
            }
            <p class="file-state" aria-live={if is_loud { "polite" } else { "off" }} data-testid="file-state">
                { text::files::stage(taken, &props.name, offer.size_bytes) }
            </p>
            <div class="file-acts">{ acts }</div>
        </>
    }
}

fn act(testid: &'static str, rank: &'static str, label: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! { <button type="button" class={classes!("button", "small-button", rank)} {onclick} data-testid={testid}>{ label }</button> }
}
