//! Looking for secrets in what was stored, logged and sent: as they are, and in every way in which they are usually written.

use data_encoding::{BASE64, BASE64URL, HEXLOWER};

/// A secret, as it may be written.
pub struct Secret {
    name: &'static str,
    forms: Vec<String>,
}

impl Secret {
    /// Some bytes that nothing else may hold by chance: eight or more.
    pub fn bytes(name: &'static str, bytes: &[u8]) -> Self {
        assert!(bytes.len() >= 8, "{name} could be found by chance");
        let hex = HEXLOWER.encode(bytes);
        let decimal = format!("{bytes:?}");
        let mut forms = vec![latin(bytes), hex, decimal.trim_matches(['[', ']']).to_owned()];
        // In the middle of something longer its base64 is one of three, but for what it shares with its neighbours.
        for before in 0..3 {
            let shifted = [&[0; 2][..before], bytes].concat();
            let own = [0, 2, 3][before]..4 * (shifted.len() / 3);
            forms.extend([BASE64, BASE64URL].map(|base64| base64.encode(&shifted)[own.clone()].to_owned()));
        }
        forms.iter_mut().for_each(|form| *form = form.to_lowercase());
        Self { name, forms }
    }

    /// Something that people can read.
    pub fn text(name: &'static str, text: &str) -> Self {
        let mut secret = Self::bytes(name, text.as_bytes());
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let percent: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let escaped = serde_json::to_string(text).unwrap();
        let forms = [latin(text.to_lowercase().as_bytes()), latin(&wide), percent, latin(escaped.as_bytes())];
        secret.forms.extend(forms.map(|form| form.to_lowercase()));
        secret
    }
}

/// What may hold secrets.
pub struct Haystack(String);

impl Haystack {
    pub fn new(bytes: &[u8]) -> Self {
        Self(latin(bytes).to_lowercase())
    }

    pub fn holds(&self, secret: &Secret) -> bool {
        secret.forms.iter().any(|form| self.0.contains(form))
    }

    /// The names of those that are in it.
    pub fn found<'a>(&self, secrets: &'a [Secret]) -> Vec<&'a str> {
        secrets.iter().filter(|secret| self.holds(secret)).map(|secret| secret.name).collect()
    }
}

// One character for each byte, so that text search works on anything.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let bytes: Vec<u8> = (0..20).map(|n| n * 13 + 1).collect();
    let secret = Secret::bytes("secret", &bytes);
    let hex = HEXLOWER.encode(&bytes);
    let mut written = vec![bytes.clone(), hex.to_uppercase().into(), hex.into(), format!("{bytes:?}").into()];
    for before in 0..5 {
        for after in 0..5 {
            let around = [&vec![7; before], bytes.as_slice(), &vec![9; after]].concat();
            written.extend([BASE64, BASE64URL].map(|base64| base64.encode(&around).into_bytes()));
        }
    }
    for one in written {
        assert!(Haystack::new(&one).holds(&secret), "{one:?}");
    }
    assert!(!Haystack::new(&bytes[1..]).holds(&secret));
    let text = Secret::text("text", "Zoë Canary \"Q\"");
    for one in [&b"x zo\xc3\xab canary \"q\" y"[..], br#"{"name":"Zo\u00eb"}Zo"#] {
        assert_eq!(Haystack::new(one).holds(&text), one[0] == b'x');
    }
    assert!(Haystack::new(serde_json::to_string("Zoë Canary \"Q\"").unwrap().as_bytes()).holds(&text));
}
