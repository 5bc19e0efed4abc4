//! `POST /api/csp-report`: browsers tell which rule the page has broken. It never should.

use std::sync::atomic::Ordering;

use axum::{extract::State, http::StatusCode};

use crate::http::{body::WholeBody, state::AppState};

/// Counts a report and logs which directive it is about. What was blocked is not logged: it may hold a room's code.
pub async fn report(State(state): State<AppState>, WholeBody(body): WholeBody) -> StatusCode {
    let count = state.csp_reports.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::warn!(directive = directive(&body), count, "a page broke the content security policy");
    StatusCode::NO_CONTENT
}

// Only names that can be directives: the report is a stranger's text.
fn directive(body: &[u8]) -> String {
    let report: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let report = &report["csp-report"];
    let name = report["effective-directive"].as_str().or_else(|| report["violated-directive"].as_str());
    let name = name.and_then(|name| name.split(' ').next()).unwrap_or_default();
    let is_directive = name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if is_directive && !name.is_empty() { name.to_owned() } else { "unknown".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_directives_name_is_taken_from_a_report() {
        let report = br#"{"csp-report":{"effective-directive":"script-src-elem","document-uri":"http://x/#/r/code"}}"#;
        assert_eq!(directive(report), "script-src-elem");
        assert_eq!(directive(br#"{"csp-report":{"effective-directive":"A\nB"}}"#), "unknown");
        assert_eq!(directive(b"\xff"), "unknown");
    }
}
