//! Durable writes at the store, grouped and one flush each, and whole sign-ups over HTTP.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use milanio_rendezvous::store::{EmbeddedStore, Store as _};
use milanio_tests::lab::{http::Connection, member::Member, post::Post, server::Server, statistics::percentile};
use serde_json::{Value, json};

/// Writers at once, as the target says.
const WRITERS: u64 = 64;
/// Bytes of a value: about an account's record.
const VALUE_BYTES: usize = 600;
/// How long each way of writing is measured.
const MEASURED: Duration = Duration::from_secs(5);
/// Sign-ups that are measured.
const SIGN_UPS: u64 = 600;

pub fn measure(program: &Path) -> Result<Value> {
    let grouped = grouped_writes()?;
    let single = single_writes()?;
    let (rate, mut times) = sign_ups(program)?;
    Ok(json!({
        "store_writes_per_s": grouped,
        "store_writes_per_s_flush_each": single,
        "store_ratio": grouped / single,
        "signups_per_s": rate,
        "signup_p50_ms": percentile(&mut times, 0.5).as_secs_f64() * 1e3,
        "signup_p99_ms": percentile(&mut times, 0.99).as_secs_f64() * 1e3,
    }))
}

fn grouped_writes() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let store = EmbeddedStore::open(folder.path(), Arc::new(|| 1))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (written, end) = (Arc::new(AtomicU64::new(0)), Instant::now() + MEASURED);
    runtime.block_on(async {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (store, written) = (store.clone(), Arc::clone(&written));
                tokio::spawn(async move {
                    let mut number = 0_u64;
                    while Instant::now() < end {
                        store.create(key(writer, number), vec![7; VALUE_BYTES], None).await?;
                        number += 1;
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        for writer in writers {
            writer.await??;
        }
        anyhow::Ok(())
    })?;
    Ok(written.load(Ordering::Relaxed) as f64 / MEASURED.as_secs_f64())
}

/// What the store would do without its writer: each write flushes for itself.
fn single_writes() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let db = sled::Config::new().path(folder.path()).flush_every_ms(None).mode(sled::Mode::HighThroughput).open()?;
    let (written, end) = (AtomicU64::new(0), Instant::now() + MEASURED);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (db, written) = (&db, &written);
                scope.spawn(move || {
                    let mut number = 0_u64;
                    while Instant::now() < end {
                        db.insert(key(writer, number), vec![7; VALUE_BYTES])?;
                        db.flush()?;
                        number += 1;
                        written.fetch_add(1, Ordering::Relaxed);
                    }
                    sled::Result::Ok(())
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| writer.join().expect("writers do not panic"))
    })?;
    Ok(written.load(Ordering::Relaxed) as f64 / MEASURED.as_secs_f64())
}

fn key(writer: u64, number: u64) -> Vec<u8> {
    [b"b/".as_slice(), &writer.to_be_bytes(), &number.to_be_bytes()].concat()
}

/// Sign-ups a second, and how long each took from the first request to the session.
fn sign_ups(program: &Path) -> Result<(f64, Vec<Duration>)> {
    let data = tempfile::tempdir()?;
    let server = Server::start(program, data.path())?;
    let (post, next, started) = (Post::of(data.path()), AtomicU64::new(1), Instant::now());
    let times = thread::scope(|scope| {
        let people: Vec<_> = (0..WRITERS)
            .map(|_| {
                scope.spawn(|| {
                    let mut http = Connection::to(server.at());
                    let mut times = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number > SIGN_UPS {
                            return anyhow::Ok(times);
                        }
                        let began = Instant::now();
                        Member::new(number).sign_up(&mut http, &post).with_context(|| format!("person {number}"))?;
                        times.push(began.elapsed());
                    }
                })
            })
            .collect();
        let times = people.into_iter().map(|person| person.join().expect("people do not panic"));
        times.collect::<Result<Vec<_>>>()
    })?;
    Ok((SIGN_UPS as f64 / started.elapsed().as_secs_f64(), times.concat()))
}
