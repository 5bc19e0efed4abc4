//! Tasks on tokio.

use std::future::Future;

pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    // The handle is not needed: tasks end by themselves when their channels close.
    drop(tokio::spawn(task));
}

pub(super) fn swarm_config() -> libp2p::swarm::Config {
    libp2p::swarm::Config::with_tokio_executor()
}
