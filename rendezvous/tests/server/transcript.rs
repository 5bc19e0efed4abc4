//! No password at the server: two people with different passwords do the same, and what they send has the same shapes and sizes,
//! and holds nothing of the passwords or of what only they give.

use data_encoding::BASE64URL_NOPAD;
use milanio_identity::{ExportKey, Profile};
use serde_json::Value;

use super::{
    client::{Exchange, recorded},
    life::{guess, open_with_password, save_vault},
    person::Person,
    process::Process,
    search::{Haystack, Secret},
};

const PASSWORDS: [&str; 2] =
    ["zwölf Boxkämpfer", "a much longer password, of several words and 123 figures \u{1f511}\u{1f511}"];

/// Somebody signs up, puts a vault behind a password, types another one, and opens the vault.
fn live(person: &Person, password: &str) -> ExportKey {
    let profile = Profile { name: "Somebody".to_owned(), ..Profile::default() };
    let session = person.sign_up();
    let export_key = save_vault(person, &session, password.as_bytes(), &profile);
    guess(person, format!("{password}!").as_bytes());
    let keepsake = open_with_password(person, password.as_bytes(), 1);
    assert_eq!(keepsake.account.id(), person.account.id());
    export_key
}

/// What may not be there: a password, in pieces too, and what comes of it.
fn secrets(password: &str, export_key: &ExportKey) -> Vec<Secret> {
    let pieces = password.as_bytes().windows(8).map(|piece| Secret::bytes("a piece of the password", piece));
    let keys = export_key.as_bytes().windows(12).map(|piece| Secret::bytes("a piece of the export key", piece));
    pieces.chain(keys).collect()
}

/// Everything that was sent, also what is in base64 inside JSON.
fn sent(exchanges: &[Exchange]) -> Vec<Haystack> {
    let mut all = Vec::new();
    for exchange in exchanges {
        all.extend([&exchange.head, &exchange.body].map(|bytes| Haystack::new(bytes)));
        let body = serde_json::from_slice::<Value>(&exchange.body).unwrap_or_default();
        all.extend(
            texts(&body)
                .iter()
                .filter_map(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok())
                .map(|bytes| Haystack::new(&bytes)),
        );
    }
    all
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// What a request looks like to somebody who cannot read it: where it goes, and how long every part is.
fn shape(exchange: &Exchange) -> (String, Vec<usize>, Vec<(String, usize)>) {
    let head = String::from_utf8(exchange.head.clone()).unwrap();
    let body = serde_json::from_slice::<Value>(&exchange.body).unwrap_or_default();
    let fields = body.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.to_string().len()));
    (exchange.what.clone(), head.lines().map(str::len).collect(), fields.collect())
}

#[test]
fn requests_with_different_passwords_look_alike_and_hold_nothing_of_them() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let mut shapes = Vec::new();
    for (number, password) in (1..).zip(PASSWORDS) {
        let person = Person::new(server.at, data.path(), number);
        let (export_key, exchanges) = recorded(|| live(&person, password));
        assert!(exchanges.len() >= 11, "all of it was recorded: {}", exchanges.len());
        let (sent, secrets) = (sent(&exchanges), secrets(password, &export_key));
        assert!(
            sent.iter().any(|one| one.holds(&Secret::text("address", &person.email))),
            "the search finds what is there"
        );
        let device = Secret::bytes("device", person.device.id().as_bytes());
        assert!(sent.iter().any(|one| one.holds(&device)), "also in base64");
        for one in &sent {
            assert_eq!(one.found(&secrets), Vec::<&str>::new(), "person {number}");
        }
        shapes.push(exchanges.iter().map(shape).collect::<Vec<_>>());
    }
    assert_eq!(shapes[0], shapes[1]);
}
