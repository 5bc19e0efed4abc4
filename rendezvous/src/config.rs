//! What an operator can choose: defaults, below a file, below the environment, below the command line.
//!
//! Every setting has one name: `smtp_host` in the file, `MILANIO_SMTP_HOST` in the environment, `--smtp-host` on the command line.
//! [`Flags`] is what clap reads, [`Settings`] what counts in the end, checked as a whole. Left out: what the settings do.

mod check;
mod flags;
mod layers;
mod settings;

pub use check::ConfigError;
pub use flags::Flags;
pub use layers::{check_variables, load};
pub use settings::{LimitsName, MailKind, Security, Settings, TEMPLATE};
