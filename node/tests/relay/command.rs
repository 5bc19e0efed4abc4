//! The command `milanio-node run`.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::leaf::{Leaf, PATIENCE};

#[tokio::test]
async fn it_prints_its_addresses_can_be_dialled_and_stops_cleanly_when_asked() {
    let directory = tempfile::tempdir().unwrap();
    let mut node = Command::new(env!("CARGO_BIN_EXE_milanio-node"))
        .args(["run", "--limits", "lab", "--listen", "/ip4/127.0.0.1/tcp/0/ws", "--data"])
        .arg(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(node.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
    Leaf::new().dial(line.parse().unwrap()).await.unwrap();
    let id = node.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let status = tokio::time::timeout(Duration::from_secs(5), node.wait()).await.unwrap().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn the_limits_of_the_lab_are_refused_on_other_than_loopback_addresses() {
    let output = Command::new(env!("CARGO_BIN_EXE_milanio-node"))
        .args(["run", "--limits", "lab", "--listen", "/ip4/0.0.0.0/tcp/0", "--data", "unused"])
        .output()
        .await
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("loopback"));
}
