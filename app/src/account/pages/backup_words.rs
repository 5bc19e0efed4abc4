//! The 24 words: write down, check three, done.

use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{
            choice::Choice,
            field::TextField,
            leave::Leave,
            notices::Notices,
            password::typed,
            steps::Steps,
            symbol::{Sign, Symbol},
            tick::{Tick, is_ticked},
        },
        desk::use_desk,
        intent::Intent,
        route::{BackupWay, Route},
        state::{
            Action,
            backup::{ASKED, WORDS, Words, WordsStep},
            me::Me,
            problem::{Field, Problem},
        },
    },
    components::{
        button::{Button, Rank},
        mark::mark,
    },
    platform::printer,
};

/// Properties of [`BackupWords`].
#[derive(Clone, PartialEq, Properties)]
pub struct BackupWordsProps {
    /// How far the words have got.
    pub step: WordsStep,
    /// Who is here.
    pub me: Me,
}

/// The three steps.
#[component]
pub fn BackupWords(props: &BackupWordsProps) -> Html {
    let at = match props.step {
        WordsStep::Hidden | WordsStep::Shown(_) => 0,
        WordsStep::Checking(_) => 1,
        WordsStep::Checked => 2,
    };
    html! {
        <div class="account-page">
            <div class="account-bar">
                <p class="brand">{ mark() }<span>{ "Milanio" }</span></p>
                <Steps names={["Write down", "Check", "Done"]} {at} />
                <Leave class="ghost" label={if at == 2 { "Close" } else { "Later" }} testid="backup-later" />
            </div>
            <div class="backup-main">
                { match &props.step {
                    WordsStep::Hidden => html! { <WriteDown /> },
                    WordsStep::Shown(words) => html! { <WriteDown words={words.clone()} /> },
                    WordsStep::Checking(words) => html! { <Check words={words.clone()} /> },
                    WordsStep::Checked => html! { <Checked me={props.me.clone()} /> },
                } }
            </div>
        </div>
    }
}

/// Properties of [`WriteDown`].
#[derive(Clone, PartialEq, Properties)]
struct WriteDownProps {
    #[prop_or_default]
    words: Option<Words>,
}

/// What to do with the words, and the words.
#[component]
fn WriteDown(props: &WriteDownProps) -> Html {
    html! {
        <>
            <section class="backup-side">
                <Heading title="Write down your 24 words" screen="words"
                    lead="They are your identity. Whoever has them is you, and without them nobody can bring you back. Not us either." />
                <ul class="advice">
                    <li><Sign symbol={Symbol::Pencil} /><span>{ "On paper, in this order. We ask for three of them next." }</span></li>
                    <li><Sign symbol={Symbol::CameraOff} /><span>{ "No screenshot, no photo, no cloud note." }</span></li>
                    <li><Sign symbol={Symbol::House} /><span>{ "Keep the paper where you keep your passport." }</span></li>
                </ul>
                <nav class="card choices" aria-label="Other ways to back up">
                    <h2>{ "Rather not use paper?" }</h2>
                    <Choice symbol={Symbol::File} title="Save an encrypted file" to={Route::Backup(BackupWay::File)} />
                    <Choice symbol={Symbol::Lock} title="Set a password" to={Route::Backup(BackupWay::Password)} />
                    <Choice symbol={Symbol::Phone} title="Link another device" to={Route::Link(None)} />
                </nav>
            </section>
            <section class="backup-words" aria-label="Your words">
                if let Some(words) = &props.words { <Grid words={words.clone()} /> } else { <Cover /> }
            </section>
        </>
    }
}

/// What stands in the words' place until they are asked for.
#[component]
fn Cover() -> Html {
    let desk = use_desk();
    html! {
        <>
            <div class="word-cover">
                <Sign symbol={Symbol::EyeOff} />
                <p>{ "Take paper and a pen. Look around: nobody and no camera should see this screen." }</p>
                <Button rank={Rank::Primary} class="large" label="Show the words" onclick={desk.wishes(Intent::ShowWords)} testid="phrase-show" />
            </div>
            <Notices />
        </>
    }
}

/// Properties of [`Grid`] and [`Check`].
#[derive(Clone, PartialEq, Properties)]
struct WordsProps {
    words: Words,
}

/// The words, and the way on.
#[component]
fn Grid(props: &WordsProps) -> Html {
    let desk = use_desk();
    let written = use_node_ref();
    let onsubmit = {
        let (desk, words, written) = (desk.clone(), props.words.clone(), written.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            desk.dispatch.emit(if is_ticked(&written) {
                Action::Words(WordsStep::Checking(words.clone()))
            } else {
                Action::Failed(Problem::TickMissing)
            });
        })
    };
    html! {
        <>
            <ol class="word-grid">
                { for props.words.words.iter().map(|word| html! { <li><span data-testid="phrase-word">{ *word }</span></li> }) }
            </ol>
            <div class="word-tools">
                <p class="small"><Sign symbol={Symbol::EyeOff} />{ "Hidden again as soon as you leave this page" }</p>
                <button type="button" class="button ghost" onclick={Callback::from(|_: MouseEvent| printer::print())}><Sign symbol={Symbol::Printer} /><span>{ "Print" }</span></button>
                <button type="button" class="button ghost" onclick={desk.does(Action::Words(WordsStep::Hidden))}><Sign symbol={Symbol::EyeOff} /><span>{ "Hide" }</span></button>
            </div>
            <form class="word-next" {onsubmit} novalidate=true>
                <Tick id="backup-written" label={format!("I wrote down all {WORDS} words")} input={written} testid="backup-written" />
                <Button rank={Rank::Primary} class="large" label="Continue" testid="backup-continue" />
            </form>
        </>
    }
}

/// Asks three words back.
#[component]
fn Check(props: &WordsProps) -> Html {
    let desk = use_desk();
    let fields: [NodeRef; ASKED] = [use_node_ref(), use_node_ref(), use_node_ref()];
    let onsubmit = {
        let fields = fields.clone();
        desk.submits(move || Intent::CheckWords(fields.each_ref().map(typed)))
    };
    html! {
        <section class="backup-check">
            <Heading title="Three of them, from your paper" lead="This makes sure that what you wrote can bring you back." screen="check" />
            <form class="account-form" {onsubmit} novalidate=true>
                { for props.words.asked.iter().zip(fields).map(|(&place, input)| html! {
                    <TextField field={Field::Word(place + 1)} id={format!("word-{}", place + 1)} label={format!("Word {}", place + 1)} autocomplete="off"
                        max="16" {input} testid="phrase-check" />
                }) }
                <Notices />
                <div class="actions">
                    <Button rank={Rank::Primary} class="large" label="Check" testid="phrase-check-submit" />
                    <Button rank={Rank::Ghost} class="large" label="See the words again"
                        onclick={desk.does(Action::Words(WordsStep::Shown(props.words.clone())))} />
                </div>
            </form>
        </section>
    }
}

/// Properties of [`Checked`].
#[derive(Clone, PartialEq, Properties)]
struct CheckedProps {
    me: Me,
}

/// It is done.
#[component]
fn Checked(props: &CheckedProps) -> Html {
    html! {
        <section class="backup-check">
            <span class="chip ok"><Sign symbol={Symbol::Done} />{ "Checked" }</span>
            <Heading title="Your way back is on paper" screen="checked"
                lead="With these words you come back on any device, even if this server is gone. Keep them safe, and tell nobody." />
            <div class="actions">
                <Leave class="primary large" label="Done" testid="backup-done" />
                if !props.me.backups.has_vault {
                    <a class="button key large" href={Route::Backup(BackupWay::Password).to_fragment()}>{ "Set a password, too" }</a>
                }
            </div>
        </section>
    }
}
