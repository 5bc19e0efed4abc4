//! The API does what its own description says, whatever is sent to it: judged by schemathesis, with and without a session.
//!
//! It does not judge whether everything that fits the description is taken: no schema can say which bytes are points of a curve,
//! addresses or signatures.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use milanio_tests::lab::{http::Connection, member::Member, post::Post, server::Server};
use serde_json::json;

/// The variable that says where schemathesis is.
const PROGRAM: &str = "SCHEMATHESIS";
/// Waits for a message that never comes, some seconds each time: tried less often.
const SLOW: &str = "get_link_mailbox_step";
const SLOW_TIMES: u64 = 2;
/// Ends the session that the rest needs.
const ENDING: &str = "post_auth_logout";
/// What its checks do not judge, or not as they usually do: a body that is too large is refused as such, whatever is in it.
const CONFIGURATION: &str = "[checks]\npositive_data_acceptance.enabled = false\n\
    negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 428, 429]\n";

pub fn prove(program: &Path, times: u64) -> Result<()> {
    let schemathesis = std::env::var_os(PROGRAM).with_context(|| format!("{PROGRAM} says where schemathesis is"))?;
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let session = Member::new(1).sign_up(&mut Connection::to(server.at()), &Post::of(data.path()))?;
    let bearer = format!("Authorization: Bearer {}", session.token);
    let url = format!("http://localhost:{}/api/openapi.json", server.at().port());
    // Read from where it runs.
    fs::write(data.path().join("schemathesis.toml"), CONFIGURATION)?;
    let runs: [(&str, u64, &[&str]); 3] = [
        (
            "with a session",
            times,
            &["--exclude-operation-id", SLOW, "--exclude-operation-id", ENDING, "--header", &bearer],
        ),
        ("without one", times, &["--exclude-operation-id", SLOW]),
        ("while it waits", SLOW_TIMES, &["--include-operation-id", SLOW]),
    ];
    for (name, times, arguments) in runs {
        let mut run = Command::new(&schemathesis);
        run.args(["run", &url, "--seed", "42", "--max-examples"])
            .arg(times.to_string())
            .args(arguments)
            .current_dir(data.path())
            .stdin(Stdio::null());
        let output = run.output().context("schemathesis cannot be started")?;
        let report = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "{name}: {report}");
        eprintln!("{name}: {}", report.lines().last().unwrap_or_default().trim_matches(['=', ' ']));
    }
    println!("{}", json!({ "examples": times, "runs": runs.len(), "failures": 0 }));
    Ok(())
}
