//! The letter that follows a password, alone: written, and put where a server without a mail server puts it. By this process's other
//! threads, which do nothing else meanwhile.

use std::{fs, process, thread, time::Duration};

use anyhow::Result;
use milanio_rendezvous::{
    core::email::EmailAddress,
    mail::{Language, Letter, MailCode, MailConfig, MailRoute, Mailer},
    metrics::Metrics,
};
use milanio_tests::lab::cpu::Cpu;

/// How often it is looked whether all letters are there.
const PAUSE: Duration = Duration::from_millis(2);

/// The CPU time of one of `count` letters that are sent at once.
pub fn alone(count: usize) -> Result<Duration> {
    let spool = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let from = "Milanio <no-reply@localhost.example>".parse()?;
    let route = MailRoute::Spool(spool.path().to_owned());
    let config = MailConfig { from, origin: "http://localhost:8080".to_owned(), route };
    let mailer = runtime.block_on(async { Mailer::start(config, Metrics::default()) })?;
    let there = || -> Result<usize> {
        let entries = fs::read_dir(spool.path())?.filter_map(Result::ok);
        Ok(entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "txt")).count())
    };
    let send = |number: usize| -> Result<()> {
        let to = EmailAddress::parse(&format!("person{number}@mail{number}.example"))?;
        mailer.send(to, Language::English, Letter::NewDevice { code: MailCode::new("request", "ABCD2345") });
        Ok(())
    };
    // The first reads the templates.
    send(count)?;
    while there()? < 1 {
        thread::sleep(PAUSE);
    }
    thread::sleep(PAUSE);
    let before = Cpu::of_helpers(process::id())?;
    (0..count).try_for_each(send)?;
    while there()? <= count {
        thread::sleep(PAUSE);
    }
    thread::sleep(PAUSE);
    let used = Cpu::of_helpers(process::id())?.since(&before);
    Ok(used / u32::try_from(count)?)
}
