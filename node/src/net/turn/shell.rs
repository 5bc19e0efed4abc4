//! Between the sockets and the protocol engine: who is heard, what passes, and where the answer goes.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use tokio::{net::UdpSocket, sync::mpsc};
use tokio_util::bytes::{Bytes, BytesMut};
use turn_server::{
    codec::{
        DecodeResult, Decoder,
        message::{
            MessageEncoder,
            attributes::{Data, UserName, XorPeerAddress},
            methods::SEND_INDICATION,
        },
    },
    service::{InterfaceAddr, Service, ServiceOptions, Transport, session::Identifier, session::ports::PortRange},
};

use super::{
    credentials::{CredentialKey, REALM},
    datagram::{self, Datagram, MAX_MESSAGE_BYTES, PREFIX_BYTES, StunKind},
    handler::{Handler, tuple},
};
use crate::{
    core::{
        rate_limit::{Rate, RateLimiter},
        subnet::Subnet,
        turn_quota::{Carrier, Tuple, TurnLimits, TurnQuota},
    },
    net::runtime::Clock,
};

/// Packets that may wait for one TCP client before more are dropped, as a full router would (chosen: 100 ms of video).
const TCP_QUEUE: usize = 64;
/// STUN requests of one network: a browser asks once a candidate and then every 10 s to keep its mapping.
const BINDINGS: Rate = Rate { burst: 1_000, interval: Duration::from_millis(10) };
/// Networks whose STUN requests are counted (chosen).
const BINDING_NETWORKS: usize = 10_000;

/// One server's state, shared by its tasks.
pub struct Shell {
    service: Service<Handler>,
    handler: Handler,
    udp: UdpSocket,
    local: SocketAddr,
    external: SocketAddr,
    streams: Mutex<BTreeMap<SocketAddr, mpsc::Sender<Bytes>>>,
    bindings: Mutex<RateLimiter<Subnet>>,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("clients", &self.clients()).finish_non_exhaustive()
    }
}

impl Shell {
    /// A server on `udp`, whose relayed addresses are at `external`.
    pub fn new(
        key: CredentialKey,
        limits: TurnLimits,
        udp: UdpSocket,
        external: SocketAddr,
        clock: Clock,
    ) -> io::Result<Self> {
        let local = udp.local_addr()?;
        let handler = Handler::new(TurnQuota::new(limits), key, clock);
        let interface = |transport| InterfaceAddr { addr: local, external, transport };
        let service = Service::new(ServiceOptions {
            port_range: PortRange::default(),
            realm: REALM.to_owned(),
            interfaces: vec![interface(Transport::Udp), interface(Transport::Tcp)],
            handler: handler.clone(),
        });
        let bindings = Mutex::new(RateLimiter::new(BINDINGS, BINDING_NETWORKS));
        Ok(Self { service, handler, udp, local, external, streams: Mutex::default(), bindings })
    }

    /// The socket for datagrams.
    pub const fn udp(&self) -> &UdpSocket {
        &self.udp
    }

    /// The clients there are.
    pub fn clients(&self) -> usize {
        self.handler.quota().clients()
    }

    /// True for somebody who has authenticated.
    pub fn is_client(&self, tuple: &Tuple) -> bool {
        self.handler.quota().is_client(tuple)
    }

    /// A TCP connection has been made: packets for it come out of the receiver.
    pub fn connect(&self, remote: SocketAddr) -> mpsc::Receiver<Bytes> {
        let (sender, receiver) = mpsc::channel(TCP_QUEUE);
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).insert(remote, sender);
        receiver
    }

    /// A TCP connection has ended.
    pub fn disconnect(&self, remote: SocketAddr) {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).remove(&remote);
        self.end(&Tuple { carrier: Carrier::Tcp, remote });
    }

    /// Takes what `from` sent, and sends on what follows from it.
    pub async fn handle(&self, from: Tuple, bytes: &[u8]) {
        let Some(datagram) = datagram::parse(bytes) else { return };
        if !self.admits(&from, &datagram) {
            return;
        }
        match datagram {
            Datagram::Stun(_, bytes) => drop(self.route(from, bytes).await),
            Datagram::ChannelData(bytes) => {
                if !self.route(from, bytes).await
                    && let Some(indication) = self.as_indication(&from, bytes)
                {
                    self.route(from, &indication).await;
                }
            }
        }
    }

    /// Lets the engine decide, and sends what it says. False if it says nothing.
    async fn route(&self, from: Tuple, bytes: &[u8]) -> bool {
        let mut answer = BytesMut::with_capacity(MAX_MESSAGE_BYTES);
        let mut router = self.service.make_router(self.identifier(&from));
        // The engine is a foreign parser of strangers' bytes: should one make it panic after all, one packet is lost.
        let routed = AssertUnwindSafe(router.route(bytes, &mut answer)).catch_unwind().await;
        match routed {
            Ok(Ok(Some(result))) => {
                let to = result.relay.map_or(from, |relay| tuple(&relay));
                if result.method.is_none() && to.carrier == Carrier::Tcp {
                    answer.resize(answer.len().next_multiple_of(4), 0);
                }
                self.send(to, answer.freeze()).await;
                return true;
            }
            Ok(_) => {}
            Err(_) => tracing::error!("the TURN engine failed on a packet"),
        }
        false
    }

    // The engine passes ChannelData only where both ends have bound a channel to each other. But a channel is one end's own
    // affair: what comes through it reaches the other as a Data indication (RFC 8656 section 12.7). Browsers bind only once
    // they have more than connectivity checks to send, so without this the slower end never hears an answer to its checks.
    fn as_indication(&self, from: &Tuple, bytes: &[u8]) -> Option<BytesMut> {
        let ([high, low, _, _], data) = bytes.split_first_chunk::<PREFIX_BYTES>()?;
        let peer_port = self.handler.quota().channel_peer(from, u16::from_be_bytes([*high, *low]))?;
        let mut indication = BytesMut::with_capacity(MAX_MESSAGE_BYTES);
        let mut message = MessageEncoder::new(SEND_INDICATION, &[0; 12], &mut indication);
        message.append::<XorPeerAddress>(SocketAddr::new(self.external.ip(), peer_port));
        message.append::<Data>(data);
        message.flush(None).ok()?;
        Some(indication)
    }

    async fn send(&self, to: Tuple, packet: Bytes) {
        match to.carrier {
            Carrier::Udp => {
                // A dual-stack socket takes IPv4 addresses in their mapped form only (RFC 4291 section 2.5.5.2).
                let remote = match (self.local, to.remote.ip()) {
                    (SocketAddr::V6(_), IpAddr::V4(ip)) => {
                        SocketAddr::new(ip.to_ipv6_mapped().into(), to.remote.port())
                    }
                    _ => to.remote,
                };
                if let Err(error) = self.udp.send_to(&packet, remote).await {
                    tracing::trace!(%error, "a packet was not sent");
                }
            }
            Carrier::Tcp => {
                let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
                if streams.get(&to.remote).is_some_and(|stream| stream.try_send(packet).is_err()) {
                    tracing::trace!("a packet was dropped, since its stream is slow");
                }
            }
        }
    }

    fn admits(&self, from: &Tuple, datagram: &Datagram<'_>) -> bool {
        let now = self.handler.clock().now();
        match *datagram {
            Datagram::Stun(StunKind::Binding, _) => {
                let network = Subnet::from(from.remote.ip());
                self.bindings.lock().unwrap_or_else(PoisonError::into_inner).allow(&network, now)
            }
            Datagram::ChannelData(bytes) | Datagram::Stun(StunKind::Send, bytes) => {
                self.handler.quota().relay(from, bytes.len(), now)
            }
            Datagram::Stun(kind, bytes) => {
                if !self.handler.quota().is_client(from) {
                    return self.admits_newcomer(from, bytes);
                }
                match kind {
                    StunKind::ChannelBind { number, peer_port } => self.handler.quota().bind(from, number, peer_port),
                    _ => true,
                }
            }
        }
    }

    fn admits_newcomer(&self, from: &Tuple, bytes: &[u8]) -> bool {
        let vouched = self.is_signed(bytes);
        let mut quota = self.handler.quota();
        let heard = quota.knock(*from, self.handler.clock().now());
        if vouched {
            quota.vouch(from);
        }
        heard
    }

    // The engine makes a client of whoever names a user, before it checks the signature; so that is checked first.
    fn is_signed(&self, bytes: &[u8]) -> bool {
        let mut decoder = Decoder::default();
        let Ok(DecodeResult::Message(message)) = decoder.decode(bytes) else { return false };
        let password = message.get::<UserName>().and_then(|username| self.handler.long_term(username));
        password.is_some_and(|password| message.verify(&password).is_ok())
    }

    fn identifier(&self, tuple: &Tuple) -> Identifier {
        let transport = match tuple.carrier {
            Carrier::Udp => Transport::Udp,
            Carrier::Tcp => Transport::Tcp,
        };
        Identifier { source: tuple.remote, external: self.external, interface: self.local, transport }
    }

    // Lifetime 0 removes a session of any kind.
    fn end(&self, tuple: &Tuple) {
        self.handler.quota().leave(tuple, self.handler.clock().now());
        self.service.get_session_manager().refresh(&self.identifier(tuple), 0);
    }
}

/// Ends what is overdue, every second.
pub async fn tidy(shell: Arc<Shell>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let overdue = shell.handler.quota().overdue(shell.handler.clock().now());
        for tuple in overdue {
            shell.end(&tuple);
        }
    }
}
