//! The invitation: code, link and QR. As a card while alone, as a panel later.

use fast_qr::{ECL, QRBuilder};
use yew::prelude::*;

use super::{
    button::{Button, Rank},
    icon::Glyph,
};
use crate::{intent::Intent, state::toast::Notice, ui::Ui};

/// Code, copy buttons and QR. `rank`: how important copying is here.
pub fn invite(ui: &Ui, code: &str, link: &str, rank: Rank) -> Html {
    let copy = |text: &str, notice| ui.wishes(Intent::Copy { text: text.to_owned(), notice });
    html! {
        <div class="invite">
            <Qr link={link.to_owned()} />
            <p class="code">{ code.to_owned() }</p>
            <div class="actions">
                <Button {rank} glyph={Glyph::Link} label="Copy link" onclick={copy(link, Notice::LinkCopied)} />
                <Button rank={Rank::Ghost} glyph={Glyph::Copy} label="Copy code" onclick={copy(code, Notice::CodeCopied)} />
            </div>
            <p class="small">{ "The code opens the room. Give it only to people you want inside." }</p>
        </div>
    }
}

/// Properties of [`Qr`].
#[derive(Clone, PartialEq, Properties)]
pub struct QrProps {
    /// What it holds.
    pub link: AttrValue,
    /// What it is, for screen readers.
    #[prop_or_else(|| AttrValue::Static("QR code of the invitation link"))]
    pub label: AttrValue,
}

/// A text as a QR code, dark on white in every theme, as cameras expect it.
#[component]
pub fn Qr(props: &QrProps) -> Html {
    let drawing = use_memo(props.link.clone(), |link| draw(link));
    let Some((size, path)) = drawing.as_ref() else { return html! {} };
    let quiet = 2;
    let view = format!("-{quiet} -{quiet} {0} {0}", size + 2 * quiet);
    html! {
        <svg class="qr" viewBox={view} role="img" aria-label={props.label.clone()} shape-rendering="crispEdges">
            <path d={path.clone()} />
        </svg>
    }
}

/// Side length in modules, and a path of all dark modules. None when the text is too long for a code.
fn draw(link: &str) -> Option<(usize, String)> {
    let code = QRBuilder::new(link).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for y in 0..code.size {
        for (x, module) in code[y].iter().enumerate() {
            if module.value() {
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
    }
    Some((code.size, path))
}
