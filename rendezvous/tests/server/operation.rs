//! What operators and strangers do to a running server: slow bodies, other origins, a proxy in front, metrics, letters in files.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use milanio_rendezvous::{
    api::{CREATE_PATH, JOIN_PATH, JoinRoom, RELAYS_PATH},
    metrics::NAMES,
};

use super::{
    client::{self, get, json},
    process::Process,
    room::Room,
};

#[test]
fn six_hundred_slow_bodies_hold_nobody_up_and_are_given_up() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let head = format!(
        "POST {JOIN_PATH} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
    );
    let mut slow: Vec<_> = (0..600).map(|_| client::open(server.at).unwrap()).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(head.as_bytes()).unwrap());
    let asked = Instant::now();
    let honest = json(server.at, "POST", CREATE_PATH, &Room::new(1).creation(b"sealed")).unwrap();
    assert_eq!(honest.status, 201, "{honest:?}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    let mut answer = [0; 64];
    let length = slow[0].read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 408 "), "{:?}", String::from_utf8_lossy(&answer[..length]));
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
}

#[test]
fn pages_of_a_listed_origin_may_ask_and_those_of_another_may_not() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--origins", "https://app.example"]);
    let ask = |method: &str, path: &str, origin: &str| {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\nconnection: close\r\n\
             access-control-request-method: POST\r\naccess-control-request-headers: authorization,content-type\r\n\r\n"
        );
        client::send(server.at, &head, b"").unwrap()
    };
    let allowed = "access-control-allow-origin";
    let preflight = ask("OPTIONS", JOIN_PATH, "https://app.example");
    assert_eq!((preflight.status, preflight.header(allowed)), (200, "https://app.example"));
    assert_eq!(preflight.header("access-control-allow-headers"), "content-type,authorization");
    assert_eq!(preflight.header("access-control-allow-credentials"), "");
    assert_eq!(ask("GET", RELAYS_PATH, "https://app.example").header(allowed), "https://app.example");
    assert_eq!(
        ask("GET", "/api/nowhere", "https://app.example").header(allowed),
        "https://app.example",
        "failures too"
    );
    for other in ["https://app.example.evil", "http://app.example", "null"] {
        assert_eq!(ask("OPTIONS", JOIN_PATH, other).header(allowed), "", "{other}");
        assert_eq!(ask("GET", RELAYS_PATH, other).header(allowed), "", "{other}");
    }
}

#[test]
fn behind_a_proxy_its_clients_are_counted_apart_and_nobody_else_is_believed() {
    let (data, direct_data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let proxied = Process::start(
        data.path(),
        &["--trusted-proxy", "127.0.0.1", "--allow-spool-in-public", "--public-url", "http://localhost"],
    );
    let direct = Process::start(direct_data.path(), &[]);
    let create = |at, n: u64, forwarded: &str| {
        let body = serde_json::to_vec(&Room::new(n).creation(b"")).unwrap();
        let head = format!(
            "POST {CREATE_PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n\
             x-forwarded-for: 203.0.113.{n}, {forwarded}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        client::send(at, &head, &body).unwrap().status
    };
    for n in 0..60 {
        assert_eq!(create(proxied.at, n, "198.51.100.1"), 201);
        assert_eq!(create(direct.at, n, "198.51.100.1"), 201);
    }
    assert_eq!(create(proxied.at, 60, "198.51.100.1"), 429, "the entry that the proxy wrote counts");
    assert_eq!(create(proxied.at, 61, "198.51.100.2"), 201);
    assert_eq!(create(direct.at, 60, "198.51.100.2"), 429, "the header means nothing here");
}

#[test]
fn every_metric_is_served_on_this_machine_only() {
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let server = Process::start(data.path(), &["--metrics", &at.to_string()]);
    assert_eq!(json(server.at, "POST", CREATE_PATH, &Room::new(1).creation(b"")).unwrap().status, 201);
    assert_eq!(json(server.at, "POST", JOIN_PATH, &JoinRoom { rid: Room::new(2).rid() }).unwrap().status, 404);
    let scraped = get(at, "/metrics").unwrap();
    let text = String::from_utf8(scraped.body).unwrap();
    let readme = include_str!("../../README.md");
    for (name, _) in NAMES {
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in README.md");
        // Counters of things that have not happened have no line yet, but are announced.
        assert!(text.contains(name.trim_end_matches("_total")), "{name} is not in\n{text}");
    }
    for line in ["route=\"/api/rooms/create\",method=\"POST\",status=\"201\"} 1", "op=\"create\",result=\"ok\"} 1"] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(&Room::new(2).rid().to_string()), "no room is named");
    assert_eq!(get(server.at, "/metrics").unwrap().status, 404, "not where others can ask");
    let (status, said) = Process::refuse(data.path(), &["--metrics", "0.0.0.0:9464"]);
    assert!(status.code() == Some(78) && said.contains("metrics"), "{said}");
}

#[test]
fn letters_are_shown_where_they_are_kept_and_only_to_this_machine() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let spool = data.path().join("mail");
    std::fs::create_dir_all(&spool).unwrap();
    std::fs::write(spool.join("1.txt"), "To: ada@example.org\n\n<b>ABCD-2345</b>\n").unwrap();
    let ask = |host: &str| {
        let head = format!("GET /dev/mail HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        client::send(server.at, &head, b"").unwrap()
    };
    let shown = ask("localhost:8080");
    let page = String::from_utf8(shown.body.clone()).unwrap();
    assert_eq!(shown.status, 200);
    assert!(page.contains("&lt;b&gt;ABCD-2345") && !page.contains("<script"), "{page}");
    assert_eq!(ask("rebound.example").status, 404, "another site's name for this machine");
    assert_eq!(ask("localhost\r\nx-forwarded-for: 203.0.113.7").status, 404, "through a proxy");
    drop(server);
    let mail = ["--mail", "smtp", "--smtp-host", "127.0.0.1", "--smtp-security", "none", "--mail-from", "a@b.example"];
    let server = Process::start(data.path(), &mail);
    assert_eq!(get(server.at, "/dev/mail").unwrap().status, 404, "letters leave");
}

#[test]
fn letters_are_not_shown_where_others_can_reach_the_server() {
    let elsewhere = ["--allow-spool-in-public", "--public-url", "https://meet.example"];
    let ways: [&[&str]; 3] = [&["--bind", "0.0.0.0"], &["--trusted-proxy", "127.0.0.1"], &[]];
    for way in ways {
        let data = tempfile::tempdir().unwrap();
        let server = Process::start(data.path(), &[way, &elsewhere[..]].concat());
        let spool = data.path().join("mail");
        std::fs::create_dir_all(&spool).unwrap();
        std::fs::write(spool.join("1.txt"), "To: ada@example.org\n\nABCD-2345\n").unwrap();
        for host in ["localhost", "127.0.0.1", "meet.example"] {
            let head = format!("GET /dev/mail HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
            let answer = client::send(server.at, &head, b"").unwrap();
            assert_eq!(answer.status, 404, "{way:?} as {host}");
        }
    }
    let data = tempfile::tempdir().unwrap();
    for way in ways {
        let (status, said) = Process::refuse(data.path(), &[way, &elsewhere[1..]].concat());
        assert!(status.code() == Some(78) && said.contains("mail = spool"), "{way:?}: {said}");
    }
}
