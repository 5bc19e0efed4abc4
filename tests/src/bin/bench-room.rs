//! 50 leaves in one room on one relay: `bench-room RELAY_PROGRAM`. Prints one JSON object.
//!
//! The relay is the real program, a process of its own, so that its CPU time can be told from the leaves'. Leaves speak
//! WebSocket, seal what they say into frames and open what they hear. `tests/e2e/bench/socketio.mjs` does the same with
//! socket.io; `cargo xtask bench room` runs both.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use libp2p::{
    Multiaddr, Swarm, gossipsub,
    identity::Keypair,
    ping,
    swarm::{NetworkBehaviour, SwarmEvent},
};
use milanio_identity::{RoomKeys, RootSecret, TopicKeys};
use milanio_node::{
    core::time::RoomTime,
    net::{gossip, runtime, transport},
    wire::frame,
};
use tokio::{
    sync::{Barrier, mpsc},
    task::JoinSet,
};

/// People in the room.
const LEAVES: u32 = 50;
/// Messages of all of them together, in one second.
const MESSAGES_PER_SECOND: u32 = 200;
/// Bytes of a message inside its frame.
const MESSAGE_BYTES: usize = 200;
/// How long is measured.
const MEASURED: Duration = Duration::from_secs(10);
/// Sent before, so that connections and caches are warm; not counted.
const WARM_UP: Duration = Duration::from_secs(2);
/// How long late messages are waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// Kernel clock ticks in one second of a process's CPU time (`USER_HZ`, fixed at 100 on Linux).
const TICKS_PER_SECOND: u64 = 100;

#[derive(NetworkBehaviour)]
struct LeafBehaviour {
    gossip: gossipsub::Behaviour,
    /// A relay lets go of who does not answer it.
    ping: ping::Behaviour,
}

/// What a leaf reports at the end, of the measured time only.
#[derive(Default)]
struct Report {
    /// Messages it sent.
    said: u64,
    /// How long each message took that it heard.
    latencies: Vec<Duration>,
}

#[tokio::main]
async fn main() -> Result<()> {
    // Errors only if there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let program = std::env::args().nth(1).context("the relay's program is the argument")?;
    let data = tempfile::tempdir()?;
    let mut relay = Command::new(program)
        .args(["run", "--limits", "lab", "--listen", "/ip4/127.0.0.1/tcp/0/ws", "--data"])
        .arg(data.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("the relay cannot be started")?;
    let outcome = measure(&mut relay).await;
    relay.kill()?;
    relay.wait()?;
    println!("{}", outcome?);
    Ok(())
}

async fn measure(relay: &mut Child) -> Result<serde_json::Value> {
    let mut line = String::new();
    BufReader::new(relay.stdout.take().context("the output is piped")?).read_line(&mut line)?;
    let address: Multiaddr = line.trim().parse().context("the relay prints its address")?;
    let ready = Arc::new(Barrier::new(LEAVES as usize + 1));
    let (reports, mut reported) = mpsc::channel(LEAVES as usize);
    let mut leaves: JoinSet<_> =
        (0..LEAVES).map(|number| leaf(number, address.clone(), ready.clone(), reports.clone())).collect();
    tokio::select! {
        _ = ready.wait() => {}
        Some(early) = leaves.join_next() => bail!("a leaf did not get in: {early:?}"),
    }
    tokio::time::sleep(WARM_UP).await;
    let ticks = cpu_ticks(relay.id())?;
    tokio::time::sleep(MEASURED).await;
    let ticks = cpu_ticks(relay.id())? - ticks;
    let mut total = Report::default();
    for _ in 0..LEAVES {
        let report: Report = reported.recv().await.context("every leaf reports")?;
        total.said += report.said;
        total.latencies.extend(report.latencies);
    }
    while let Some(leaf) = leaves.join_next().await {
        leaf??;
    }
    Ok(summary(total, ticks))
}

fn summary(Report { said, mut latencies }: Report, ticks: u64) -> serde_json::Value {
    latencies.sort();
    let expected = said * u64::from(LEAVES - 1);
    let at = |share: f64| latencies.get((latencies.len() as f64 * share) as usize).copied().unwrap_or_default();
    serde_json::json!({
        "lost": expected.saturating_sub(latencies.len() as u64),
        "p50_ms": at(0.50).as_secs_f64() * 1e3,
        "p99_ms": at(0.99).as_secs_f64() * 1e3,
        "cpu_us_per_delivery": (ticks * 1_000_000 / TICKS_PER_SECOND) as f64 / expected as f64,
    })
}

/// Joins, waits for all others, then speaks in turn and listens.
async fn leaf(number: u32, relay: Multiaddr, ready: Arc<Barrier>, reports: mpsc::Sender<Report>) -> Result<()> {
    let keys = RoomKeys::new(&RootSecret::from_bytes([7; 32])).floor_epoch_zero(now().day());
    let mut swarm = join(relay, &keys).await?;
    ready.wait().await;
    let started = Instant::now();
    let measured = started + WARM_UP..started + WARM_UP + MEASURED;
    let period = Duration::from_secs(1) * LEAVES / MESSAGES_PER_SECOND;
    let mut ticks = tokio::time::interval_at((started + period * number / LEAVES).into(), period);
    let mut report = Report::default();
    let mut counter = 0_u32;
    let end = tokio::time::sleep_until((measured.end + PATIENCE).into());
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end => break,
            _ = ticks.tick(), if Instant::now() < measured.end => {
                counter += 1;
                let counts = measured.contains(&Instant::now());
                report.said += u64::from(counts);
                let message = message(&keys, number, counter, counts)?;
                let topic = gossipsub::IdentTopic::new(keys.topic().as_str());
                swarm.behaviour_mut().gossip.publish(topic, message)?;
            }
            event = swarm.select_next_some() => {
                let SwarmEvent::Behaviour(LeafBehaviourEvent::Gossip(gossipsub::Event::Message { message, .. })) = event else { continue };
                report.latencies.extend(latency(&frame::open(&keys, &message.data, now())?));
            }
        }
    }
    reports.send(report).await.context("somebody waits for the report")
}

async fn join(relay: Multiaddr, keys: &TopicKeys) -> Result<Swarm<LeafBehaviour>> {
    let keypair = Keypair::generate_ed25519();
    let behaviour = LeafBehaviour {
        gossip: gossip::behaviour(gossip::leaf()?).map_err(anyhow::Error::msg)?,
        ping: ping::Behaviour::default(),
    };
    let config = runtime::swarm_config().with_idle_connection_timeout(Duration::from_secs(3_600));
    let mut swarm = Swarm::new(transport::leaf(&keypair)?, behaviour, keypair.public().to_peer_id(), config);
    swarm.behaviour_mut().gossip.subscribe(&gossipsub::IdentTopic::new(keys.topic().as_str()))?;
    swarm.dial(relay)?;
    loop {
        match swarm.select_next_some().await {
            // The relay follows: from here on, nothing is missed.
            SwarmEvent::Behaviour(LeafBehaviourEvent::Gossip(gossipsub::Event::Subscribed { .. })) => return Ok(swarm),
            SwarmEvent::OutgoingConnectionError { error, .. } => return Err(error).context("the relay is not reached"),
            SwarmEvent::ConnectionClosed { cause, .. } => bail!("the relay closed the connection: {cause:?}"),
            _ => {}
        }
    }
}

/// A frame that holds when it was sent, and whether it counts.
fn message(keys: &TopicKeys, number: u32, counter: u32, counts: bool) -> Result<Vec<u8>> {
    let mut nonce = [0; 24];
    nonce[..4].copy_from_slice(&number.to_be_bytes());
    nonce[4..8].copy_from_slice(&counter.to_be_bytes());
    let mut text = [0; MESSAGE_BYTES];
    text[0] = counts.into();
    text[1..17].copy_from_slice(&since_epoch().as_nanos().to_be_bytes());
    Ok(frame::seal(keys, now(), nonce, &text)?)
}

fn latency(text: &[u8]) -> Option<Duration> {
    let sent = u128::from_be_bytes(text.get(1..17)?.try_into().ok()?);
    let took = since_epoch().as_nanos().checked_sub(sent)?;
    (text.first() == Some(&1)).then(|| Duration::from_nanos(took as u64))
}

/// User and system time of a process, in kernel clock ticks (proc(5), fields 14 and 15 of `stat`).
fn cpu_ticks(process: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit(") ").next().context("a name in parentheses")?.split(' ').skip(11).take(2);
    fields.map(|field| field.parse::<u64>().context("a number of ticks")).sum()
}

fn now() -> RoomTime {
    RoomTime::from_millis(since_epoch().as_millis() as u64)
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
