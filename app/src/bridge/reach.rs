//! What the bridge does when relays and the registry are reached, and when they are not.

use std::time::Duration;

use gloo::timers::future::sleep;
use milanio_node::net::client::{ClientInput, ConnectionState};
use milanio_rendezvous::api::ErrorCode;
use wasm_bindgen_futures::spawn_local;

use super::{
    Bridge,
    message::Message,
    relay_list::RelayList,
    show,
    visit::{RelayHope, Stage},
};
use crate::{
    platform::{
        api::{self, Failure},
        clock,
    },
    state::{
        Action,
        connection::Connection,
        phase::{self, Phase},
    },
};

/// The first pause before the relay list is asked for again; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Asks the server where the relays are.
pub(super) async fn fetch_relays() -> Result<RelayList, Failure> {
    let asked_ms = clock::now_ms();
    let answer = api::relays().await?;
    Ok(RelayList::new(&answer, asked_ms, clock::now_ms()))
}

impl Bridge {
    pub(super) fn list_relays(&mut self) {
        if std::mem::replace(&mut self.is_listing, true) {
            return;
        }
        let post = self.post.clone();
        spawn_local(async move { post.send(Message::Relays(fetch_relays().await)) });
    }

    pub(super) fn take_relays(&mut self, list: RelayList) {
        self.is_listing = false;
        self.list_failures = 0;
        if let Some(visit) = &mut self.visit {
            visit.send(ClientInput::Clock(list.offset));
            visit.send(ClientInput::Relays(list.relays.clone()));
        }
        self.list = Some(list);
        self.start_visit();
    }

    pub(super) fn miss_relays(&mut self, failure: &Failure) {
        tracing::info!(%failure, "no relay list");
        self.list_failures = self.list_failures.saturating_add(1);
        let pause = FIRST_PAUSE.saturating_mul(1 << self.list_failures.min(8)).min(LONGEST_PAUSE);
        let post = self.post.clone();
        spawn_local(async move {
            sleep(pause).await;
            post.send(Message::RelaysAgain);
        });
        // It looks for the relays in vain at first, but the registry's absence is told and the page is not stuck.
        self.start_visit();
    }

    pub(super) fn take_connection(&mut self, state: ConnectionState) {
        let Some(visit) = &mut self.visit else { return };
        let was_late = visit.relay == RelayHope::Late;
        if matches!(state, ConnectionState::Connected { .. }) {
            visit.relay = RelayHope::Met;
        }
        let (is_late, stage) = (visit.relay == RelayHope::Late, visit.stage);
        self.show(Action::Connection(show::connection(state, is_late)));
        if was_late && !is_late {
            match stage {
                Stage::Outside => self.show(Action::Phase(Phase::Prejoin)),
                Stage::Entering => self.show(Action::Phase(Phase::Entering)),
                Stage::Inside { .. } => {}
            }
        }
    }

    /// No relay was reached for a long while.
    pub(super) fn miss_relay(&mut self) {
        let Some(visit) = self.visit.as_mut().filter(|visit| visit.relay == RelayHope::Young) else { return };
        visit.relay = RelayHope::Late;
        // A registry that cannot be reached either has its page already.
        let is_told = visit.registry_failures > 1 && !visit.is_open;
        let is_inside = matches!(visit.stage, Stage::Inside { .. });
        self.show(Action::Connection(Connection::Unreachable));
        if !is_inside && !is_told {
            self.show(Action::Failed(phase::Failure::RelayUnreachable));
        }
    }

    pub(super) fn take_beaten(&mut self, answer: &Result<(), Failure>) {
        let Some(visit) = &mut self.visit else { return };
        let is_unknown = matches!(answer, Err(Failure::Refused(ErrorCode::RoomUnknown, _)));
        if is_unknown && visit.known.is_founder() && !visit.known.is_unregistered {
            visit.known.is_unregistered = true;
            visit.register_later(None);
        }
        let is_lost = visit.known.is_unregistered || *answer == Err(Failure::Unreachable);
        self.show(Action::RegistryLost(is_lost));
    }

    pub(super) fn take_registered(&mut self, answer: Result<(), Failure>) {
        let Some(visit) = &mut self.visit else { return };
        match answer {
            Ok(()) => {
                visit.known.is_unregistered = false;
                self.show(Action::RegistryLost(false));
            }
            Err(Failure::Unreachable) => visit.register_later(None),
            Err(Failure::Refused(ErrorCode::RateLimited, wait_s)) => {
                visit.register_later(wait_s.map(|wait_s| Duration::from_secs(wait_s.into())));
            }
            Err(failure) => tracing::warn!(%failure, "the room will not be in the registry"),
        }
    }
}
