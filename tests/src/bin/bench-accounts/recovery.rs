//! How long a server with many accounts takes from its start to its first answer: after a kill, and after a clean stop.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use milanio_identity::{AccountKey, DeviceKey, DeviceList, ListedDevice};
use milanio_rendezvous::{
    core::account::Account,
    store::{
        EmbeddedStore, Store as _,
        account_record::{ClaimRow, Row as _, account_key, claim_key},
    },
};
use milanio_tests::lab::{http::Connection, member::Member, post::Post, server::Server};
use serde_json::{Value, json};

/// Accounts that are written at once; each shares its flushes with the others.
const WRITERS: u64 = 200;
/// What the filling program says when everything is on disk.
const FILLED: &str = "filled";
/// Sign-ups between a clean start and a kill.
const SIGN_UPS: u64 = 20;

pub fn measure(program: &Path, accounts: u64) -> Result<Value> {
    let data = tempfile::tempdir()?;
    // A server makes the folder as it wants it.
    Server::start(program, data.path())?.stop()?;
    fill_and_kill(&data.path().join("rooms"), accounts)?;
    let mut filled = Server::start(program, data.path())?;
    let after_kill_of_many = filled.first_answer()?;
    let memory_mib = filled.memory_mib()?;
    filled.stop()?;
    let mut stopped = Server::start(program, data.path())?;
    let after_stop = stopped.first_answer()?;
    let (mut http, post) = (Connection::to(stopped.at()), Post::of(data.path()));
    for number in 0..SIGN_UPS {
        Member::new(number).sign_up(&mut http, &post)?;
    }
    stopped.kill()?;
    let killed = Server::start(program, data.path())?;
    let after_kill = killed.first_answer()?;
    let last = Member::new(SIGN_UPS - 1).login(&mut Connection::to(killed.at()))?;
    ensure!(last.status == 200, "the last sign-up before the kill is lost");
    let seconds = |time: Duration| time.as_secs_f64();
    Ok(json!({
        "accounts": accounts,
        "after_kill_s": seconds(after_kill),
        "after_kill_of_bulk_writes_s": seconds(after_kill_of_many),
        "after_clean_stop_s": seconds(after_stop),
        "memory_mib": memory_mib,
        "disk_mib": disk_bytes(&data.path().join("rooms"))? >> 20,
    }))
}

/// Another process fills the store and is killed in the middle of its life, so that nothing is written as a clean stop would.
fn fill_and_kill(store: &Path, accounts: u64) -> Result<()> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("fill")
        .arg(store)
        .arg(accounts.to_string())
        .stdout(Stdio::piped())
        .stdin(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.take().context("the output is piped")?).read_line(&mut line)?;
    child.kill()?;
    child.wait()?;
    ensure!(line.trim() == FILLED, "the store could not be filled");
    Ok(())
}

/// Writes accounts and their claims into the store at `directory`, then waits to be killed.
pub fn fill(directory: &Path, accounts: u64) -> Result<()> {
    let store = EmbeddedStore::open(directory, Arc::new(|| 1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS).map(|first| tokio::spawn(write(store.clone(), first, accounts))).collect();
        for writer in writers {
            writer.await??;
        }
        anyhow::Ok(())
    })?;
    println!("{FILLED}");
    std::io::stdin().lines().for_each(drop);
    Ok(())
}

async fn write(store: EmbeddedStore, first: u64, accounts: u64) -> Result<()> {
    let device = DeviceKey::from_seed([1; 32]).id();
    for number in (first..accounts).step_by(WRITERS as usize) {
        let mut seed = [9; 32];
        seed[..8].copy_from_slice(&number.to_be_bytes());
        let key = AccountKey::from_seed(seed);
        let devices = DeviceList::issue(&key, 1, vec![ListedDevice { device, added_day: 1 }], Vec::new())?;
        let account = *key.id().as_bytes();
        let row = Account { email: seed, created_day: 1, devices }.encode()?;
        store.create(claim_key(&seed), ClaimRow { account, claimed_s: 1 }.encode()?, None).await?;
        store.create(account_key(&account), row, None).await?;
    }
    Ok(())
}

fn disk_bytes(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { disk_bytes(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}
