//! `GET /metrics` on its own listener on this machine: for Prometheus, and for nobody who reaches the server from elsewhere.

use std::{io, net::SocketAddr};

use axum::{Router, extract::State, http::header, routing::get};
use milanio_node::net::relay::RelayStats;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

use crate::metrics::Metrics;

/// Serves until the task is aborted. `relay` tells what the relay holds.
pub async fn serve(
    address: SocketAddr,
    metrics: Metrics,
    relay: watch::Receiver<RelayStats>,
) -> io::Result<JoinHandle<()>> {
    let listener = TcpListener::bind(address).await?;
    let router = Router::new().route("/metrics", get(scrape)).with_state((metrics, relay));
    tracing::info!(port = listener.local_addr()?.port(), "metrics are served");
    Ok(tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    }))
}

async fn scrape(
    State((metrics, relay)): State<(Metrics, watch::Receiver<RelayStats>)>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let text = metrics.text(&relay.borrow());
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}
