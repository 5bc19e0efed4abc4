//! `GET /dev/mail`: the newest letters of a server that keeps them in files, for whoever tries it out on their own machine.
//!
//! There is no such page where others can reach the server or where letters leave. The name in the address bar must be this
//! machine's too, or another site could have its name point here and read along (DNS rebinding). A proxy that nobody told this
//! server of gives itself away by its headers.

use axum::{
    extract::State,
    http::HeaderMap,
    response::{Html, IntoResponse, Response},
};

use crate::{
    api::ErrorCode,
    core::advertise::{Host, Site},
    http::{error::Failure, html::Escaped, state::AppState},
};

/// Shows them, newest first.
pub async fn show(State(state): State<AppState>, site: Site, headers: HeaderMap) -> Result<Response, Failure> {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name));
    let here = !forwarded && matches!(site.host, Host::Ip(address) if address.is_loopback());
    let spool = state.site.spool.clone().filter(|_| here).ok_or(ErrorCode::PathUnknown)?;
    let newest = tokio::task::spawn_blocking(move || spool.newest(SHOWN)).await;
    match newest {
        Ok(Ok(letters)) => Ok(Html(page(&letters)).into_response()),
        _ => Err(ErrorCode::Internal.into()),
    }
}

/// Letters that are shown (chosen: a screen's scroll or two).
const SHOWN: usize = 20;

fn page(letters: &[String]) -> String {
    let shown: String = letters.iter().map(|letter| format!("<hr>\n<pre>{}</pre>\n", linked(letter))).collect();
    let none = if letters.is_empty() { "<p>None yet.</p>\n" } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Letters</title></head>\n<body>\n\
         <h1>Letters</h1>\n<p>This server has no mail server: it keeps its letters, and shows the newest here.</p>\n\
         {none}{shown}</body>\n</html>\n"
    )
}

// A line that is an address of the web becomes a link.
fn linked(letter: &str) -> String {
    let line = |line: &str| {
        let text = Escaped(line);
        if line.starts_with("http://") || line.starts_with("https://") {
            format!("<a href=\"{text}\">{text}</a>\n")
        } else {
            format!("{text}\n")
        }
    };
    letter.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_shown_as_text_and_their_links_work() {
        let page = page(&["Subject: <b>\n\nhttp://localhost/#/verify/a/B\n".to_owned()]);
        assert!(page.contains("Subject: &lt;b&gt;"), "{page}");
        assert!(page.contains("<a href=\"http://localhost/#/verify/a/B\">http://localhost/#/verify/a/B</a>"), "{page}");
        assert!(super::page(&[]).contains("None yet"));
    }
}
