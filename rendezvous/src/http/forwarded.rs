//! Whose request it is, where a reverse proxy stands in front.
//!
//! Only the proxy that was configured is believed, and only the rightmost entry of its `X-Forwarded-For`, which is the one that it
//! has written itself; everything to its left, clients can forge. Left out: the standard `Forwarded` (RFC 7239), which few proxies write.

use std::net::{IpAddr, SocketAddr};

use axum::{
    body::Body,
    extract::{ConnectInfo, State},
    http::{HeaderMap, Request, Response},
    middleware::Next,
};

use super::state::AppState;

/// Replaces the proxy's address by that of its client.
pub async fn client(State(state): State<AppState>, mut request: Request<Body>, next: Next) -> Response<Body> {
    if let Some(ConnectInfo(remote)) = request.extensions().get::<ConnectInfo<SocketAddr>>().copied() {
        let client = address(remote.ip(), state.site.trusted_proxy, request.headers());
        // The port names nothing any more, and nothing looks at it.
        let port = if client == remote.ip() { remote.port() } else { 0 };
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, port)));
    }
    next.run(request).await
}

fn address(remote: IpAddr, proxy: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    if proxy.is_none_or(|proxy| proxy.to_canonical() != remote.to_canonical()) {
        return remote;
    }
    let last = headers.get_all("x-forwarded-for").iter().next_back();
    let entry = last.and_then(|value| value.to_str().ok()).and_then(|value| value.rsplit(',').next());
    entry.and_then(|entry| entry.trim().parse().ok()).unwrap_or(remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(remote: &str, proxy: Option<&str>, lines: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(line));
        }
        address(remote.parse().unwrap(), proxy.map(|proxy| proxy.parse().unwrap()), &headers).to_string()
    }

    #[test]
    fn the_proxys_own_entry_is_believed_and_nothing_else() {
        let proxy = Some("10.0.0.1");
        assert_eq!(told("10.0.0.1", proxy, &["198.51.100.9, 203.0.113.7"]), "203.0.113.7");
        assert_eq!(told("::ffff:10.0.0.1", proxy, &["198.51.100.9", "2001:db8::1"]), "2001:db8::1");
        assert_eq!(told("10.0.0.2", proxy, &["203.0.113.7"]), "10.0.0.2", "another address");
        assert_eq!(told("10.0.0.1", None, &["203.0.113.7"]), "10.0.0.1", "no proxy is configured");
        assert_eq!(told("10.0.0.1", proxy, &["203.0.113.7, unknown"]), "10.0.0.1");
        assert_eq!(told("10.0.0.1", proxy, &[]), "10.0.0.1");
    }
}
