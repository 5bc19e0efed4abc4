//! Settings from the command line's side: what is written, checked and refused, and with which exit codes.

use serde_json::Value;

use super::process::Process;

#[test]
fn a_written_file_of_settings_works_and_is_not_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("milanio.toml");
    let file = file.to_str().unwrap();
    assert!(Process::tool(&["init", file], "").status.success());
    assert_eq!(Process::tool(&["init", file], "").status.code(), Some(1));
    let checked = Process::tool(&["--json", "config", "check", "--config", file], "");
    assert!(checked.status.success(), "{checked:?}");
    let settings: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((&settings["port"], &settings["mail"]), (&8080.into(), &"spool".into()));
}

#[test]
fn the_environment_sets_what_the_file_can_and_its_slips_are_refused() {
    let shown = Process::tool_with(&[("MILANIO_PORT", "8123")], &["--json", "config", "check"], "");
    let settings: Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(settings["port"], 8123);
    for command in [&["config", "check"][..], &["run"]] {
        let refused = Process::tool_with(&[("MILANIO_SMPT_HOST", "mail.example")], command, "");
        assert_eq!(refused.status.code(), Some(78), "{command:?}");
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(said, "error: unknown setting `MILANIO_SMPT_HOST`; did you mean `MILANIO_SMTP_HOST`?\n");
    }
}

#[test]
fn wrong_settings_end_with_78_and_one_line_and_show_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("milanio.toml");
    std::fs::write(&file, "smtp_hots = \"mail.example\"\n").unwrap();
    let refused = Process::tool(&["config", "check", "--config", file.to_str().unwrap()], "");
    assert_eq!(refused.status.code(), Some(78));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(said, "error: unknown setting `smtp_hots`; did you mean `smtp_host`?\n");
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "hidden word\n").unwrap();
    let smtp = ["--mail", "smtp", "--smtp-host", "mail.example", "--mail-from", "a@b.example", "--smtp-user", "u"];
    let with_secret = ["--smtp-password-file", secret.to_str().unwrap()];
    let shown = Process::tool(&[&["--json", "config", "check"][..], &smtp, &with_secret].concat(), "");
    let shown = String::from_utf8([shown.stdout, shown.stderr].concat()).unwrap();
    assert!(shown.contains("mail.example") && !shown.contains("hidden word"), "{shown}");
    assert_eq!(Process::tool(&["run", "--prot", "1"], "").status.code(), Some(2), "the command line itself is wrong");
}
