//! The settings: a list of tabs, and the tab.

mod address;
mod backups;
mod data;
mod devices;
mod email;
mod profile;

use yew::prelude::*;

use crate::{
    account::{
        components::{
            leave::Leave,
            notices::Notices,
            symbol::{Sign, Symbol},
        },
        route::{Route, Tab},
        state::State,
    },
    components::mark::mark,
};

/// Properties of [`Settings`].
#[derive(Clone, PartialEq, Properties)]
pub struct SettingsProps {
    /// Which tab.
    pub tab: Tab,
    /// Everything; a tab takes what it shows.
    pub state: State,
}

/// The settings.
#[component]
pub fn Settings(props: &SettingsProps) -> Html {
    let Some(me) = props.state.me.clone() else { return html! {} };
    let state = &props.state;
    html! {
        <div class="account-page">
            <div class="account-bar">
                <p class="brand">{ mark() }<span>{ "Milanio" }</span></p>
                <span></span>
                <Leave class="ghost" label="Close" testid="settings-close" />
            </div>
            <div class="settings-main">
                <nav class="settings-tabs" aria-label="Settings">
                    <p class="settings-title">{ "Settings" }</p>
                    { for Tab::ALL.map(|tab| html! {
                        <a class="settings-tab" href={Route::Settings(tab).to_fragment()} aria-current={(tab == props.tab).then_some("page")}
                            data-testid={format!("settings-{}", tab.word())}><Sign symbol={symbol(tab)} /><span>{ title(tab) }</span></a>
                    }) }
                </nav>
                <div class="settings-body">
                    if !me.backups.exist() && props.tab != Tab::Backups {
                        <p class="notice warn" data-testid="backup-missing"><Sign symbol={Symbol::Warning} /><span>{ "Your identity lives only here. If this browser is cleared, it is gone. " }
                            <a class="text-link" href={Route::Settings(Tab::Backups).to_fragment()}>{ "Back it up" }</a></span></p>
                    }
                    { match props.tab {
                        Tab::Profile => html! { <profile::Profile {me} busy={state.busy} /> },
                        Tab::Devices => html! { <devices::Devices {me} server={state.server} devices={state.devices.clone()} busy={state.busy} /> },
                        Tab::Email => html! { <email::Email {me} state={state.clone()} /> },
                        Tab::Backups => html! { <backups::BackupsTab {me} /> },
                        Tab::Data => html! { <data::Data {me} busy={state.busy} /> },
                    } }
                    <Notices done={state.done} />
                </div>
            </div>
        </div>
    }
}

fn title(tab: Tab) -> &'static str {
    match tab {
        Tab::Profile => "Profile",
        Tab::Devices => "Identity and devices",
        Tab::Email => "E-mail",
        Tab::Backups => "Backups",
        Tab::Data => "Your data",
    }
}

fn symbol(tab: Tab) -> Symbol {
    match tab {
        Tab::Profile => Symbol::Person,
        Tab::Devices => Symbol::Laptop,
        Tab::Email => Symbol::Mail,
        Tab::Backups => Symbol::Key,
        Tab::Data => Symbol::Drive,
    }
}
