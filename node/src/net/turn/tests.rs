//! The server against a small client, over real sockets on loopback.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_util::bytes::BytesMut;
use turn_server::codec::{
    DecodeResult, Decoder,
    crypto::{Password, generate_password},
    message::{
        MessageEncoder,
        attributes::{
            ChannelNumber, Data, ErrorCode, Lifetime, MappedAddress, Nonce, PasswordAlgorithm, Realm,
            RequestedTransport, UserName, XorPeerAddress, XorRelayedAddress,
        },
        methods::{
            ALLOCATE_REQUEST, BINDING_REQUEST, CHANNEL_BIND_REQUEST, CREATE_PERMISSION_REQUEST, Method,
            REFRESH_REQUEST, SEND_INDICATION,
        },
    },
};

use super::{credentials::REALM, *};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PATIENCE: Duration = Duration::from_secs(5);

async fn server(limits: TurnLimits) -> TurnHandle {
    let config = TurnConfig { bind: LOOPBACK, port: 0, any_port: true, external: Some(LOOPBACK), limits };
    TurnHandle::start(config).await.unwrap()
}

fn now() -> RoomTime {
    RoomTime::from_millis(Clock::start().now().as_millis())
}

enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

/// A client, far enough for these tests.
struct Client {
    wire: Wire,
    username: String,
    password: Password,
    nonce: String,
    relayed: Option<SocketAddr>,
}

impl Client {
    async fn connect(server: &TurnHandle, carrier: &str, credential: &TurnCredential) -> Self {
        let at = SocketAddr::new(LOOPBACK, server.desk.port);
        let wire = if carrier == "udp" {
            let socket = UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
            socket.connect(at).await.unwrap();
            Wire::Udp(socket)
        } else {
            Wire::Tcp(TcpStream::connect(at).await.unwrap())
        };
        let TurnCredential { username, credential, .. } = credential;
        let password = generate_password(username, credential, REALM, PasswordAlgorithm::Md5);
        Self { wire, username: username.clone(), password, nonce: String::new(), relayed: None }
    }

    async fn send(&mut self, bytes: &[u8]) {
        match &mut self.wire {
            Wire::Udp(socket) => drop(socket.send(bytes).await.unwrap()),
            Wire::Tcp(stream) => {
                let mut padded = bytes.to_vec();
                padded.resize(padded.len().next_multiple_of(4), 0xee);
                stream.write_all(&padded).await.unwrap();
            }
        }
    }

    async fn receive(&mut self) -> Option<Vec<u8>> {
        let receive = async {
            match &mut self.wire {
                Wire::Udp(socket) => {
                    let mut buffer = vec![0; 4096];
                    let length = socket.recv(&mut buffer).await.ok()?;
                    buffer.truncate(length);
                    Some(buffer)
                }
                Wire::Tcp(stream) => {
                    let mut prefix = [0; 4];
                    stream.read_exact(&mut prefix).await.ok()?;
                    let mut message = prefix.to_vec();
                    message.resize(datagram::framed_length(&prefix)?, 0);
                    stream.read_exact(&mut message[4..]).await.ok()?;
                    Some(message)
                }
            }
        };
        timeout(PATIENCE, receive).await.ok().flatten()
    }

    fn request(&self, method: Method, signed: bool, add: impl FnOnce(&mut MessageEncoder<'_>)) -> Vec<u8> {
        let (mut bytes, id) = (BytesMut::new(), [3; 12]);
        let mut message = MessageEncoder::new(method, &id, &mut bytes);
        add(&mut message);
        if signed {
            message.append::<UserName>(&self.username);
            message.append::<Realm>(REALM);
            message.append::<Nonce>(&self.nonce);
        }
        message.flush(signed.then_some(&self.password)).unwrap();
        bytes.to_vec()
    }

    /// The error code of the answer, 0 for success.
    async fn ask(&mut self, request: Vec<u8>) -> Option<u16> {
        self.send(&request).await;
        let answer = self.receive().await?;
        let mut decoder = Decoder::default();
        let Ok(DecodeResult::Message(message)) = decoder.decode(&answer) else { return None };
        if let Some(nonce) = message.get::<Nonce>() {
            self.nonce = nonce.to_owned();
        }
        if let Some(relayed) = message.get::<XorRelayedAddress>() {
            self.relayed = Some(relayed);
        }
        // Class and number are bytes of their own (RFC 8489 section 14.8).
        Some(message.get::<ErrorCode>().map_or(0, |error| error.code / 256 * 100 + error.code % 256))
    }

    async fn allocate(&mut self) -> Option<u16> {
        let transport =
            |message: &mut MessageEncoder<'_>| message.append::<RequestedTransport>(RequestedTransport::Udp);
        assert_eq!(self.ask(self.request(ALLOCATE_REQUEST, false, transport)).await, Some(401));
        self.ask(self.request(ALLOCATE_REQUEST, true, transport)).await
    }

    async fn bind(&mut self, number: u16, peer: SocketAddr) -> Option<u16> {
        let request = self.request(CHANNEL_BIND_REQUEST, true, |message| {
            message.append::<ChannelNumber>(number);
            message.append::<XorPeerAddress>(peer);
        });
        self.ask(request).await
    }

    async fn say(&mut self, number: u16, data: &[u8]) {
        let length = u16::try_from(data.len()).unwrap();
        self.send(&[&number.to_be_bytes()[..], &length.to_be_bytes(), data].concat()).await;
    }

    async fn hear(&mut self, number: u16) -> Option<Vec<u8>> {
        let packet = self.receive().await?;
        assert_eq!(packet[..2], number.to_be_bytes());
        let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
        Some(packet[4..4 + length].to_vec())
    }
}

async fn allocated(server: &TurnHandle, carriers: [&str; 2]) -> [Client; 2] {
    let mut clients = Vec::new();
    for carrier in carriers {
        let credential = server.desk.grant(Vec::new(), now()).unwrap();
        let mut client = Client::connect(server, carrier, &credential).await;
        assert_eq!(client.allocate().await, Some(0));
        clients.push(client);
    }
    clients.try_into().ok().unwrap()
}

async fn pair(server: &TurnHandle, carriers: [&str; 2]) -> [Client; 2] {
    let [mut one, mut other] = allocated(server, carriers).await;
    let (of_one, of_other) = (one.relayed.unwrap(), other.relayed.unwrap());
    assert_eq!(one.bind(0x4001, of_other).await, Some(0));
    assert_eq!(other.bind(0x4002, of_one).await, Some(0));
    [one, other]
}

#[tokio::test]
async fn data_of_every_length_passes_between_udp_and_tcp_clients() {
    let server = server(TurnLimits::lab()).await;
    for carriers in [["udp", "udp"], ["tcp", "tcp"], ["udp", "tcp"]] {
        let [mut one, mut other] = pair(&server, carriers).await;
        for length in (0..9).chain([1_200, 1_499]) {
            let data: Vec<u8> = (0..length).map(|n| n as u8).collect();
            one.say(0x4001, &data).await;
            assert_eq!(other.hear(0x4002).await.as_ref(), Some(&data), "{carriers:?} {length}");
            other.say(0x4002, &data).await;
            assert_eq!(one.hear(0x4001).await.as_ref(), Some(&data), "{carriers:?} {length} back");
        }
    }
}

#[tokio::test]
async fn data_passes_in_indications_once_it_is_permitted() {
    let server = server(TurnLimits::lab()).await;
    let [mut one, mut other] = pair(&server, ["udp", "tcp"]).await;
    let peer = other.relayed.unwrap();
    let permission = one.request(CREATE_PERMISSION_REQUEST, true, |message| message.append::<XorPeerAddress>(peer));
    assert_eq!(one.ask(permission).await, Some(0));
    let indication = one.request(SEND_INDICATION, false, |message| {
        message.append::<XorPeerAddress>(peer);
        message.append::<Data>(b"hello");
    });
    one.send(&indication).await;
    let received = other.receive().await.unwrap();
    let mut decoder = Decoder::default();
    let Ok(DecodeResult::Message(message)) = decoder.decode(&received) else { panic!("no message") };
    assert_eq!(message.get::<Data>(), Some(&b"hello"[..]));
    assert_eq!(message.get::<XorPeerAddress>(), one.relayed);
}

#[tokio::test]
async fn what_comes_through_a_channel_reaches_a_peer_that_has_bound_none() {
    let server = server(TurnLimits::lab()).await;
    let [mut one, mut other] = allocated(&server, ["udp", "tcp"]).await;
    assert_eq!(one.bind(0x4001, other.relayed.unwrap()).await, Some(0));
    one.say(0x4001, b"are you there?").await;
    let received = other.receive().await.unwrap();
    let mut decoder = Decoder::default();
    let Ok(DecodeResult::Message(message)) = decoder.decode(&received) else { panic!("no message") };
    assert_eq!(message.get::<Data>(), Some(&b"are you there?"[..]));
    assert_eq!(message.get::<XorPeerAddress>(), one.relayed);
}

#[tokio::test]
async fn a_binding_request_tells_the_address() {
    let server = server(TurnLimits::default()).await;
    let credential = server.desk.grant(Vec::new(), now()).unwrap();
    let mut client = Client::connect(&server, "udp", &credential).await;
    client.send(&client.request(BINDING_REQUEST, false, |_| {})).await;
    let answer = client.receive().await.unwrap();
    let mut decoder = Decoder::default();
    let Ok(DecodeResult::Message(message)) = decoder.decode(&answer) else { panic!("no message") };
    let Wire::Udp(socket) = &client.wire else { panic!("not UDP") };
    assert_eq!(message.get::<MappedAddress>(), Some(socket.local_addr().unwrap()));
    assert_eq!(server.clients(), 0);
}

#[tokio::test]
async fn forged_and_expired_credentials_get_nothing_and_use_up_nothing() {
    let server = server(TurnLimits::default()).await;
    let expired = server.desk.grant(Vec::new(), RoomTime::from_millis(1_000_000_000_000)).unwrap();
    let honest = server.desk.grant(Vec::new(), now()).unwrap();
    let forged = TurnCredential { credential: "guess".into(), ..honest.clone() };
    for credential in [expired, forged] {
        for carrier in ["udp", "tcp"] {
            let mut client = Client::connect(&server, carrier, &credential).await;
            assert_eq!(client.allocate().await, Some(401));
        }
    }
    assert_eq!(server.clients(), 0);
    let mut client = Client::connect(&server, "udp", &honest).await;
    assert_eq!(client.allocate().await, Some(0));
    assert_eq!(server.clients(), 1);
}

#[tokio::test]
async fn nothing_leaves_for_other_hosts() {
    let server = server(TurnLimits::default()).await;
    let [mut one, _other] = pair(&server, ["udp", "udp"]).await;
    let victim = UdpSocket::bind((LOOPBACK, 0)).await.unwrap();
    for target in
        [victim.local_addr().unwrap(), "[::ffff:127.0.0.1]:9".parse().unwrap(), "192.0.2.1:9".parse().unwrap()]
    {
        let permission =
            one.request(CREATE_PERMISSION_REQUEST, true, |message| message.append::<XorPeerAddress>(target));
        assert_ne!(one.ask(permission).await, Some(0), "{target}");
        assert_ne!(one.bind(0x4003, target).await, Some(0), "{target}");
        let indication = one.request(SEND_INDICATION, false, |message| {
            message.append::<XorPeerAddress>(target);
            message.append::<Data>(b"probe");
        });
        one.send(&indication).await;
    }
    // An answer to a later request shows that the server has dealt with all of it.
    assert_eq!(one.ask(one.request(BINDING_REQUEST, false, |_| {})).await, Some(0));
    assert!(victim.try_recv(&mut [0; 16]).is_err());
}

#[tokio::test]
async fn a_credential_has_so_many_allocations_and_gets_one_back_when_one_ends() {
    let limits = TurnLimits { clients_per_credential: 2, ..TurnLimits::lab() };
    let server = server(limits).await;
    let credential = server.desk.grant(Vec::new(), now()).unwrap();
    let mut clients = Vec::new();
    for expected in [Some(0), Some(0), Some(401)] {
        let mut client = Client::connect(&server, "udp", &credential).await;
        assert_eq!(client.allocate().await, expected);
        clients.push(client);
    }
    let refresh = clients[0].request(REFRESH_REQUEST, true, |message| message.append::<Lifetime>(0));
    assert_eq!(clients[0].ask(refresh).await, Some(0));
    assert_eq!(server.clients(), 1);
    assert_eq!(clients[2].allocate().await, Some(0));
}

#[tokio::test]
async fn a_closed_connection_ends_its_allocation() {
    let server = server(TurnLimits::lab()).await;
    let [one, mut other] = pair(&server, ["tcp", "udp"]).await;
    assert_eq!(server.clients(), 2);
    drop(one);
    let gone = async {
        while server.clients() > 1 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, gone).await.unwrap();
    other.say(0x4002, b"anybody there?").await;
    assert_eq!(other.ask(other.request(BINDING_REQUEST, false, |_| {})).await, Some(0), "and nothing breaks");
}

#[tokio::test]
async fn hostile_bytes_do_not_stop_the_server() {
    let server = server(TurnLimits::default()).await;
    let credential = server.desk.grant(Vec::new(), now()).unwrap();
    let mut client = Client::connect(&server, "udp", &credential).await;
    let valid = client.request(ALLOCATE_REQUEST, true, |message| {
        message.append::<RequestedTransport>(RequestedTransport::Udp);
    });
    for cut in 0..valid.len() {
        client.send(&valid[..cut]).await;
        let mut changed = valid.clone();
        changed[cut] ^= 0xff;
        client.send(&changed).await;
    }
    let mut fresh = Client::connect(&server, "udp", &credential).await;
    assert_eq!(fresh.allocate().await, Some(0));
    let mut stream = Client::connect(&server, "tcp", &credential).await;
    stream.send(&[0xff; 64]).await;
    assert_eq!(stream.receive().await, None, "a stream that makes no sense is closed");
}

#[tokio::test]
async fn two_servers_on_one_machine_take_different_ports() {
    let one = server(TurnLimits::default()).await;
    let config = TurnConfig {
        bind: LOOPBACK,
        port: one.desk.port(),
        any_port: true,
        external: Some(LOOPBACK),
        limits: TurnLimits::default(),
    };
    let other = TurnHandle::start(config).await.unwrap();
    assert_ne!(one.desk.port(), other.desk.port());
    assert!(TurnHandle::start(TurnConfig { any_port: false, ..config }).await.is_err());
}

#[test]
fn an_asker_is_told_the_address_it_reached() {
    let desk = TurnDesk {
        key: CredentialKey::random().unwrap(),
        external: "192.0.2.1".parse().unwrap(),
        told: false,
        port: 3478,
    };
    let urls = |desk: &TurnDesk, reached: Option<&str>| {
        let asker = TurnAsker { remote: LOOPBACK, reached: reached.map(|ip| ip.parse().unwrap()) };
        desk.issue(asker, now()).unwrap().urls
    };
    assert_eq!(urls(&desk, None)[1], "turn:192.0.2.1:3478?transport=udp");
    assert_eq!(urls(&desk, Some("0.0.0.0"))[0], "stun:192.0.2.1:3478");
    assert_eq!(urls(&desk, Some("::ffff:198.51.100.2"))[2], "turn:198.51.100.2:3478?transport=tcp");
    assert_eq!(urls(&desk, Some("2001:db8::1"))[0], "stun:[2001:db8::1]:3478");
    let behind_nat = TurnDesk { told: true, ..desk };
    assert_eq!(urls(&behind_nat, Some("10.0.0.5"))[0], "stun:192.0.2.1:3478");
    assert_eq!(urls(&behind_nat, Some("127.0.0.1"))[0], "stun:127.0.0.1:3478");
}
