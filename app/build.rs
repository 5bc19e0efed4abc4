//! Writes the icons' shapes as tables, `drawings.rs`, from the components of `lucide-yew`. In the app each of those would bring
//! a component's whole machinery, some 5 kB of wasm; all of them together as tables are smaller than five.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

use lucide_yew as lucide;
use yew::prelude::*;

macro_rules! icons {
    ($($icon:ident)*) => {
        /// The icons in use, by their names at Lucide.
        const ICONS: &[&str] = &[$(stringify!($icon)),*];

        /// All of them, in this order.
        #[component]
        fn Sheet() -> Html {
            html! { <>$(<lucide::$icon />)*</> }
        }
    };
}

icons! {
    Ban CameraOff Check ChevronDown ChevronLeft ChevronRight ChevronUp CircleAlert CircleCheck Copy DoorOpen Download Expand Eye
    EyeOff FileText Hand HardDrive Headphones House Info KeyRound Laptop Link Lock LockOpen LogIn LogOut Mail MessageSquare Mic MicOff Monitor
    Moon Move Paperclip Pause Pencil PhoneOff Play Printer QrCode RefreshCw Route Search Send Server Settings ShieldCheck Smartphone Star Sun
    TriangleAlert User UserPlus UserX Users Video VideoOff Volume2 Waypoints WifiOff X
}

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let sheet = futures::executor::block_on(yew::ServerRenderer::<Sheet>::new().hydratable(false).render());
    let drawings: Vec<&str> = sheet.split("</svg>").filter_map(inside).collect();
    assert_eq!(drawings.len(), ICONS.len(), "every icon is one drawing: {sheet}");
    let tables: String = ICONS.iter().zip(drawings).map(|(icon, drawing)| table(icon, drawing)).collect();
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("drawings.rs"), tables)
}

/// What follows the opening tag of a drawing.
fn inside(svg: &str) -> Option<&str> {
    svg.split_once('>').map(|(_, shapes)| shapes)
}

/// One drawing as a constant.
fn table(icon: &str, drawing: &str) -> String {
    let mut table = format!("/// `{icon}`.\npub const {}: Drawing = &[\n", constant(icon));
    for shape in drawing.split('<').filter(|tag| !tag.is_empty() && !tag.starts_with('/')) {
        let shape = shape.trim_end_matches('>').trim_end_matches('/').trim_end();
        let (tag, attributes) = shape.split_once(' ').unwrap_or((shape, ""));
        let _ = writeln!(table, "    (\"{tag}\", &[{}]),", attributes_of(attributes));
    }
    table + "];\n"
}

/// `d="M2 2" r="1"` as pairs.
fn attributes_of(text: &str) -> String {
    let mut pieces = text.split('"');
    let mut pairs = String::new();
    while let (Some(name), Some(value)) = (pieces.next(), pieces.next()) {
        assert!(!value.contains(['&', '\\']), "plain numbers and letters: {value}");
        let _ =
            write!(pairs, "(\"{}\", AttributeOrProperty::Static(\"{value}\")), ", name.trim().trim_end_matches('='));
    }
    pairs
}

/// `PhoneOff` as `PHONE_OFF`.
fn constant(icon: &str) -> String {
    let mut name = String::new();
    for letter in icon.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}
