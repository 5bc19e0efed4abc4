//! The steps of one connection: from a command of the call engine to calls of the browser and back to a report.

use js_sys::{Array, Reflect};
use milanio_identity::DeviceId;
use milanio_node::core::call::{CallCommand, IceServer, PeerEvent, StepId};
use milanio_node::wire::signal::Candidate;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcBundlePolicy, RtcConfiguration, RtcIceCandidateInit, RtcIceServer,
    RtcIceTransportPolicy, RtcOfferOptions, RtcPeerConnection, RtcRtpTransceiver, RtcRtpTransceiverDirection,
    RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit, RtcSignalingState,
};

use super::{LocalTracks, Shared};

/// Executes one command; gives what is to be reported.
pub(super) async fn perform(
    connection: &RtcPeerConnection,
    command: CallCommand,
    (device, shared): (DeviceId, &Shared),
) -> Option<PeerEvent> {
    match command {
        CallCommand::Configure { ice_servers, relay_only, .. } => {
            let set = connection.set_configuration_with_configuration(&configuration(&ice_servers, relay_only));
            set.unwrap_or_else(|_| tracing::warn!("the browser refused the servers"));
            None
        }
        CallCommand::MakeOffer { step, ice_restart, .. } => {
            Some(described(connection, step, make_offer(connection, ice_restart).await))
        }
        CallCommand::AcceptOffer { step, sdp, rollback, .. } => {
            Some(described(connection, step, accept_offer(connection, &sdp, rollback, (device, shared)).await))
        }
        CallCommand::AcceptAnswer { step, sdp, .. } => {
            let applied = set_remote(connection, RtcSdpType::Answer, &sdp).await;
            Some(if applied.is_ok() { PeerEvent::AnswerApplied { step } } else { failed(step, applied) })
        }
        CallCommand::AddCandidate { candidate, .. } => {
            // Late and repeated candidates are refused; that is not an error.
            add_candidate(connection, &candidate).await.ok();
            None
        }
        CallCommand::Open { .. } | CallCommand::Close { .. } | CallCommand::Send { .. } => None,
    }
}

/// The configuration of a connection.
pub(super) fn configuration(servers: &[IceServer], relay_only: bool) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    configuration.set_bundle_policy(RtcBundlePolicy::MaxBundle);
    configuration.set_ice_servers(&servers.iter().map(ice_server).collect::<Array>());
    let policy = if relay_only { RtcIceTransportPolicy::Relay } else { RtcIceTransportPolicy::All };
    configuration.set_ice_transport_policy(policy);
    configuration
}

/// The media sections of an offer: audio, then video.
pub(super) fn add_transceivers(connection: &RtcPeerConnection, tracks: &LocalTracks, group: Option<&MediaStream>) {
    let init = RtcRtpTransceiverInit::new();
    init.set_direction(RtcRtpTransceiverDirection::Sendrecv);
    init.set_streams(&group.into_iter().collect::<Array>());
    for (kind, track) in [("audio", &tracks.audio), ("video", &tracks.video)] {
        match track {
            Some(track) => connection.add_transceiver_with_media_stream_track_and_init(track, &init),
            None => connection.add_transceiver_with_str_and_init(kind, &init),
        };
    }
}

/// Sends these tracks in place of the ones before.
pub(super) async fn replace_tracks(connection: &RtcPeerConnection, tracks: &LocalTracks) {
    for transceiver in ours(connection) {
        let track = track_for(&transceiver, tracks);
        let sender = transceiver.sender();
        let is_new = sender.track().map(|track| track.id()) != track.as_ref().map(|track| track.id());
        if is_new {
            // Fails only when the connection was closed meanwhile.
            JsFuture::from(sender.replace_track(track.as_ref())).await.ok();
        }
    }
}

async fn make_offer(connection: &RtcPeerConnection, ice_restart: bool) -> Result<(), JsValue> {
    let options = RtcOfferOptions::new();
    options.set_ice_restart(ice_restart);
    let offer = JsFuture::from(connection.create_offer_with_rtc_offer_options(&options)).await?;
    set_local(connection, offer).await
}

async fn accept_offer(
    connection: &RtcPeerConnection,
    sdp: &str,
    rollback: bool,
    (device, shared): (DeviceId, &Shared),
) -> Result<(), JsValue> {
    if rollback && connection.signaling_state() == RtcSignalingState::HaveLocalOffer {
        set_local(connection, RtcSessionDescriptionInit::new(RtcSdpType::Rollback).into()).await?;
    }
    set_remote(connection, RtcSdpType::Offer, sdp).await?;
    for transceiver in ours(connection) {
        if transceiver.direction() != RtcRtpTransceiverDirection::Sendrecv {
            transceiver.set_direction(RtcRtpTransceiverDirection::Sendrecv);
            set_group(&transceiver, shared.group.as_ref());
        }
    }
    replace_tracks(connection, &shared.tracks_for(device)).await;
    let answer = JsFuture::from(connection.create_answer()).await?;
    set_local(connection, answer).await
}

async fn set_local(connection: &RtcPeerConnection, description: JsValue) -> Result<(), JsValue> {
    JsFuture::from(connection.set_local_description(description.unchecked_ref())).await.map(drop)
}

async fn set_remote(connection: &RtcPeerConnection, kind: RtcSdpType, sdp: &str) -> Result<(), JsValue> {
    let description = RtcSessionDescriptionInit::new(kind);
    description.set_sdp(sdp);
    JsFuture::from(connection.set_remote_description(&description)).await.map(drop)
}

async fn add_candidate(connection: &RtcPeerConnection, candidate: &Candidate) -> Result<(), JsValue> {
    let init = RtcIceCandidateInit::new(&candidate.candidate);
    init.set_sdp_mid(Some(&candidate.mid));
    Reflect::set(&init, &JsValue::from_str("usernameFragment"), &JsValue::from_str(&candidate.ufrag))?;
    JsFuture::from(connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&init))).await.map(drop)
}

/// The report on a step that makes a description.
fn described(connection: &RtcPeerConnection, step: StepId, result: Result<(), JsValue>) -> PeerEvent {
    match (connection.local_description(), result) {
        (Some(description), Ok(())) => PeerEvent::LocalDescription { step, sdp: description.sdp() },
        (_, result) => failed(step, result),
    }
}

fn failed(step: StepId, result: Result<(), JsValue>) -> PeerEvent {
    let name = result.err().and_then(|error| Reflect::get(&error, &JsValue::from_str("name")).ok());
    tracing::warn!(error = name.and_then(|name| name.as_string()), "the browser refused a description");
    PeerEvent::StepFailed { step }
}

fn transceivers(connection: &RtcPeerConnection) -> impl Iterator<Item = RtcRtpTransceiver> {
    connection
        .get_transceivers()
        .iter()
        .filter_map(|transceiver| transceiver.dyn_into().ok())
        .collect::<Vec<_>>()
        .into_iter()
}

/// The first audio and the first video transceiver: what we send on. A peer that offers more of them, as for a shared screen, is
/// listened to and sent nothing there.
pub(super) fn ours(connection: &RtcPeerConnection) -> impl Iterator<Item = RtcRtpTransceiver> {
    let all: Vec<_> = transceivers(connection).collect();
    let first = |audio: bool| all.iter().find(|transceiver| is_audio(transceiver) == audio).cloned();
    [first(true), first(false)].into_iter().flatten()
}

pub(super) fn is_audio(transceiver: &RtcRtpTransceiver) -> bool {
    transceiver.receiver().track().kind() == "audio"
}

fn track_for(transceiver: &RtcRtpTransceiver, tracks: &LocalTracks) -> Option<MediaStreamTrack> {
    if is_audio(transceiver) { tracks.audio.clone() } else { tracks.video.clone() }
}

/// `RTCRtpSender.setStreams`, which older browsers lack: sound and picture are a little less in step there.
fn set_group(transceiver: &RtcRtpTransceiver, group: Option<&MediaStream>) {
    let sender = transceiver.sender();
    let method = Reflect::get(&sender, &JsValue::from_str("setStreams")).ok();
    let method = method.and_then(|method| method.dyn_into::<js_sys::Function>().ok());
    if let (Some(method), Some(group)) = (method, group) {
        method.call1(&sender, group).ok();
    }
}

fn ice_server(server: &IceServer) -> RtcIceServer {
    let entry = RtcIceServer::new();
    entry.set_urls(&server.urls.iter().map(|url| JsValue::from_str(url)).collect::<Array>());
    if !server.username.is_empty() {
        entry.set_username(&server.username);
        entry.set_credential(&server.credential);
    }
    entry
}
