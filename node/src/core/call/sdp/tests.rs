//! What browsers write survives; what an attacker writes does not.

use proptest::prelude::*;

use super::{Description, MAX_SDP_BYTES, MediaKind, SdpError, SdpKind};

const OFFER: &str = include_str!("../../../../tests/fixtures/chromium_offer.sdp");
const ANSWER: &str = include_str!("../../../../tests/fixtures/chromium_answer.sdp");
const RESTART: &str = include_str!("../../../../tests/fixtures/chromium_restart_offer.sdp");
const WITH_CANDIDATES: &str = include_str!("../../../../tests/fixtures/chromium_offer_with_candidates.sdp");
const WITHOUT_TRACKS: &str = include_str!("../../../../tests/fixtures/chromium_offer_without_tracks.sdp");
const FIREFOX_STYLE: &str = include_str!("../../../../tests/fixtures/firefox_style_offer.sdp");

fn offer(text: &str) -> Result<Description, SdpError> {
    Description::parse(SdpKind::Offer, text)
}

fn kept_lines<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.starts_with(prefix)).collect()
}

#[test]
fn offers_of_browsers_keep_everything_a_call_needs() {
    for text in [OFFER, RESTART, WITH_CANDIDATES, WITHOUT_TRACKS, FIREFOX_STYLE] {
        let rebuilt = offer(text).expect("a browser's offer").to_string();
        for prefix in
            ["a=group", "a=ice-ufrag", "a=ice-pwd", "a=mid", "a=msid:", "a=setup", "a=sendrecv", "a=ssrc-group"]
        {
            let lost: Vec<_> = kept_lines(text, prefix).into_iter().filter(|line| !rebuilt.contains(line)).collect();
            assert_eq!(lost, Vec::<&str>::new());
        }
        for prefix in ["a=rtpmap", "a=fmtp", "a=rtcp-fb"] {
            assert_eq!(kept_lines(&rebuilt, prefix).len(), kept_lines(text, prefix).len(), "{prefix}");
        }
    }
}

#[test]
fn rebuilding_twice_changes_nothing_more() {
    for text in [OFFER, RESTART, WITH_CANDIDATES, WITHOUT_TRACKS, FIREFOX_STYLE] {
        let once = offer(text).expect("a browser's offer");
        assert_eq!(offer(&once.to_string()), Ok(once));
    }
}

#[test]
fn an_answer_matches_the_offer_it_was_made_for_and_no_other() {
    let (first, restart) = (offer(OFFER).expect("an offer"), offer(RESTART).expect("an offer"));
    let answer = Description::parse(SdpKind::Answer, ANSWER).expect("an answer");
    assert!(answer.answers(&first));
    assert!(first.has_ufrag("giNr") && !restart.has_ufrag("giNr"));
    assert_eq!(first.fingerprint(), restart.fingerprint());
    assert_eq!(
        first.sections().iter().map(super::Section::kind).collect::<Vec<_>>(),
        [MediaKind::Audio, MediaKind::Video]
    );

    let swapped = OFFER.replace("a=mid:1", "a=mid:2").replace("BUNDLE 0 1", "BUNDLE 0 2");
    assert!(!answer.answers(&offer(&swapped).expect("an offer")));
    assert!(!first.answers(&first));
}

#[test]
fn an_answer_that_is_an_offer_is_refused_and_the_reverse() {
    assert_eq!(Description::parse(SdpKind::Answer, OFFER), Err(SdpError::Unsupported));
    assert_eq!(offer(ANSWER), Err(SdpError::Unsupported));
}

#[test]
fn no_peer_gets_more_than_two_pictures_and_two_sounds() {
    let (head, video) = OFFER.split_once("m=video").expect("it offers video");
    let with = |videos: usize| {
        let sections: String =
            (1..=videos).map(|mid| format!("m=video{}", video.replace("a=mid:1", &format!("a=mid:{mid}")))).collect();
        let names: String = (1..=videos).map(|mid| format!(" {mid}")).collect();
        offer(&format!("{}{sections}", head.replace("BUNDLE 0 1", &format!("BUNDLE 0{names}"))))
    };
    assert_eq!(with(1), offer(OFFER));
    assert_eq!(with(2).map(|description| description.sections().len()), Ok(3));
    assert_eq!(with(3), Err(SdpError::TooLarge));
    assert_eq!(with(8), Err(SdpError::TooLarge));
}

#[test]
fn of_a_rejected_section_only_its_place_and_name_are_kept() {
    let rejected = OFFER.replace("m=video 9", "m=video 0").replace("BUNDLE 0 1", "BUNDLE 0");
    let once = offer(&rejected).expect("an offer with sound alone");
    assert_eq!(offer(&once.to_string()), Ok(once.clone()));
    let bare = "m=video 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=inactive\r\n";
    assert!(once.to_string().ends_with(bare), "{once}");
}

#[test]
fn unknown_lines_never_reach_the_browser() {
    let text = OFFER
        .replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=evil:1\r\nx=y\r\na=rtpmap:111 evil/1\r\na=fmtp:111 a\"b\r\n")
        .replace("s=-", "s=hello");
    let rebuilt = offer(&text).expect("still an offer").to_string();
    for absent in ["evil", "x=y", "hello", "a\"b", "rcvr-rtt"] {
        assert!(!rebuilt.contains(absent), "{absent}");
    }
}

#[test]
fn a_payload_type_of_no_known_codec_takes_its_retransmission_with_it() {
    let rebuilt = offer(&OFFER.replace("VP8/90000", "VP7/90000")).expect("still an offer").to_string();
    assert!(!rebuilt.contains("a=rtpmap:96 ") && !rebuilt.contains("a=rtpmap:97 "));
    assert!(rebuilt.contains("m=video 9 UDP/TLS/RTP/SAVPF 102 103"));
}

#[test]
fn what_would_weaken_a_call_is_refused() {
    let other = "a=fingerprint:sha-256 00:15:6F:19:E4:A9:F4:4F:91:B6:18:93:C5:3E:4D:E6:4D:B8:A4:9B:62:CC:C0:1B:1C:BD:6A:29:B5:57:1F:A0";
    let first = kept_lines(OFFER, "a=fingerprint").first().copied().expect("it has one");
    let crypto = "a=rtcp-mux\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    let many = "a=candidate:1 1 udp 1 192.0.2.2 4 typ host\r\n".repeat(33);
    for (text, error) in [
        (OFFER.replacen(first, other, 1), SdpError::DifferingFingerprints),
        (OFFER.replace("sha-256", "sha-1"), SdpError::Insecure),
        (OFFER.replace(first, "a=x"), SdpError::Insecure),
        (OFFER.replacen("a=rtcp-mux", crypto, 1), SdpError::Insecure),
        (OFFER.replacen("s=-", "s=-\r\na=crypto:1 x", 1), SdpError::Insecure),
        (OFFER.replace("UDP/TLS/RTP/SAVPF", "RTP/AVPF"), SdpError::Unsupported),
        (OFFER.replace("a=rtcp-mux\r\n", ""), SdpError::Unsupported),
        (OFFER.replace("BUNDLE 0 1", "BUNDLE 0"), SdpError::Unsupported),
        (OFFER.replace("a=mid:1", "a=mid:0"), SdpError::Inconsistent),
        (OFFER.replace("a=ice-pwd:g/", "a=ice-pwd:\u{e9}/"), SdpError::Malformed),
        (OFFER.replace("m=audio", "m=application"), SdpError::Unsupported),
        (format!("{OFFER}{many}"), SdpError::TooLarge),
        (format!("{OFFER}{}", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(7)), SdpError::TooLarge),
        (format!("{OFFER}{}", "a=x\r\n".repeat(MAX_SDP_BYTES / 5)), SdpError::TooLarge),
        (String::new(), SdpError::Inconsistent),
        ("nonsense".to_owned(), SdpError::Malformed),
    ] {
        assert_eq!(offer(&text), Err(error), "{text:.2000}");
    }
}

/// An offer with a few of its lines replaced, moved, doubled or cut.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..5, "[ -~]{0,40}");
    prop::collection::vec(edit, 0..8).prop_map(|edits| {
        let mut lines: Vec<String> = WITH_CANDIDATES.lines().map(str::to_owned).collect();
        for (at, other, what, text) in edits {
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => lines[at] = text,
                1 => lines.swap(at, other),
                2 => lines.insert(at, lines[other].clone()),
                3 => drop(lines.remove(at)),
                _ => lines[at].push_str(&text),
            }
        }
        lines.join("\r\n")
    })
}

proptest! {
    #[test]
    fn any_text_is_refused_or_rebuilt_to_a_fixed_point(text in prop_oneof![mutated(), ".{0,400}"]) {
        if let Ok(description) = offer(&text) {
            let once = description.to_string();
            prop_assert!(once.len() <= 2 * MAX_SDP_BYTES);
            prop_assert!(once.bytes().all(|byte| byte.is_ascii_graphic() || b" \r\n".contains(&byte)));
            prop_assert_eq!(offer(&once).map(|again| again.to_string()), Ok(once));
        }
    }
}
