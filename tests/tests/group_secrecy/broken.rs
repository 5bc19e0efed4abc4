//! Schemes with a hole each, to see that the holes are found.

use milanio_identity::DeviceId;
use milanio_node::{
    core::{
        group::{
            AnswerError, BundleError, BundleHeard, Ephemeral, GroupCrypto, GroupRoster, Knows, OpenError, Opened,
            SealError, Sealed, SenderKeys,
        },
        time::Timestamp,
    },
    wire::{
        group::{ChainId, GroupMessage, KeysWanted, VerifiedBundle},
        message::RunId,
    },
};
use rand_core::CryptoRng;

use super::world::{Scheme, admitted};

/// For whom no time passes: nothing turns over, nothing is forgotten.
#[derive(Clone)]
pub struct StandingClock(SenderKeys);

/// Who believes that everybody was always in.
#[derive(Clone)]
pub struct Everybody(SenderKeys);

const STILL: Timestamp = Timestamp::from_millis(1_000_000);

fn everybody(roster: GroupRoster) -> GroupRoster {
    GroupRoster { devices: (0..8).map(admitted).collect(), ..roster }
}

/// What both have in common: the scheme with another roster or another time.
macro_rules! broken {
    ($scheme:ident, $now:expr, $roster:expr) => {
        impl Scheme for $scheme {
            fn of(keys: SenderKeys) -> Self {
                Self(keys)
            }

            fn stolen(&self) -> SenderKeys {
                self.0.clone()
            }
        }

        impl GroupCrypto for $scheme {
            fn on_roster_change(&mut self, roster: GroupRoster, now: Timestamp) {
                self.0.on_roster_change($roster(roster), $now(now));
            }

            fn on_ephemeral(&mut self, device: DeviceId, run: RunId, said: Ephemeral, now: Timestamp) {
                self.0.on_ephemeral(device, run, said, $now(now));
            }

            fn ephemeral(&self, now: Timestamp) -> Ephemeral {
                self.0.ephemeral($now(now))
            }

            fn seal(
                &mut self,
                plaintext: &[u8],
                rng: &mut impl CryptoRng,
                now: Timestamp,
            ) -> Result<Sealed, SealError> {
                self.0.seal(plaintext, rng, $now(now))
            }

            fn hear_bundle(
                &mut self,
                bundle: &VerifiedBundle,
                knows: Knows<'_>,
                now: Timestamp,
            ) -> Result<BundleHeard, BundleError> {
                self.0.hear_bundle(bundle, knows, $now(now))
            }

            fn open(&mut self, message: &GroupMessage, knows: Knows<'_>, now: Timestamp) -> Result<Opened, OpenError> {
                self.0.open(message, knows, $now(now))
            }

            fn answer(
                &mut self,
                from: DeviceId,
                wanted: &KeysWanted,
                rng: &mut impl CryptoRng,
                now: Timestamp,
            ) -> Result<VerifiedBundle, AnswerError> {
                self.0.answer(from, wanted, rng, $now(now))
            }

            fn export(
                &self,
                chain: ChainId,
                generation: u8,
                context: &[u8],
            ) -> Option<milanio_node::core::group::MediaKey> {
                self.0.export(chain, generation, context)
            }

            fn handle_timeout(&mut self, rng: &mut impl CryptoRng, now: Timestamp) {
                self.0.handle_timeout(rng, $now(now));
            }

            fn poll_timeout(&self) -> Timestamp {
                self.0.poll_timeout()
            }
        }
    };
}

broken!(StandingClock, |_| STILL, |roster| roster);
broken!(Everybody, |now| now, everybody);
