//! Reads a request's body whole, without letting a slow one hold up others.
//!
//! While a body arrives, its request gives back its place among those being answered ([`Place`]) and counts as arriving instead,
//! which costs no more than the body's bytes. Left out: how large a body may be (a layer), and what is in it.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
};
use futures::StreamExt;
use http_body_util::LengthLimitError;

use super::{
    address_cap::{AddressCap, Taken},
    error::Failure,
    limits::{BODY_PAUSE, BODY_TIME},
};
use crate::api::ErrorCode;

/// A request's place among those being answered, in its extensions.
#[derive(Clone)]
pub struct Place {
    address: IpAddr,
    in_flight: AddressCap,
    arriving: AddressCap,
    held: Arc<Mutex<Option<Taken>>>,
}

impl Place {
    /// Takes a place for a request of `address`; none if too much is under way.
    pub fn take(address: IpAddr, in_flight: &AddressCap, arriving: &AddressCap) -> Option<Self> {
        let held = Arc::new(Mutex::new(Some(in_flight.take(address)?)));
        Some(Self { address, in_flight: in_flight.clone(), arriving: arriving.clone(), held })
    }

    /// Gives the place back, also where a copy of it lives on.
    pub fn leave(&self) {
        self.hold(None);
    }

    // The sender may pause for `pause`, and take `whole` in all.
    async fn receive(&self, body: Body, pause: Duration, whole: Duration) -> Result<Bytes, Failure> {
        let arriving = self.arriving.take(self.address).ok_or(ErrorCode::Unavailable)?;
        self.leave();
        let received = tokio::time::timeout(whole, read(body, pause)).await.unwrap_or(Err(ErrorCode::TimedOut.into()));
        drop(arriving);
        let received = received?;
        self.hold(Some(self.in_flight.take(self.address).ok_or(ErrorCode::Unavailable)?));
        Ok(received)
    }

    fn hold(&self, taken: Option<Taken>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = taken;
    }
}

/// A whole body.
pub struct WholeBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for WholeBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let place = request.extensions().get::<Place>().cloned().ok_or(ErrorCode::Internal)?;
        place.receive(request.into_body(), BODY_PAUSE, BODY_TIME).await.map(Self)
    }
}

async fn read(body: Body, pause: Duration) -> Result<Bytes, Failure> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    loop {
        let chunk = tokio::time::timeout(pause, chunks.next()).await.map_err(|_| ErrorCode::TimedOut)?;
        match chunk {
            None => return Ok(whole.into()),
            Some(Ok(chunk)) => whole.extend_from_slice(&chunk),
            Some(Err(error)) => {
                let too_large = error.into_inner().is::<LengthLimitError>();
                return Err(if too_large { ErrorCode::BodyTooLarge } else { ErrorCode::Malformed }.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    fn place(in_flight: usize) -> (Place, AddressCap) {
        let cap = AddressCap::new(in_flight, in_flight);
        let address = "192.0.2.1".parse().unwrap();
        (Place::take(address, &cap, &AddressCap::new(10, 10)).unwrap(), cap)
    }

    const PAUSE: Duration = Duration::from_millis(50);
    const WHOLE: Duration = Duration::from_millis(250);

    #[tokio::test]
    async fn a_slow_body_holds_no_place_and_is_given_up() {
        let (place, cap) = place(1);
        let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        let mut receiving = Box::pin(place.receive(never, PAUSE, WHOLE));
        assert!(futures::poll!(receiving.as_mut()).is_pending());
        assert!(cap.take(place.address).is_some(), "its place is free for another");
        assert_eq!(receiving.await, Err(ErrorCode::TimedOut.into()));
    }

    #[tokio::test]
    async fn a_body_that_trickles_is_given_up_as_a_whole() {
        let (place, _) = place(1);
        let trickle = stream::unfold((), |()| async {
            tokio::time::sleep(PAUSE / 5).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        });
        let started = std::time::Instant::now();
        let received = place.receive(Body::from_stream(trickle), PAUSE, WHOLE).await;
        assert_eq!(received, Err(ErrorCode::TimedOut.into()));
        assert!(started.elapsed() >= WHOLE);
    }

    #[tokio::test]
    async fn a_body_that_has_arrived_takes_a_place_again_or_is_refused() {
        let (place, cap) = place(1);
        let whole = place.receive(Body::from("whole"), PAUSE, WHOLE).await;
        assert_eq!(whole, Ok(Bytes::from_static(b"whole")));
        assert!(cap.take(place.address).is_none());
        place.leave();
        let _other = cap.take(place.address).unwrap();
        let late = place.receive(Body::from("late"), PAUSE, WHOLE).await;
        assert_eq!(late, Err(ErrorCode::Unavailable.into()));
    }
}
