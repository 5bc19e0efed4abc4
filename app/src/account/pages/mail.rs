//! Check your mail: the code, another mail after a while, another address.

use yew::prelude::*;

use super::heading::Heading;
use crate::{
    account::{
        components::{
            field::TextField,
            notices::{Notices, use_now_until},
            password::typed,
            submit::Submit,
            symbol::{Sign, Symbol},
        },
        desk::use_desk,
        intent::Intent,
        route::Route,
        state::{
            Done,
            mail::{MailStep, Purpose},
            problem::Field,
        },
        text,
    },
    components::button::{Button, Rank},
};

/// Properties of [`Mail`].
#[derive(Clone, PartialEq, Properties)]
pub struct MailProps {
    /// The code's way.
    pub step: MailStep,
    /// A mail was sent again.
    pub done: Option<Done>,
}

/// The form.
#[component]
pub fn Mail(props: &MailProps) -> Html {
    let desk = use_desk();
    let code = use_node_ref();
    let onsubmit = {
        let code = code.clone();
        desk.submits(move || Intent::Code(typed(&code)))
    };
    let step = &props.step;
    let now_ms = use_now_until(step.expires_at_ms);
    let wait_s = text::seconds_until(step.resend_at_ms, now_ms);
    let left_s = text::seconds_until(step.expires_at_ms, now_ms);
    let is_over = left_s == 0;
    let hint = (!is_over)
        .then(|| AttrValue::from(format!("8 letters and digits. It works for {} more", text::countdown(left_s))));
    html! {
        <div class="account-body">
            <Heading title="Check your mail" screen="mail" />
            <p class="account-lead">{ "If it can be used, a code is on its way to " }<b class="address">{ step.email.clone() }</b>{ ". It may take a minute." }</p>
            <form class="account-form" {onsubmit} novalidate=true>
                <TextField field={Field::Code} id="verify-code" label="Code from the mail" autocomplete="one-time-code" max="16" input={code}
                    class="code-field" placeholder="XXXX-XXXX" {hint} testid="verify-code" />
                <div role="status" class="notice-place">
                    if is_over { <p class="notice warn" data-testid="code-expired"><Sign symbol={Symbol::Warning} /><span>{ "This code has expired. Ask for a new one" }</span></p> }
                </div>
                <Notices done={props.done} />
                <Submit label="Verify" testid="verify-submit" />
            </form>
            <div class="account-foot">
                if wait_s > 0 {
                    <span class="small">{ format!("Nothing there? Send again in {}", text::countdown(wait_s)) }</span>
                } else {
                    <Button rank={Rank::Ghost} class="small-button" label="Send again" onclick={desk.wishes(Intent::Resend)} testid="verify-resend" />
                }
                <Button rank={Rank::Ghost} class="small-button" label="Change address" onclick={desk.wishes(Intent::ChangeAddress)} testid="verify-change" />
            </div>
            if step.purpose == Purpose::Reclaim {
                <p class="small account-aside-note">{ "If no account has this address, the mail says so: then simply " }
                    <a class="text-link" href={Route::SignUp.to_fragment()}>{ "sign up" }</a>{ "." }</p>
            }
            if step.purpose == Purpose::SignUp {
                <p class="small account-aside-note">{ "If you have an account already, the mail says so: then " }
                    <a class="text-link" href={Route::SignIn.to_fragment()}>{ "sign in" }</a>{ ", or " }
                    <a class="text-link" href={Route::Reclaim.to_fragment()}>{ "take the address back" }</a>{ " if all its keys are lost." }</p>
            }
        </div>
    }
}
