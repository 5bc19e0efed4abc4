//! The headers that keep the page to itself: Content Security Policy (CSP level 3) and its relatives.
//!
//! Everything is denied, then what the app needs is named. Left out: caching, which `assets` decides per file.

use axum::http::{HeaderName, HeaderValue, header};

use crate::api::CSP_REPORT_PATH;

/// The Trusted Types policies that the page may make, one for each of its two modules: they pass the constant URLs of their workers
/// and nothing else.
pub const TRUSTED_TYPES_POLICIES: &str = "milanio milanio-account";

/// The headers of every answer. `secure`: served over TLS; `loopback_port`: the port, if the server is only on loopback.
pub fn headers(secure: bool, loopback_port: Option<u16>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = vec![
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-embedder-policy"), HeaderValue::from_static("require-corp")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    ];
    if let Ok(policy) = HeaderValue::from_str(&policy(loopback_port)) {
        headers.push((header::CONTENT_SECURITY_POLICY, policy));
    }
    if secure {
        headers.push((header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")));
    }
    headers
}

const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(self), \
    clipboard-write=(self), fullscreen=(self), picture-in-picture=(self), autoplay=(self), \
    geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()";

fn policy(loopback_port: Option<u16>) -> String {
    // Relays are on other hosts, known only at run time. On loopback there is no TLS, so the own WebSocket is named as well.
    let own_socket =
        loopback_port.map(|port| format!(" ws://localhost:{port} ws://127.0.0.1:{port}")).unwrap_or_default();
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        &format!("connect-src 'self' https: wss:{own_socket}"),
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        &format!("trusted-types {TRUSTED_TYPES_POLICIES}"),
        &format!("report-uri {CSP_REPORT_PATH}"),
    ]
    .join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_inline_runs_and_only_loopback_may_use_a_plain_socket() {
        let public = policy(None);
        assert!(!public.contains("unsafe-inline") && !public.contains("'unsafe-eval'") && !public.contains("ws:"));
        assert!(policy(Some(8080)).contains("connect-src 'self' https: wss: ws://localhost:8080 ws://127.0.0.1:8080;"));
    }

    #[test]
    fn strict_transport_is_promised_only_over_tls() {
        let promised = |secure| headers(secure, None).iter().any(|(name, _)| name == header::STRICT_TRANSPORT_SECURITY);
        assert_eq!((promised(true), promised(false)), (true, false));
    }
}
