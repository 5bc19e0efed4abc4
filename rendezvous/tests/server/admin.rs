//! What an operator does to accounts of a running server, and what is counted of them.

use serde_json::Value;

use super::{
    client::{self, get},
    person::Person,
    process::Process,
};

fn admin(data: &std::path::Path, command: &str, account: &str) -> (Option<i32>, String) {
    let data = data.to_str().unwrap();
    let output = Process::tool(&["--json", "admin", "account", command, account, "--data", data], "");
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn an_operator_sees_that_an_account_is_there_and_deletes_it_when_asked() {
    let data = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let metrics = format!("127.0.0.1:{port}");
    let server = Process::start(data.path(), &["--limits", "lab", "--metrics", &metrics]);
    let person = Person::new(server.at, data.path(), 1);
    let session = person.sign_up();
    let account = serde_json::to_value(session.account).unwrap();
    let account = account.as_str().unwrap();
    let (code, shown) = admin(data.path(), "show", account);
    assert_eq!(code, Some(0), "{shown}");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["devices"], &shown["revoked"], &shown["vault"]), (&1.into(), &0.into(), &false.into()));
    assert_eq!(shown["created_day"], shown["last_day"]);
    let scraped = String::from_utf8(get(metrics.parse().unwrap(), "/metrics").unwrap().body).unwrap();
    for line in ["milanio_rdv_signups_total 1\n", "milanio_rdv_sessions_total 1\n", "{result=\"sent\"} 1\n"] {
        assert!(scraped.contains(line), "{line} is not in\n{scraped}");
    }
    let (code, by_address) = admin(data.path(), "show", &person.email.to_uppercase());
    assert_eq!(
        (code, serde_json::from_str::<Value>(&by_address).unwrap()),
        (Some(0), shown),
        "the address names it, too"
    );
    let (code, by_short_id) = admin(data.path(), "show", &person.account.id().short());
    assert_eq!((code, by_short_id), (Some(0), by_address.clone()), "and so do the characters that the app shows");
    assert!(admin(data.path(), "show", "000000000000").1.contains("no such account"));
    assert!(admin(data.path(), "show", "nobody@mail1.example").1.contains("no such account"));
    assert!(admin(data.path(), "show", "@").1.contains("not a mail address"));
    assert_eq!(admin(data.path(), "delete", &person.account.id().short()).0, Some(0));
    assert_eq!(person.login().status, 403, "the account is not known any more");
    for (command, named) in [("show", account), ("delete", account), ("delete", &person.email)] {
        let (code, said) = admin(data.path(), command, named);
        assert!(code == Some(1) && said.contains("no such account"), "{said}");
    }
    assert!(admin(data.path(), "show", "nobody").1.contains("no account's id"));
    drop(server);
    assert!(admin(data.path(), "show", account).1.contains("no server runs"));
}

#[test]
fn the_api_is_described_for_programs_and_for_people() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &[]);
    let described = get(server.at, "/api/openapi.json").unwrap();
    assert_eq!(described.header("content-type"), "application/json");
    let described: Value = described.json();
    for (path, operations) in described["paths"].as_object().unwrap() {
        let asked = path.replace("{rid}", &"a".repeat(26)).replace("{mailbox}", &"a".repeat(26)).replace("{step}", "0");
        for method in operations.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            // A waiting request is not waited for: that it waits shows that it is there.
            if method == "GET" && path.starts_with("/api/link/") {
                continue;
            }
            let head = format!("{method} {asked} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            let answer = client::send(server.at, &head, b"").unwrap();
            let code =
                serde_json::from_slice::<Value>(&answer.body).map(|body| body["code"].clone()).unwrap_or_default();
            assert!(code != "path_unknown" && code != "method_not_allowed", "{method} {path}: {code}");
            let told = &operations[&method.to_lowercase()]["responses"];
            assert!(told.get(answer.status.to_string()).is_some(), "{method} {path} answers {}", answer.status);
        }
    }
    let page = get(server.at, "/api/docs").unwrap();
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(String::from_utf8(page.body).unwrap().contains("/api/auth/register"));
}
