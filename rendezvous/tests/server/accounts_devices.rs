//! Devices that an account did not have before: they name its address, and it is written to.

use milanio_rendezvous::api::{DEVICES_PATH, ErrorCode, PutDevices, Session};

use super::{
    accounts::refusal,
    person::{Person, with_token},
    process::Process,
};

const LAB: [&str; 2] = ["--limits", "lab"];
const WORDS: &str = "device that your Milanio account did not have before";

#[test]
fn the_first_sign_in_of_a_restored_device_is_written_to_the_address() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    ada.sign_up();
    let laptop = ada.on(7);
    assert_eq!(refusal(&laptop.login()), (403, ErrorCode::AddressNeeded));
    assert_eq!(refusal(&laptop.login_naming("other@mail1.example", "en")), (400, ErrorCode::EmailWrong));
    assert_eq!(refusal(&laptop.login_naming("nobody", "en")), (400, ErrorCode::EmailInvalid));
    let first = laptop.login_naming(&ada.email, "en");
    assert_eq!(first.status, 200, "{first:?}");
    let letter = &ada.letters(2)[1];
    assert!(letter.contains("/#/settings/devices") && letter.replace('\n', " ").contains(WORDS), "{letter}");
    assert_eq!(laptop.login().status, 200, "it was there before");
    assert_eq!(laptop.login_naming(&ada.email, "en").status, 200);
    let tablet = ada.on(8).login_naming(&ada.email, "de-AT");
    assert_eq!(tablet.status, 200, "{tablet:?}");
    assert!(ada.letters(3)[2].contains("Ein neues Gerät"), "and no letter about what was there before");
}

#[test]
fn a_device_that_another_one_listed_needs_no_address_and_leads_to_no_letter() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session: Session = ada.sign_up();
    let linked = ada.on(7);
    let body = PutDevices { list: ada.list(2, &[ada.device.id(), linked.device.id()], &[]) };
    let put = with_token(server.at, "PUT", DEVICES_PATH, &session.token, &ada.prove(body, DEVICES_PATH)).unwrap();
    assert_eq!(put.status, 204, "{put:?}");
    assert_eq!(linked.login().status, 200);
    // What comes later is the next letter.
    assert_eq!(ada.on(8).login_naming(&ada.email, "en").status, 200);
    assert_eq!(ada.letters(2).len(), 2);
}

#[test]
fn a_revoked_device_is_told_so_whatever_it_names() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path(), &LAB);
    let ada = Person::new(server.at, data.path(), 1);
    let session: Session = ada.sign_up();
    let lost = ada.on(7);
    let body = PutDevices { list: ada.list(2, &[ada.device.id()], &[lost.device.id()]) };
    let put = with_token(server.at, "PUT", DEVICES_PATH, &session.token, &ada.prove(body, DEVICES_PATH)).unwrap();
    assert_eq!(put.status, 204, "{put:?}");
    assert_eq!(refusal(&lost.login_naming(&ada.email, "en")), (403, ErrorCode::DeviceRevoked));
    assert_eq!(refusal(&lost.login_naming("other@mail1.example", "en")), (403, ErrorCode::DeviceRevoked));
}
