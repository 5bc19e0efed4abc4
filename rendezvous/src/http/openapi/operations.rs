//! The table of what can be asked: method, path, what it needs and takes, how it ends.

use super::{Described, described};
use crate::api::{
    CREATE_PATH, ChallengeAnswer, ChangeEmail, CodeSent, CreateRoom, DevicesAnswer, Empty, ErrorCode, FinishReclaim,
    JOIN_PATH, JoinAnswer, JoinRoom, KeysAnswer, LinkMessage, Login, OpaqueFinish, OpaqueLogin, OpaqueLoginAnswer,
    OpaqueRegister, OpaqueRegisterAnswer, OpaqueVault, OpaqueVaultAnswer, ProfileRecord, PutDevices, PutVault,
    RELAYS_PATH, Reclaim, ReclaimAnswer, ReclaimStatus, Register, RelaysAnswer, RoomAnswer, Session, Statement,
    StopReclaim, VaultRecord, Verify, VerifyEmail, VerifyReclaim, VersionAnswer,
};

/// One thing that can be asked.
pub struct Operation {
    /// The method, in lower case.
    pub method: &'static str,
    /// The path's template.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Who may ask.
    pub needs: Needs,
    /// What is sent along.
    pub body: Body,
    /// The statuses of answers, and what they carry.
    pub answers: &'static [(u16, Option<Described>)],
    /// Failures of its own, beside those that others have too.
    pub failures: &'static [ErrorCode],
}

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody.
    Nothing,
    /// Whoever is signed in.
    Session,
}

/// What is sent along.
#[derive(Clone, Copy)]
pub enum Body {
    /// Nothing.
    None,
    /// A type.
    Plain(Described),
    /// A type with the device's proof in it.
    Proven(Described),
}

const fn open(method: &'static str, path: &'static str, summary: &'static str, body: Body) -> Operation {
    Operation { method, path, summary, needs: Needs::Nothing, body, answers: &[(204, None)], failures: &[] }
}

const fn signed_in(method: &'static str, path: &'static str, summary: &'static str, body: Body) -> Operation {
    Operation { needs: Needs::Session, ..open(method, path, summary, body) }
}

impl Operation {
    const fn answers(self, answers: &'static [(u16, Option<Described>)]) -> Self {
        Self { answers, ..self }
    }

    const fn fails(self, failures: &'static [ErrorCode]) -> Self {
        Self { failures, ..self }
    }
}

use ErrorCode as E;

const LETTER: &[E] = &[E::EmailInvalid, E::SignatureInvalid, E::WorkRequired, E::MailUnavailable];
const ROOM: &[(u16, Option<Described>)] = &[(200, Some(described::<RoomAnswer>))];
const CODE_SENT: &[(u16, Option<Described>)] = &[(202, Some(described::<CodeSent>))];
const RECLAIM: &[(u16, Option<Described>)] = &[(200, Some(described::<ReclaimAnswer>))];
const TAKEOVER: &[E] = &[E::EmailInvalid, E::SignatureInvalid, E::ReclaimUnknown];
const SESSION: &[(u16, Option<Described>)] = &[(200, Some(described::<Session>))];
const ENDED: [E; 3] = [E::RoomUnknown, E::RoomExpired, E::RoomDestroyed];
const STATED: &[E] = &[E::SignatureInvalid, E::ClockSkewed, ENDED[0], ENDED[1], ENDED[2]];

/// All of it, in the order in which people meet it.
pub const OPERATIONS: &[Operation] = &[
    open("get", RELAYS_PATH, "Where the relays are, and what time it is.", Body::None)
        .answers(&[(200, Some(described::<RelaysAnswer>))]),
    open(
        "post",
        CREATE_PATH,
        "Opens a room. 200 if this very room was there already.",
        Body::Plain(described::<CreateRoom>),
    )
    .answers(&[(201, Some(described::<RoomAnswer>)), (200, Some(described::<RoomAnswer>))])
    .fails(&[E::SignatureInvalid, E::ClockSkewed, E::RoomExists, E::RoomExpired, E::RoomDestroyed]),
    open("post", JOIN_PATH, "An open room's sealed genesis, and TURN credentials.", Body::Plain(described::<JoinRoom>))
        .answers(&[(200, Some(described::<JoinAnswer>))])
        .fails(&ENDED),
    open("get", "/api/rooms/{rid}", "Where a room is in its life.", Body::None).answers(ROOM).fails(&[E::RoomUnknown]),
    open("post", "/api/rooms/{rid}/heartbeat", "Somebody is in the room.", Body::Plain(described::<Statement>))
        .answers(ROOM)
        .fails(STATED),
    open("delete", "/api/rooms/{rid}", "Ends a room for ever.", Body::Plain(described::<Statement>))
        .answers(ROOM)
        .fails(&[E::SignatureInvalid, E::ClockSkewed, E::RoomUnknown]),
    open("get", "/version", "What runs here.", Body::None).answers(&[(200, Some(described::<VersionAnswer>))]),
    open(
        "post",
        "/api/auth/challenge",
        "A challenge to sign, for one request within a minute.",
        Body::Plain(described::<Empty>),
    )
    .answers(&[(200, Some(described::<ChallengeAnswer>))]),
    open(
        "post",
        "/api/auth/register",
        "Writes a code to an address. The answer does not tell whether it is known.",
        Body::Proven(described::<Register>),
    )
    .answers(CODE_SENT)
    .fails(LETTER),
    open(
        "post",
        "/api/auth/verify",
        "Takes the code: makes the account and signs in.",
        Body::Proven(described::<Verify>),
    )
    .answers(SESSION)
    .fails(&[E::CodeInvalid]),
    open(
        "post",
        "/api/auth/login",
        "Signs a device in. One that the account did not have before names its address, which is then written to.",
        Body::Proven(described::<Login>),
    )
    .answers(SESSION)
    .fails(&[
        E::EmailInvalid,
        E::EmailWrong,
        E::SignatureInvalid,
        E::AccountUnknown,
        E::DeviceRevoked,
        E::AddressNeeded,
    ]),
    signed_in("post", "/api/auth/logout", "Ends this device's sessions.", Body::Plain(described::<Empty>)),
    signed_in("get", "/api/users/profile", "The sealed profile.", Body::None)
        .answers(&[(200, Some(described::<ProfileRecord>))]),
    signed_in(
        "put",
        "/api/users/profile",
        "Replaces the profile by its next version.",
        Body::Plain(described::<ProfileRecord>),
    )
    .fails(&[E::SeqStale]),
    signed_in("get", "/api/users/vault", "The sealed vault.", Body::None)
        .answers(&[(200, Some(described::<VaultRecord>))]),
    signed_in(
        "put",
        "/api/users/vault",
        "Replaces vault and password record together.",
        Body::Proven(described::<PutVault>),
    )
    .fails(&[E::SeqStale]),
    signed_in("delete", "/api/users/vault", "Removes vault and password record.", Body::Proven(described::<Empty>)),
    signed_in("get", "/api/users/devices", "The device list, and when each was last seen.", Body::None)
        .answers(&[(200, Some(described::<DevicesAnswer>))]),
    signed_in(
        "put",
        "/api/users/devices",
        "Replaces the device list by its next version; revoked devices are out at once.",
        Body::Proven(described::<PutDevices>),
    )
    .fails(&[E::SeqStale, E::SignatureInvalid]),
    signed_in(
        "post",
        "/api/users/email",
        "Writes a code to a new address, and a notice to the old one.",
        Body::Proven(described::<ChangeEmail>),
    )
    .answers(CODE_SENT)
    .fails(&[E::EmailInvalid, E::EmailWrong, E::MailUnavailable]),
    signed_in(
        "post",
        "/api/users/email/verify",
        "Takes the code: the new address is the account's.",
        Body::Plain(described::<VerifyEmail>),
    )
    .fails(&[E::CodeInvalid]),
    signed_in(
        "delete",
        "/api/users/account",
        "Deletes the account and everything of it.",
        Body::Proven(described::<Empty>),
    ),
    signed_in(
        "post",
        "/api/auth/opaque/register",
        "Answers a new password's first message (RFC 9807).",
        Body::Plain(described::<OpaqueRegister>),
    )
    .answers(&[(200, Some(described::<OpaqueRegisterAnswer>))]),
    open(
        "post",
        "/api/auth/opaque/login",
        "Answers a password's first message (RFC 9807).",
        Body::Plain(described::<OpaqueLogin>),
    )
    .answers(&[(200, Some(described::<OpaqueLoginAnswer>))])
    .fails(&[E::EmailInvalid]),
    open(
        "post",
        "/api/auth/opaque/finish",
        "Takes the password's proof, and writes a code to the address.",
        Body::Plain(described::<OpaqueFinish>),
    )
    .answers(CODE_SENT)
    .fails(&[E::EmailInvalid, E::CredentialsInvalid, E::MailUnavailable]),
    open(
        "post",
        "/api/auth/opaque/vault",
        "Takes the code, and gives the sealed vault.",
        Body::Plain(described::<OpaqueVault>),
    )
    .answers(&[(200, Some(described::<OpaqueVaultAnswer>))])
    .fails(&[E::CodeInvalid]),
    open(
        "post",
        "/api/auth/reclaim",
        "Writes to an address whose account's keys are lost. The answer does not tell whether it is known.",
        Body::Proven(described::<Reclaim>),
    )
    .answers(CODE_SENT)
    .fails(LETTER),
    open(
        "post",
        "/api/auth/reclaim/verify",
        "Takes the code: the old account has seven days to object, and is written to.",
        Body::Proven(described::<VerifyReclaim>),
    )
    .answers(RECLAIM)
    .fails(&[E::EmailInvalid, E::SignatureInvalid, E::CodeInvalid]),
    open("post", "/api/auth/reclaim/status", "How far a takeover is.", Body::Proven(described::<ReclaimStatus>))
        .answers(RECLAIM)
        .fails(TAKEOVER),
    open(
        "post",
        "/api/auth/reclaim/finish",
        "Ends the wait: deletes the old account, makes the new one and signs in.",
        Body::Proven(described::<FinishReclaim>),
    )
    .answers(SESSION)
    .fails(TAKEOVER),
    open(
        "post",
        "/api/auth/reclaim/stop",
        "Objects to a takeover, by the link of its notice.",
        Body::Plain(described::<StopReclaim>),
    )
    .fails(&[E::CodeInvalid]),
    open("get", "/api/keys", "The keys that attestations verify with.", Body::None)
        .answers(&[(200, Some(described::<KeysAnswer>))]),
    open(
        "put",
        "/api/link/{mailbox}/{step}",
        "Leaves a message for another device.",
        Body::Plain(described::<LinkMessage>),
    )
    .fails(&[E::PathUnknown, E::SeqStale]),
    open("get", "/api/link/{mailbox}/{step}", "Waits for a message of another device; 204 if none came.", Body::None)
        .answers(&[(200, Some(described::<LinkMessage>)), (204, None)])
        .fails(&[E::PathUnknown]),
];
