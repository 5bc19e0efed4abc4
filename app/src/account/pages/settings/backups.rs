//! What is backed up, and the ways to do it.

use yew::prelude::*;

use crate::account::{
    components::symbol::{Sign, Symbol},
    pages::heading::Heading,
    route::{BackupWay, Route},
    state::me::Me,
    text,
};

/// Properties of [`BackupsTab`].
#[derive(Clone, PartialEq, Properties)]
pub struct BackupsTabProps {
    /// Who is here.
    pub me: Me,
}

/// The tab.
#[component]
pub fn BackupsTab(props: &BackupsTabProps) -> Html {
    let backups = props.me.backups;
    let phrase = backups.phrase_day.map(|day| format!("Written down and checked on {}", text::date(day)));
    let file = backups.file_day.map(|day| format!("Saved on {}", text::date(day)));
    html! {
        <>
            <Heading title="Backups" lead="One of these brings you back when this browser is cleared or this device is lost. Two are better." screen="settings-backups" />
            if !backups.exist() { <p class="notice warn"><Sign symbol={Symbol::Warning} /><span>{ "Your identity lives only here. If this browser is cleared, it is gone." }</span></p> }
            <ul class="card device-list">
                { row(Symbol::Pencil, "24 words", phrase, "Not written down yet", if backups.phrase_day.is_some() { "Check again" } else { "Write down" }, &Route::Backup(BackupWay::Words)) }
                { row(Symbol::File, "Encrypted file", file, "None saved yet", "Save file", &Route::Backup(BackupWay::File)) }
                { row(Symbol::Lock, "Password", backups.has_vault.then(|| "Set. The server keeps what it opens, sealed".to_owned()), "None set",
                    if backups.has_vault { "Change" } else { "Set password" }, &Route::Backup(BackupWay::Password)) }
                { row(Symbol::Phone, "Another device", backups.is_linked.then(|| "Linked".to_owned()), "None linked from here", "Link", &Route::Link(None)) }
            </ul>
        </>
    }
}

fn row(symbol: Symbol, title: &str, made: Option<String>, missing: &str, action: &str, to: &Route) -> Html {
    let is_made = made.is_some();
    html! {
        <li class="device">
            <span class={classes!("device-icon", is_made.then_some("made"))}><Sign symbol={if is_made { Symbol::Done } else { symbol }} /></span>
            <div class="choice-text"><b>{ title }</b><span class="small">{ made.unwrap_or_else(|| missing.to_owned()) }</span></div>
            <a class="button ghost" href={to.to_fragment()} aria-label={format!("{action}: {title}")}>{ action }</a>
        </li>
    }
}
