//! `cargo xtask run`: builds everything and becomes the server.

mod exec;

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::build_app::{self, Effort};
use crate::native;
use crate::paths::Paths;

/// What `cargo xtask run` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// HTTP port; WebTransport listens on the same number over UDP.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the server keeps its data [default: data/PORT in the checkout].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address to listen on.
    #[arg(long, value_name = "ADDR")]
    bind: Option<String>,
    /// `lab` raises the limits per address; loopback only.
    #[arg(long, value_name = "NAME")]
    limits: Option<String>,
    /// Certificate chain (PEM): serves HTTPS.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Private key (PEM) of the certificate.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Builds the app faster; it becomes larger.
    #[arg(long)]
    quick: bool,
}

impl Options {
    fn server(&self, paths: &Paths) -> Command {
        let mut server = Command::new(paths.release_binary(native::SERVER));
        let data = self.data.clone().unwrap_or_else(|| paths.root.join("data").join(self.port.to_string()));
        server.arg("run").arg("--port").arg(self.port.to_string());
        server.arg("--data").arg(data).arg("--app").arg(paths.app_dist());
        for (name, value) in [("--bind", &self.bind), ("--limits", &self.limits)] {
            if let Some(value) = value {
                server.arg(name).arg(value);
            }
        }
        for (name, value) in [("--tls-cert", &self.tls_cert), ("--tls-key", &self.tls_key)] {
            if let Some(value) = value {
                server.arg(name).arg(value);
            }
        }
        server
    }
}

/// Builds what has changed, then hands the process over to the server, which prints the ready line and gets the signals.
///
/// # Errors
/// When something does not build or the server cannot be started.
pub fn run(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    build_app::build(&paths, if options.quick { Effort::Quick } else { Effort::Optimised })?;
    exec::become_program(&mut options.server(&paths))
}
