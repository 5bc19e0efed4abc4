//! What the API answers, and what it refuses.

use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};

use milanio_rendezvous::api::{
    ApiError, CHALLENGE_PATH, CREATE_PATH, CSP_REPORT_PATH, ErrorCode, JOIN_PATH, JoinAnswer, JoinRoom, RELAYS_PATH,
    RelaysAnswer, RoomAnswer, RoomState, VersionAnswer, heartbeat_path, room_path,
};

use super::{
    client::{self, Answer, get, json},
    process::Process,
    room::{Room, now_s},
};

fn code(answer: &Answer) -> (u16, ErrorCode) {
    let error: ApiError = answer.json();
    assert_eq!(error.request_id, answer.header("x-request-id"), "the body names the request as the log does");
    assert_eq!(answer.header("cache-control"), "no-store");
    (answer.status, error.code)
}

#[test]
fn a_room_lives_its_life_over_http() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let (at, room) = (server.at, Room::new(1));
    assert_eq!(code(&get(at, &room_path(&room.rid())).unwrap()), (404, ErrorCode::RoomUnknown));
    let created = json(at, "POST", CREATE_PATH, &room.creation(b"sealed")).unwrap();
    assert_eq!((created.status, created.json::<RoomAnswer>().state), (201, RoomState::Waiting));
    assert_eq!(json(at, "POST", CREATE_PATH, &room.creation(b"sealed")).unwrap().status, 200, "asked twice");
    assert_eq!(code(&json(at, "POST", CREATE_PATH, &room.creation(b"other")).unwrap()), (409, ErrorCode::RoomExists));
    let joined: JoinAnswer = json(at, "POST", JOIN_PATH, &JoinRoom { rid: room.rid() }).unwrap().json();
    assert_eq!(joined.sealed.as_bytes(), b"sealed");
    let turn = joined.turn.unwrap();
    assert!(turn.expires_s > now_s() && turn.urls.iter().all(|url| url.contains(":127.0.0.1:")), "{turn:?}");
    let beaten = json(at, "POST", &heartbeat_path(&room.rid()), &room.beat()).unwrap();
    assert_eq!(beaten.json::<RoomAnswer>().state, RoomState::Active);
    let stranger = Room::new(2);
    let forged = json(at, "DELETE", &room_path(&room.rid()), &stranger.destruction()).unwrap();
    assert_eq!(code(&forged), (403, ErrorCode::SignatureInvalid));
    let ended = json(at, "DELETE", &room_path(&room.rid()), &room.destruction()).unwrap();
    assert_eq!(ended.json::<RoomAnswer>().state, RoomState::Destroyed);
    let late = json(at, "POST", JOIN_PATH, &JoinRoom { rid: room.rid() }).unwrap();
    assert_eq!(code(&late), (410, ErrorCode::RoomDestroyed));
}

#[test]
fn every_failure_has_one_shape() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let at = server.at;
    let raw = |head: &str, body: &[u8]| client::send(at, head, body).unwrap();
    let post = "POST /api/rooms/join HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n";
    assert_eq!(code(&get(at, "/nowhere").unwrap()), (404, ErrorCode::PathUnknown));
    assert_eq!(code(&get(at, "/api/nowhere").unwrap()), (404, ErrorCode::PathUnknown));
    assert_eq!(code(&get(at, "/api/rooms/short").unwrap()), (400, ErrorCode::Malformed));
    assert_eq!(code(&get(at, JOIN_PATH).unwrap()), (405, ErrorCode::MethodNotAllowed));
    assert_eq!(code(&raw(&format!("{post}\r\n"), b"")), (415, ErrorCode::MediaTypeUnsupported));
    let typed = format!("{post}content-type: application/json; charset=utf-8\r\n");
    assert_eq!(code(&raw(&format!("{typed}content-length: 2\r\n\r\n"), b"{}")), (400, ErrorCode::Malformed));
    let array = raw(
        &format!(
            "POST {CHALLENGE_PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/json\r\ncontent-length: 2\r\n\r\n"
        ),
        b"[]",
    );
    assert_eq!(code(&array), (400, ErrorCode::Malformed), "an array of no fields");
    assert_eq!(code(&raw(&format!("{typed}content-length: 99999\r\n\r\n"), &[])), (413, ErrorCode::BodyTooLarge));
    let put = raw("PUT /api/relays HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n", b"");
    assert_eq!((code(&put), put.header("allow")), ((405, ErrorCode::MethodNotAllowed), "GET,HEAD"));
    let bad_host = raw("GET /api/relays HTTP/1.1\r\nhost: a/b\r\nconnection: close\r\n\r\n", b"");
    assert_eq!(code(&bad_host), (400, ErrorCode::Malformed));
    let long = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(20_000));
    assert!(client::send(at, &long, b"").map_or(true, |answer| answer.status == 431));
}

#[test]
fn the_61st_room_of_one_address_is_refused_for_a_while() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    for n in 0..60 {
        let created = json(server.at, "POST", CREATE_PATH, &Room::new(n).creation(b"")).unwrap();
        assert_eq!(created.status, 201, "{created:?}");
    }
    let refused = json(server.at, "POST", CREATE_PATH, &Room::new(60).creation(b"")).unwrap();
    assert_eq!(code(&refused), (429, ErrorCode::RateLimited));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(get(server.at, RELAYS_PATH).unwrap().status, 200, "other things go on");
}

#[test]
fn relays_are_told_under_the_host_that_was_asked() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let ask = |host: &str| -> RelaysAnswer {
        let head = format!("GET {RELAYS_PATH} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        client::send(server.at, &head, b"").unwrap().json()
    };
    let local = ask(&format!("localhost:{}", server.at.port()));
    assert!(local.now_ms.abs_diff(now_s() * 1_000) < 10_000);
    let [relay] = &local.relays[..] else { panic!("{local:?}") };
    let [webtransport, websocket] = &relay.addrs[..] else { panic!("{relay:?}") };
    assert!(webtransport.starts_with("/ip4/127.0.0.1/udp/"), "{webtransport}");
    assert_eq!(webtransport.matches("/certhash/").count(), 2, "{webtransport}");
    assert_eq!(*websocket, format!("/ip4/127.0.0.1/tcp/{}/ws/p2p/{}", server.at.port(), relay.peer));
    let named = ask("meet.example:8443");
    assert!(named.relays[0].addrs[1].starts_with("/dns4/meet.example/tcp/8443/ws/"), "{named:?}");
    assert!(named.turn[1].starts_with("turn:meet.example:"), "{named:?}");
}

#[test]
fn the_page_is_served_with_its_headers_and_reports_are_taken() {
    let (data, app) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(app.path().join("index.html"), "<!doctype html><title>Milanio</title>").unwrap();
    let server = Process::start(data.path(), &["--app", app.path().to_str().unwrap()]);
    assert_eq!(server.ready_line, format!("Milanio is ready at http://localhost:{}\n", server.at.port()));
    let page = get(server.at, "/").unwrap();
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("require-trusted-types-for 'script'"), "{policy}");
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("strict-transport-security", ""),
    ] {
        assert_eq!(page.header(name), value, "{name}");
    }
    assert_eq!(json(server.at, "POST", CSP_REPORT_PATH, &serde_json::json!({"csp-report": {}})).unwrap().status, 204);
    assert_eq!(get(server.at, "/version").unwrap().json::<VersionAnswer>().name, "milanio-rendezvous");
    assert_eq!((get(server.at, "/livez").unwrap().status, get(server.at, "/readyz").unwrap().status), (200, 200));
    let (status, log) = server.terminate();
    assert!(status.success() && log.contains("a page broke the content security policy"), "{log}");
}

#[test]
fn a_websocket_at_p2p_speaks_to_the_relay() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let mut stream = client::open(server.at).unwrap();
    let upgrade = "GET /p2p HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(upgrade.as_bytes()).unwrap();
    // A masked binary frame (RFC 6455 section 5.2), its mask zero, with the first words of multistream-select.
    let greeting = b"\x13/multistream/1.0.0\n";
    let frame = [&[0x82, 0x80 | greeting.len() as u8, 0, 0, 0, 0][..], greeting].concat();
    stream.write_all(&frame).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 1024];
    while !received.windows(greeting.len()).any(|window| window == greeting) {
        let length = stream.read(&mut buffer).unwrap();
        assert!(length > 0, "closed after {:?}", String::from_utf8_lossy(&received));
        received.extend_from_slice(&buffer[..length]);
    }
    assert!(received.starts_with(b"HTTP/1.1 101 "));
}

#[test]
fn it_stops_when_asked_although_a_client_stays() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let mut idle = client::open(server.at).unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 1024]).unwrap() > 0);
    let asked = Instant::now();
    let (status, _) = server.terminate();
    assert!(status.success());
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}

#[test]
fn what_cannot_work_is_refused_with_one_clear_line() {
    let data = tempfile::tempdir().unwrap();
    let (status, said) = Process::refuse(data.path(), &["--limits", "lab", "--bind", "0.0.0.0"]);
    assert!(status.code() == Some(78) && said.contains("--limits lab"), "{said}");
    let (status, said) = Process::refuse(data.path(), &["--bind", "0.0.0.0"]);
    assert!(status.code() == Some(78) && said.contains("mail = spool"), "{said}");
    let (status, said) = Process::refuse(data.path(), &["--bind", "0.0.0.0", "--allow-spool-in-public"]);
    assert!(status.code() == Some(78) && said.contains("public_url = "), "{said}");
    let (status, said) = Process::refuse(data.path(), &["--app", "/nonexistent"]);
    assert!(!status.success() && said.contains("cannot read the app"), "{said}");
    let _first = Process::start(data.path(), &[]);
    let (status, said) = Process::refuse(data.path(), &[]);
    assert!(!status.success() && said.contains("does another server use them?"), "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{said}");
}

#[test]
fn a_head_that_does_not_end_is_given_up_and_one_address_holds_so_many_connections() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let mut slow = client::open(server.at).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: local").unwrap();
    let asked = Instant::now();
    let mut held: Vec<_> = (0..300).map(|_| client::open(server.at).unwrap()).collect();
    let request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let answered = held.iter_mut().filter_map(|stream| {
        stream.write_all(request).ok()?;
        stream.read(&mut [0; 2048]).ok().filter(|length| *length > 0)
    });
    assert_eq!(answered.count(), 255, "with the slow one, 256");
    let ended = slow.read(&mut [0; 1024]);
    assert!(asked.elapsed() < Duration::from_secs(8), "{ended:?} after {:?}", asked.elapsed());
}

#[test]
fn https_is_served_with_the_certificate_that_is_given() {
    let (data, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (files.path().join("cert.pem"), files.path().join("key.pem"));
    std::fs::write(&cert, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    let arguments = ["--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = Process::start(data.path(), &arguments);
    assert!(server.ready_line.contains("https://localhost:"), "{}", server.ready_line);
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let session = rustls::ClientConnection::new(std::sync::Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut stream = rustls::StreamOwned::new(session, client::open(server.at).unwrap());
    let request =
        format!("GET {RELAYS_PATH} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\r\n", server.at.port());
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.contains(&format!("/tcp/{}/tls/ws/p2p/", server.at.port())), "{answer}");
    assert!(answer.contains("strict-transport-security: "), "{answer}");
}
