//! Twenty times: rooms are created from several sides, the server is killed in the middle, and every acknowledged room is there.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
    mpsc,
};

use milanio_rendezvous::api::{CREATE_PATH, RoomAnswer, RoomState, room_path};

use super::{
    client::{get, json},
    process::Process,
    room::Room,
};

const ROUNDS: u64 = 20;
const CLIENTS: usize = 4;

#[test]
fn every_acknowledged_room_survives_twenty_kills() {
    let data = tempfile::tempdir().unwrap();
    let next = AtomicU64::new(0);
    let acknowledged = Mutex::new(Vec::new());
    for round in 0..ROUNDS {
        let mut server = Process::start(data.path(), &["--limits", "lab"]);
        let (stopping, (acks, acked)) = (AtomicBool::new(false), mpsc::channel());
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                let (acks, at) = (acks.clone(), server.at);
                let (next, acknowledged, stopping) = (&next, &acknowledged, &stopping);
                scope.spawn(move || {
                    while !stopping.load(Ordering::Relaxed) {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let Ok(answer) = json(at, "POST", CREATE_PATH, &Room::new(n).creation(b"sealed")) else {
                            break;
                        };
                        assert_eq!(answer.status, 201);
                        acknowledged.lock().unwrap().push(n);
                        let _ = acks.send(());
                    }
                });
            }
            // After another number of rooms each round, while more are on their way.
            for _ in 0..1 + round * 7 % 40 {
                acked.recv().unwrap();
            }
            server.kill();
            stopping.store(true, Ordering::Relaxed);
        });
    }
    let server = Process::start(data.path(), &["--limits", "lab"]);
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= ROUNDS as usize);
    for n in &acknowledged {
        let answer = get(server.at, &room_path(&Room::new(*n).rid())).unwrap();
        assert_eq!(answer.status, 200, "room {n} of {} is lost", acknowledged.len());
        assert_eq!(answer.json::<RoomAnswer>().state, RoomState::Waiting);
    }
}
