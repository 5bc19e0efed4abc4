//! Name and picture, as others see them.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    account::{
        components::{
            avatar::Avatar,
            field::{FieldNotes, TextField, described_by, use_problem},
            password::typed,
        },
        desk::use_desk,
        intent::{Intent, Picture},
        pages::heading::Heading,
        state::{
            Action, Busy,
            me::Me,
            problem::{Field, Problem},
        },
    },
    components::button::{Button, Rank},
    platform::picture,
};

/// Properties of [`Profile`].
#[derive(Clone, PartialEq, Properties)]
pub struct ProfileProps {
    /// Who is here.
    pub me: Me,
    /// What is being done.
    pub busy: Option<Busy>,
}

/// The form.
#[component]
pub fn Profile(props: &ProfileProps) -> Html {
    let desk = use_desk();
    let (name, file) = (use_node_ref(), use_node_ref());
    let chosen = use_state_eq(|| Picture::Keep);
    let problem = use_problem(Field::Picture, &file);
    let onchange = {
        let (desk, chosen, file) = (desk.clone(), chosen.setter(), file.clone());
        Callback::from(move |_: Event| {
            desk.dispatch.emit(Action::Edited);
            let (desk, chosen) = (desk.clone(), chosen.clone());
            picture::read_chosen(&file, move |made| match made {
                Some(bytes) => chosen.set(Picture::New(Rc::new(bytes))),
                None => desk.dispatch.emit(Action::Failed(Problem::Picture)),
            });
        })
    };
    let onsubmit = {
        let (name, chosen) = (name.clone(), chosen.clone());
        desk.submits(move || Intent::SaveProfile { name: typed(&name), picture: (*chosen).clone() })
    };
    let remove = {
        let chosen = chosen.setter();
        Callback::from(move |_: MouseEvent| chosen.set(Picture::Remove))
    };
    let instead = match &*chosen {
        Picture::Keep => None,
        Picture::Remove => Some(None),
        Picture::New(bytes) => Some(Some(bytes.clone())),
    };
    let has_picture = instead.clone().unwrap_or_else(|| props.me.avatar.clone()).is_some();
    let busy = props.busy == Some(Busy::Saving);
    html! {
        <>
            <Heading title="Profile" lead="Others see it in rooms. The server keeps it sealed and cannot read it." screen="settings-profile" />
            <form class="account-form" {onsubmit} novalidate=true>
                <div class="picture-row">
                    <Avatar me={props.me.clone()} {instead} class="large" />
                    <div class="form-field">
                        <label class="button key" for="profile-picture">{ "Choose a picture" }</label>
                        <input ref={file} id="profile-picture" class="sr-only" type="file" accept="image/*" {onchange}
                            aria-invalid={problem.is_some().then_some("true")} aria-describedby={described_by("profile-picture", problem.is_some(), true)}
                            data-testid="profile-picture" />
                        if has_picture {
                            <button type="button" class="button ghost" onclick={remove}>{ "Remove" }</button>
                        }
                        <FieldNotes id="profile-picture" {problem} hint="It is made smaller here: a square of at most 32 KiB, without the data that cameras add." />
                    </div>
                </div>
                <TextField field={Field::Name} id="profile-name" label="Name" autocomplete="nickname" max="40" input={name} initial={props.me.name.clone()} testid="profile-name" />
                <div class="actions">
                    <Button rank={Rank::Primary} label={if busy { "Saving" } else { "Save" }} {busy} testid="profile-save" />
                </div>
            </form>
        </>
    }
}
