//! What screens are shown of the wallet: no key, no seed.

use std::rc::Rc;

use data_encoding::BASE64URL_NOPAD;
use milanio_identity::DeviceId;
use milanio_rendezvous::api::SeenDevice;
use serde_json::{Value, json};

use crate::{
    account::{
        components::avatar::data_url,
        state::{devices::Device, me::Me},
    },
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

/// All that is known about the account, for its owner.
pub(super) fn export(wallet: &Wallet) -> Value {
    let account = wallet.account().id();
    json!({
        "account": BASE64URL_NOPAD.encode(account.as_bytes()),
        "account_short": account.short(),
        "name": wallet.name,
        "email": wallet.email,
        "picture": wallet.avatar.as_deref().and_then(data_url),
        "devices": devices(wallet, &[]).iter().map(|device| json!({
            "id": device.short, "name": device.name, "this": device.is_this, "added_day": device.added_day,
        })).collect::<Vec<_>>(),
        "server_keeps": {
            "keyed_hash_of_email": wallet.is_registered,
            "sealed_profile": wallet.seqs.profile > 0,
            "sealed_vault": wallet.backed_up.has_vault,
            "device_list": wallet.devices().is_some(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_holds_all_but_the_keys() {
        let mut wallet = Wallet::new([3; 32], [4; 32], "Ines".into(), 1_750_000_000).unwrap();
        wallet.email = Some("ines@example.org".into());
        wallet.avatar = Some(vec![0xff, 0xd8, 0xff, 1]);
        let export = export(&wallet);
        let account = BASE64URL_NOPAD.decode(export["account"].as_str().unwrap().as_bytes()).unwrap();
        assert_eq!(account, wallet.account().id().as_bytes());
        assert_eq!((&export["name"], &export["email"]), (&"Ines".into(), &"ines@example.org".into()));
        assert_eq!(export["picture"], "data:image/jpeg;base64,/9j/AQ==");
        assert_eq!(export["devices"][0]["this"], true);
        let text = export.to_string();
        for seed in [[3; 32], [4; 32]] {
            assert!(!text.contains(&BASE64URL_NOPAD.encode(&seed)));
        }
    }
}
