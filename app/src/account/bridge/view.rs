//! What screens are shown of the wallet: no key, no seed.

use std::rc::Rc;

use milanio_identity::DeviceId;
use milanio_rendezvous::api::SeenDevice;

use crate::{
    account::state::{devices::Device, me::Me},
    wallet::Wallet,
};

/// Who the wallet is about.
pub(super) fn me(wallet: &Wallet) -> Me {
    let id = wallet.account().id();
    Me {
        id: id.short(),
        account: *id.as_bytes(),
        name: wallet.name.clone(),
        avatar: wallet.avatar.clone().map(Rc::new),
        email: wallet.email.clone(),
        is_verified: wallet.is_registered,
        is_untold: wallet.is_untold,
        backups: wallet.backed_up,
    }
}

/// The devices that the wallet knows of, this one first, then by their names.
pub(super) fn devices(wallet: &Wallet, seen: &[SeenDevice]) -> Vec<Device> {
    let this = wallet.device().id();
    let last_day =
        |id: DeviceId| seen.iter().find(|seen| seen.device.as_bytes() == id.as_bytes()).map(|seen| seen.last_day);
    let listed = wallet.devices().map(|list| list.devices().to_vec()).unwrap_or_default();
    let mut devices: Vec<Device> = listed
        .iter()
        .map(|listed| Device {
            id: *listed.device.as_bytes(),
            short: listed.device.short(),
            name: wallet.device_names.get(&listed.device).cloned().unwrap_or_default(),
            is_this: listed.device == this,
            last_day: last_day(listed.device),
            added_day: listed.added_day,
        })
        .collect();
    if !devices.iter().any(|device| device.is_this) {
        let name = wallet.device_names.get(&this).cloned().unwrap_or_default();
        devices.push(Device {
            id: *this.as_bytes(),
            short: this.short(),
            name,
            is_this: true,
            last_day: None,
            added_day: 0,
        });
    }
    devices.sort_by(|a, b| (!a.is_this, &a.name, &a.short).cmp(&(!b.is_this, &b.name, &b.short)));
    devices
}
