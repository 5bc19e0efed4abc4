//! What the account screens ask their worker for, and what it answers: everything that is slow or needs much code.
//!
//! Both sides are compiled from this file and speak postcard, in one bounded message each way, numbered so that answers may come in any
//! order. A password exchange with the server has two steps with the server's answer between them; the worker keeps one such exchange. It
//! leaves out how messages travel: that is `platform::account_worker`.

use milanio_identity::{
    AccountKey, DeviceId, ExportKey, FileError, Keepsake, LinkCode, LinkSecret, OpaqueError, OpaqueLogin,
    OpaqueRegistration, Profile, open_file, seal_file,
};
use milanio_rendezvous::api::find_work;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The most bytes of one message: a backup file and a password, with room to spare.
pub const MAX_MESSAGE_BYTES: usize = 96 * 1_024;

/// One question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Returns in the answer.
    pub id: u32,
    /// What to do.
    pub job: Job,
}

/// What to do.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub enum Job {
    /// Judge a password. `personal`: what is easily guessed of this person.
    Rate {
        /// The password.
        password: String,
        /// Name and address.
        personal: Vec<String>,
    },
    /// Begin to register a password at the server.
    Register(String),
    /// End it with the server's answer. Slow.
    Registered(Vec<u8>),
    /// Begin to sign in by a password.
    SignIn(String),
    /// End it with the server's answer. Slow.
    SignedIn(Vec<u8>),
    /// Write a backup file. Slow.
    SealFile {
        /// Its password.
        password: String,
        /// What goes into it.
        kept: Kept,
    },
    /// Read a backup file. Slow.
    OpenFile {
        /// Its password.
        password: String,
        /// Its content.
        file: Vec<u8>,
    },
    /// Stretch a link code. Slow.
    Stretch(String),
    /// Do the work that a server under load asks for. Some seconds.
    Work {
        /// The challenge.
        challenge: Vec<u8>,
        /// How much, in leading zero bits.
        bits: u8,
    },
}

/// A keepsake on its way between page and worker.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Kept {
    account_seed: [u8; 32],
    name: String,
    device_names: Vec<([u8; 32], String)>,
    created_s: u64,
}

impl Kept {
    /// What is on its way.
    pub fn new(keepsake: &Keepsake) -> Self {
        let names = keepsake.profile.device_names.iter();
        Self {
            account_seed: *keepsake.account.seed(),
            name: keepsake.profile.name.clone(),
            device_names: names.map(|(device, name)| (*device.as_bytes(), name.clone())).collect(),
            created_s: keepsake.created_s,
        }
    }

    /// What arrived; `None` if a device's key is none.
    pub fn to_keepsake(&self) -> Option<Keepsake> {
        let names = self.device_names.iter();
        let device_names = names.map(|(device, name)| Some((DeviceId::from_bytes(device).ok()?, name.clone())));
        let profile =
            Profile { name: self.name.clone(), avatar: None, device_names: device_names.collect::<Option<_>>()? };
        Some(Keepsake { account: AccountKey::from_seed(self.account_seed), profile, created_s: self.created_s })
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Job(redacted)")
    }
}

/// One answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// Of the request.
    pub id: u32,
    /// What came of it.
    pub outcome: Result<Outcome, JobError>,
}

/// What came of a job.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub enum Outcome {
    /// How good a password is, 0 to 4.
    Rated(u8),
    /// What the server gets first.
    Begun(Vec<u8>),
    /// What the server gets in the end, and the key that only the password gives.
    Ended {
        /// For the server.
        message: Vec<u8>,
        /// For the vault; 64 bytes.
        export_key: Vec<u8>,
    },
    /// A backup file.
    Sealed(Vec<u8>),
    /// What was in a backup file.
    Opened(Kept),
    /// The secret of a link code.
    Stretched([u8; 32]),
    /// The work that was found.
    Worked(u64),
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Outcome(redacted)")
    }
}

/// Why a job was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum JobError {
    /// The password is wrong, or the server knows no such account; it answers both alike.
    #[error("the password does not fit")]
    Password,
    /// A message of the server makes no sense here.
    #[error("the message makes no sense")]
    Message,
    /// The file is no backup.
    #[error("not a backup file")]
    FileForeign,
    /// The file is cut short or changed.
    #[error("the file is damaged")]
    FileDamaged,
    /// The password does not open the file.
    #[error("the password does not open the file")]
    FilePassword,
    /// The worker is gone, or its memory was short.
    #[error("the worker failed")]
    Worker,
}

/// A password exchange that waits for the server's answer.
enum Exchange {
    Registration(Box<OpaqueRegistration>, Zeroizing<String>),
    Login(Box<OpaqueLogin>, Zeroizing<String>),
}

/// The worker's side: does one job at a time.
#[derive(Default)]
pub struct Workshop {
    exchange: Option<Exchange>,
}

impl Workshop {
    /// Answers an encoded request; `None` if it is none.
    pub fn answer(&mut self, request: &[u8], rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
        if request.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let request: Request = postcard::from_bytes(request).ok()?;
        let outcome = self.run(&request.job, rng);
        postcard::to_allocvec(&Answer { id: request.id, outcome }).ok()
    }

    /// Does it: up to some seconds and 64 MiB.
    fn run(&mut self, job: &Job, rng: &mut impl CryptoRng) -> Result<Outcome, JobError> {
        match job {
            Job::Rate { password, personal } => Ok(Outcome::Rated(rate(password, personal))),
            Job::Register(password) => {
                let (state, message) = OpaqueRegistration::start(password.as_bytes(), rng)?;
                self.exchange = Some(Exchange::Registration(Box::new(state), password.clone().into()));
                Ok(Outcome::Begun(message))
            }
            Job::SignIn(password) => {
                let (state, message) = OpaqueLogin::start(password.as_bytes(), rng)?;
                self.exchange = Some(Exchange::Login(Box::new(state), password.clone().into()));
                Ok(Outcome::Begun(message))
            }
            Job::Registered(response) => {
                let Some(Exchange::Registration(state, password)) = self.exchange.take() else {
                    return Err(JobError::Message);
                };
                Ok(Outcome::ended(state.finish(password.as_bytes(), response, rng)?))
            }
            Job::SignedIn(response) => {
                let Some(Exchange::Login(state, password)) = self.exchange.take() else {
                    return Err(JobError::Message);
                };
                Ok(Outcome::ended(state.finish(password.as_bytes(), response, rng)?))
            }
            Job::SealFile { password, kept } => {
                let keepsake = kept.to_keepsake().ok_or(JobError::Message)?;
                Ok(Outcome::Sealed(seal_file(password.as_bytes(), &keepsake, rng)?))
            }
            Job::OpenFile { password, file } => Ok(Outcome::Opened(Kept::new(&open_file(password.as_bytes(), file)?))),
            Job::Stretch(code) => {
                let code = LinkCode::parse(code).map_err(|_| JobError::Message)?;
                let secret = LinkSecret::derive(&code).map_err(|_| JobError::Worker)?;
                Ok(Outcome::Stretched(*secret.as_bytes()))
            }
            Job::Work { challenge, bits } => {
                // More than any honest server asks for: it must not keep this device busy for ever.
                let bits = Some(*bits).filter(|bits| *bits <= MAX_WORK_BITS).ok_or(JobError::Message)?;
                find_work(challenge, bits, 0, u64::MAX).map(Outcome::Worked).ok_or(JobError::Message)
            }
        }
    }
}

impl Outcome {
    fn ended((message, export_key): (Vec<u8>, ExportKey)) -> Self {
        Self::Ended { message, export_key: export_key.as_bytes().to_vec() }
    }
}

impl From<OpaqueError> for JobError {
    fn from(error: OpaqueError) -> Self {
        match error {
            OpaqueError::Refused => Self::Password,
            OpaqueError::Malformed | OpaqueError::PasswordTooLong => Self::Message,
            OpaqueError::OutOfMemory => Self::Worker,
        }
    }
}

impl From<FileError> for JobError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotAFile => Self::FileForeign,
            FileError::Damaged => Self::FileDamaged,
            FileError::WrongPassword => Self::FilePassword,
            FileError::Contents(_) => Self::Message,
            FileError::Stretch(_) => Self::Worker,
        }
    }
}

/// How good a password is, 0 to 4, by zxcvbn (Wheeler, USENIX Security 2016).
fn rate(password: &str, personal: &[String]) -> u8 {
    let personal: Vec<&str> = personal.iter().map(String::as_str).collect();
    // The estimator's time grows faster than the password; what follows the first hundred characters is good news anyway.
    let start: String = password.chars().take(RATED_CHARACTERS).collect();
    zxcvbn::zxcvbn(&start, &personal).score().into()
}

/// The most work that is done for a server, in leading zero bits. Chosen: 16 million hashes, some seconds.
const MAX_WORK_BITS: u8 = 24;

/// Characters of a password that are judged. Chosen: the library's own limit.
const RATED_CHARACTERS: usize = 100;

#[cfg(test)]
mod tests {
    use milanio_identity::OpaqueServer;
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([7; 32])
    }

    fn ask(workshop: &mut Workshop, job: Job) -> Result<Outcome, JobError> {
        let request = postcard::to_allocvec(&Request { id: 7, job }).expect("it encodes");
        let answer = workshop.answer(&request, &mut rng()).expect("it is a request");
        let answer: Answer = postcard::from_bytes(&answer).expect("it decodes");
        assert_eq!(answer.id, 7);
        answer.outcome
    }

    fn begun(outcome: Result<Outcome, JobError>) -> Vec<u8> {
        match outcome {
            Ok(Outcome::Begun(ref message)) => message.clone(),
            other => panic!("it begins: {other:?}"),
        }
    }

    fn ended(outcome: Result<Outcome, JobError>) -> (Vec<u8>, Vec<u8>) {
        match outcome {
            Ok(Outcome::Ended { ref message, ref export_key }) => (message.clone(), export_key.clone()),
            other => panic!("it ends: {other:?}"),
        }
    }

    #[test]
    fn a_password_gives_the_same_key_when_it_is_registered_and_when_it_signs_in_and_another_gives_none() {
        let server = OpaqueServer::from_seed(&[3; 32]);
        let mut workshop = Workshop::default();
        let request = begun(ask(&mut workshop, Job::Register("correct horse battery".into())));
        let response = server.registration(&request, b"ines").expect("it is a request");
        let (upload, key) = ended(ask(&mut workshop, Job::Registered(response)));
        let record = OpaqueServer::record(&upload).expect("it is a record");

        let mut sign_in = |password: &str| {
            let request = begun(ask(&mut workshop, Job::SignIn(password.into())));
            let started = server.login_start(Some(&record), &request, b"ines", &mut rng()).expect("it is a request");
            ask(&mut workshop, Job::SignedIn(started.response))
        };
        assert_eq!(ended(sign_in("correct horse battery")).1, key);
        assert_eq!(sign_in("correct horse batterz"), Err(JobError::Password));
    }

    #[test]
    fn an_answer_without_a_question_is_refused() {
        assert_eq!(ask(&mut Workshop::default(), Job::SignedIn(vec![1])), Err(JobError::Message));
    }

    #[test]
    fn a_backup_file_opens_with_its_password_and_says_why_it_does_not() {
        let device = milanio_identity::DeviceKey::from_seed([2; 32]).id();
        let profile = Profile { name: "Ines".into(), avatar: None, device_names: [(device, "Phone".into())].into() };
        let kept = Kept::new(&Keepsake { account: AccountKey::from_seed([1; 32]), profile, created_s: 7 });
        let mut workshop = Workshop::default();
        let password = || "correct horse battery".to_owned();
        let sealed = ask(&mut workshop, Job::SealFile { password: password(), kept: kept.clone() });
        let Ok(Outcome::Sealed(ref file)) = sealed else { panic!("it seals: {sealed:?}") };
        let mut open =
            |password: String, file: &[u8]| ask(&mut workshop, Job::OpenFile { password, file: file.to_vec() });
        assert_eq!(open(password(), file), Ok(Outcome::Opened(kept)));
        assert_eq!(open("wrong".into(), file), Err(JobError::FilePassword));
        assert_eq!(open(password(), b"hello"), Err(JobError::FileForeign));
        assert_eq!(open(password(), &file[..file.len() - 1]), Err(JobError::FileDamaged));
    }

    #[test]
    fn work_is_done_for_the_challenge() {
        let challenge = [5; 56];
        let worked = ask(&mut Workshop::default(), Job::Work { challenge: challenge.to_vec(), bits: 8 });
        let Ok(Outcome::Worked(nonce)) = worked else { panic!("it works: {worked:?}") };
        assert!(milanio_rendezvous::api::work_done(&challenge, nonce) >= 8);
        assert_eq!(
            ask(&mut Workshop::default(), Job::Work { challenge: challenge.to_vec(), bits: 60 }),
            Err(JobError::Message)
        );
    }

    #[test]
    fn ones_own_name_makes_no_good_password() {
        let rate = |password: &str| rate(password, &["Ines Duarte".into(), "ines@example.org".into()]);
        assert!(rate("ines@example.org") < 3);
        assert!(rate("password1234") < 3);
        assert!(rate("tunnel copper salad lantern") >= 3);
        assert_eq!(rate(&"long ".repeat(200)), rate(&"long ".repeat(20)));
    }

    #[test]
    fn what_is_no_request_is_ignored() {
        assert_eq!(Workshop::default().answer(&[], &mut rng()), None);
        assert_eq!(Workshop::default().answer(&vec![0; MAX_MESSAGE_BYTES + 1], &mut rng()), None);
    }

    #[test]
    fn secrets_do_not_show() {
        let job = Job::Register("correct horse".into());
        assert!(!format!("{:?}", Request { id: 1, job }).contains("horse"));
        let outcome = Ok(Outcome::Ended { message: vec![42], export_key: vec![42] });
        assert!(!format!("{:?}", Answer { id: 1, outcome }).contains("42"));
    }
}
