//! A chat text as elements: what `markup` read in it, never HTML of anybody's making. Links open elsewhere and tell nothing of here.

use yew::prelude::*;

use super::icon::{Glyph, icon};
use crate::{
    intent::Intent,
    markup::{self, Block, Span},
    state::toast::Notice,
    ui::{Ui, use_ui},
};

/// Properties of [`ChatText`].
#[derive(Clone, PartialEq, Properties)]
pub struct ChatTextProps {
    /// The text as it was written.
    pub text: AttrValue,
}

/// The text.
#[component]
pub fn ChatText(props: &ChatTextProps) -> Html {
    let ui = use_ui();
    html! { <div class="message-text" dir="auto">{ for markup::parse(&props.text).iter().map(|block| show(block, &ui)) }</div> }
}

fn show(block: &Block, ui: &Ui) -> Html {
    match block {
        Block::Paragraph(said) => html! { <p dir="auto">{ spans(said) }</p> },
        Block::Quote(said) => html! { <blockquote dir="auto">{ spans(said) }</blockquote> },
        Block::List { from: None, items } => html! { <ul>{ rows(items) }</ul> },
        Block::List { from: Some(from), items } => html! { <ol start={from.to_string()}>{ rows(items) }</ol> },
        Block::Code(code) => {
            let copy = ui.wishes(Intent::Copy { text: code.clone(), notice: Notice::CodeCopied });
            html! {
                <div class="code-block">
                    <pre dir="ltr" tabindex="0"><code>{ code }</code></pre>
                    <button type="button" class="icon-button" aria-label="Copy this code" onclick={copy} data-testid="chat-code-copy">
                        { icon(Glyph::Copy) }
                    </button>
                </div>
            }
        }
    }
}

fn rows(items: &[Vec<Span>]) -> Html {
    items.iter().map(|item| html! { <li dir="auto">{ spans(item) }</li> }).collect()
}

fn spans(said: &[Span]) -> Html {
    said.iter().map(span).collect()
}

fn span(span: &Span) -> Html {
    match span {
        Span::Text(text) => text.into(),
        Span::Strong(inner) => html! { <strong>{ spans(inner) }</strong> },
        Span::Emphasis(inner) => html! { <em>{ spans(inner) }</em> },
        Span::Strike(inner) => html! { <s>{ spans(inner) }</s> },
        Span::Code(code) => html! { <code dir="ltr">{ code }</code> },
        Span::Link(address) => html! {
            <a href={address.clone()} target="_blank" rel="noopener noreferrer nofollow"><bdi>{ address }</bdi></a>
        },
    }
}
