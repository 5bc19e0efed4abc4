//! Linking as it should go, and everything that somebody who knows the code and sits on the mailbox might try.

use proptest::prelude::*;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};

use super::*;
use crate::{
    AccountKey, DeviceCert, DeviceKey, DeviceList, EphemeralSecret, Keepsake, ListedDevice,
    keepsake::tests::{keepsake, largest, same},
};

const NOW_S: u64 = 1_750_000_000;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A secret as if derived from a code, without the slow derivation.
fn secret() -> LinkSecret {
    LinkSecret::from_bytes([5; 32])
}

fn device(seed: u8) -> DeviceId {
    DeviceKey::from_seed([seed; 32]).id()
}

/// The device that wants the account.
fn newcomer() -> DeviceId {
    device(0x77)
}

fn owner() -> AccountKey {
    keepsake().account
}

fn cert(account: &AccountKey, device: DeviceId) -> DeviceCert {
    DeviceCert::issue(account, device, NOW_S, NOW_S + 86_400).unwrap()
}

fn list(account: &AccountKey, device: DeviceId) -> DeviceList {
    DeviceList::issue(account, 2, vec![ListedDevice { device, added_day: 20_254 }], Vec::new()).unwrap()
}

fn start(seed: u64) -> (LinkNewDevice, Vec<u8>) {
    LinkNewDevice::start(secret(), newcomer(), &mut rng(seed)).unwrap()
}

fn answer(seed: u64, message: &[u8]) -> (LinkOldDevice, Vec<u8>) {
    LinkOldDevice::answer(secret(), owner().id(), message, &mut rng(seed)).unwrap()
}

/// Both sides up to the words.
fn compared() -> (LinkAwaiting, LinkConfirming, LinkWords) {
    let (new, zero) = start(1);
    let (old, one) = answer(2, &zero);
    let (new, two, shown) = new.reveal(&one, &mut rng(3)).unwrap();
    let (old, words, device) = old.check(&two).unwrap();
    assert_eq!((words, device), (shown, newcomer()));
    (new, old, words)
}

/// Message 3, whatever it says, as an honest old device would seal it.
fn hand_over(old: &LinkConfirming, keepsake: &Keepsake, cert: &DeviceCert, list: &DeviceList) -> Vec<u8> {
    let list = list.to_bytes();
    let length = u16::try_from(list.len()).unwrap().to_be_bytes();
    let plaintext = [cert.to_bytes().as_slice(), &length, &list, &keepsake.padded().unwrap()].concat();
    let target = crate::EphemeralPublic::from_bytes(old.reveal.key);
    let sealed = target.seal(&hand_over_info(&old.transcript), &[], &plaintext, &mut rng(9)).unwrap();
    secret().seal(HAND_OVER, &sealed, &mut rng(10)).unwrap()
}

#[test]
fn an_account_is_handed_over_with_the_same_words_on_both_screens() {
    let (new, old, words) = compared();
    assert!(words.words().iter().all(|word| Language::English.find_word(word).is_some()));
    assert_eq!(words.to_string().split(' ').count(), 4);
    let (cert, list) = (cert(&owner(), newcomer()), list(&owner(), newcomer()));
    let three = old.hand_over(&keepsake(), &cert, &list, &mut rng(4)).unwrap();
    let (got, got_cert, got_list) = new.receive(&three).unwrap();
    assert!(same(&got, &keepsake()));
    assert_eq!((got_cert, got_list), (cert, list));
}

#[test]
fn the_largest_account_fits_into_a_message() {
    let (new, old, _) = compared();
    let others = (0..15).map(|seed| ListedDevice { device: device(seed), added_day: 1 });
    let devices = others.chain([ListedDevice { device: newcomer(), added_day: 2 }]).collect();
    let list = DeviceList::issue(&owner(), u64::MAX, devices, (128..192).map(device).collect()).unwrap();
    assert_eq!(list.to_bytes().len(), DeviceList::MAX_LENGTH);
    let three = old.hand_over(&largest(), &cert(&owner(), newcomer()), &list, &mut rng(4)).unwrap();
    assert!(three.len() <= MAX_LINK_MESSAGE_BYTES, "{}", three.len());
    assert!(same(&new.receive(&three).unwrap().0, &largest()));
}

#[test]
fn a_code_names_a_mailbox_and_opens_nothing_of_another_code() {
    let code = LinkCode::generate(&mut rng(1));
    let secret = LinkSecret::derive(&code).unwrap();
    assert_eq!(secret.mailbox(), LinkSecret::derive(&code).unwrap().mailbox());
    let other = LinkSecret::derive(&LinkCode::generate(&mut rng(2))).unwrap();
    assert_ne!(secret.mailbox(), other.mailbox());
    let (_, zero) = LinkNewDevice::start(secret, newcomer(), &mut rng(3)).unwrap();
    let refused = LinkOldDevice::answer(other, owner().id(), &zero, &mut rng(4));
    assert_eq!(refused.unwrap_err(), LinkError::Unreadable);
}

/// Somebody who knows the code replaces the new device's key by one of their own, towards the old device.
#[test]
fn a_man_in_the_middle_gets_other_words_on_the_two_screens() {
    for seed in 0..200 {
        let (_, zero) = start(seed);
        let (middle, zero_of_middle) = LinkNewDevice::start(secret(), newcomer(), &mut rng(1_000 + seed)).unwrap();
        assert_ne!(zero, zero_of_middle);
        let (old, one) = answer(2_000 + seed, &zero_of_middle);
        let (_, two_of_middle, _) = middle.reveal(&one, &mut rng(3)).unwrap();
        let (_, shown_by_old, device) = old.check(&two_of_middle).unwrap();
        // The device's name is the same, and only the words tell.
        assert_eq!(device, newcomer());
        // Towards the new device: the old one's answer passed on, or one of their own.
        let (_, one_of_middle) = answer(4_000 + seed, &zero);
        for one in [one, one_of_middle] {
            let (new, _) = start(seed);
            let (_, _, shown_by_new) = new.reveal(&one, &mut rng(5)).unwrap();
            assert_ne!(shown_by_new, shown_by_old);
        }
    }
}

#[test]
fn the_new_device_cannot_change_its_key_its_name_or_its_nonce_once_it_has_seen_the_answer() {
    let honest =
        Reveal { key: *EphemeralSecret::generate(&mut rng(1)).public().as_bytes(), device: newcomer(), nonce: [1; 32] };
    let others = [
        Reveal { key: *EphemeralSecret::generate(&mut rng(2)).public().as_bytes(), ..honest },
        Reveal { device: device(9), ..honest },
        Reveal { nonce: [2; 32], ..honest },
    ];
    let zero = secret().seal(COMMIT, &honest.commitment(), &mut rng(3)).unwrap();
    for other in others {
        let (old, _) = answer(4, &zero);
        let two = secret().seal(REVEAL, &other.to_bytes(), &mut rng(5)).unwrap();
        assert_eq!(old.check(&two).unwrap_err(), LinkError::CommitmentBroken);
    }
    let (old, _) = answer(4, &zero);
    let two = secret().seal(REVEAL, &honest.to_bytes(), &mut rng(5)).unwrap();
    assert!(old.check(&two).is_ok());
}

#[test]
fn the_old_device_answers_before_it_knows_anything_of_the_key() {
    // With the same generator the answer is the same, whatever was committed to.
    let answers = [1, 2].map(|seed| answer(3, &start(seed).1).1);
    assert_eq!(answers[0], answers[1]);
    // And the commitment does not tell the key: the same key hides behind other nonces.
    let key = *EphemeralSecret::generate(&mut rng(1)).public().as_bytes();
    let [one, two] = [1, 2].map(|nonce| Reveal { key, device: newcomer(), nonce: [nonce; 32] }.commitment());
    assert_ne!(one, two);
}

/// Somebody relays the first three messages honestly, so that the words fit, and then slips in an account of their own.
#[test]
fn another_account_than_the_one_behind_the_words_is_refused() {
    let stranger = AccountKey::from_seed([0x99; 32]);
    let theirs = Keepsake { account: stranger.clone(), ..keepsake() };
    let ours = (keepsake(), cert(&owner(), newcomer()), list(&owner(), newcomer()));
    let tries = [
        (theirs.clone(), cert(&stranger, newcomer()), list(&stranger, newcomer())),
        (theirs, ours.1.clone(), ours.2.clone()),
        (ours.0.clone(), cert(&stranger, newcomer()), ours.2.clone()),
        (ours.0.clone(), ours.1.clone(), list(&stranger, newcomer())),
        (ours.0.clone(), cert(&owner(), device(9)), ours.2.clone()),
        (ours.0.clone(), ours.1.clone(), list(&owner(), device(9))),
    ];
    for (keepsake, cert, list) in tries {
        let (new, old, _) = compared();
        let three = hand_over(&old, &keepsake, &cert, &list);
        assert_eq!(new.receive(&three).unwrap_err(), LinkError::Inconsistent);
        let refused = old.hand_over(&keepsake, &cert, &list, &mut rng(4));
        assert_eq!(refused.unwrap_err(), LinkError::Inconsistent);
    }
    let (new, old, _) = compared();
    assert!(new.receive(&hand_over(&old, &ours.0, &ours.1, &ours.2)).is_ok());
}

#[test]
fn what_is_handed_over_opens_for_the_new_device_in_this_linking_alone() {
    let (_, old, _) = compared();
    let three = old.hand_over(&keepsake(), &cert(&owner(), newcomer()), &list(&owner(), newcomer()), &mut rng(4));
    // The same key and code, but another answer: another linking.
    let (new, _) = start(1);
    let (_, one) = answer(20, &start(1).1);
    let (new, ..) = new.reveal(&one, &mut rng(3)).unwrap();
    assert_eq!(new.receive(&three.unwrap()).unwrap_err(), LinkError::Unreadable);
}

#[test]
fn no_message_can_take_the_place_of_another() {
    let (new, zero) = start(1);
    let (_, one) = answer(2, &zero);
    let (_, two, _) = new.reveal(&one, &mut rng(3)).unwrap();
    let all = [zero, one, two];
    for (sent, message) in all.iter().enumerate() {
        for expected in 0..4_u8 {
            let opened = secret().open(expected, message);
            assert_eq!(opened.is_ok(), usize::from(expected) == sent, "{sent} as {expected}");
        }
    }
}

#[test]
fn a_weak_key_gets_nothing() {
    let weak = Reveal { key: [0; 32], device: newcomer(), nonce: [1; 32] };
    let zero = secret().seal(COMMIT, &weak.commitment(), &mut rng(3)).unwrap();
    let (old, _) = answer(4, &zero);
    let (old, ..) = old.check(&secret().seal(REVEAL, &weak.to_bytes(), &mut rng(5)).unwrap()).unwrap();
    let refused = old.hand_over(&keepsake(), &cert(&owner(), newcomer()), &list(&owner(), newcomer()), &mut rng(6));
    assert_eq!(refused.unwrap_err(), LinkError::WeakKey(SealError::WeakKey));
}

proptest! {
    #[test]
    fn sealed_messages_of_any_contents_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), length in 0_usize..400) {
        let mut bytes = bytes;
        let given = bytes.clone();
        bytes.resize(length, 0);
        for contents in [given.as_slice(), &bytes] {
            let sealed = |step| secret().seal(step, contents, &mut rng(1)).unwrap();
            let (new, zero) = start(1);
            let _ = LinkOldDevice::answer(secret(), owner().id(), &sealed(COMMIT), &mut rng(2));
            prop_assert!(new.reveal(&sealed(ANSWER), &mut rng(3)).is_err() || contents.len() == 64);
            prop_assert!(answer(2, &zero).0.check(&sealed(REVEAL)).is_err());
            let (new, ..) = compared();
            prop_assert_eq!(new.receive(&sealed(HAND_OVER)).unwrap_err(), LinkError::Unreadable);
            prop_assert!(LinkOldDevice::answer(secret(), owner().id(), contents, &mut rng(2)).is_err());
        }
    }

    #[test]
    fn handed_over_contents_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), certified: bool) {
        let (new, old, _) = compared();
        let front = if certified { cert(&owner(), newcomer()).to_bytes() } else { Vec::new() };
        let plaintext = [front, bytes].concat();
        let target = crate::EphemeralPublic::from_bytes(old.reveal.key);
        let sealed = target.seal(&hand_over_info(&old.transcript), &[], &plaintext, &mut rng(9)).unwrap();
        let three = secret().seal(HAND_OVER, &sealed, &mut rng(10)).unwrap();
        prop_assert_eq!(new.receive(&three).unwrap_err(), LinkError::Malformed);
    }

    #[test]
    fn no_flipped_bit_passes(step in 0..4_usize, at: prop::sample::Index, bit in 0_u8..8) {
        let flip = |message: &[u8]| {
            let mut changed = message.to_vec();
            let at = at.index(changed.len());
            changed[at] ^= 1 << bit;
            changed
        };
        let (new, zero) = start(1);
        let (old, one) = answer(2, &zero);
        let refused = match step {
            0 => LinkOldDevice::answer(secret(), owner().id(), &flip(&zero), &mut rng(2)).map(|_| ()),
            1 => new.reveal(&flip(&one), &mut rng(3)).map(|_| ()),
            2 => {
                let (_, two, _) = new.reveal(&one, &mut rng(3)).unwrap();
                old.check(&flip(&two)).map(|_| ())
            }
            _ => {
                let (new, old, _) = compared();
                let three = hand_over(&old, &keepsake(), &cert(&owner(), newcomer()), &list(&owner(), newcomer()));
                new.receive(&flip(&three)).map(|_| ())
            }
        };
        prop_assert_eq!(refused.unwrap_err(), LinkError::Unreadable);
    }
}
