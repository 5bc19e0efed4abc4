//! Icons: Lucide's, hidden from screen readers, sized and drawn by the style sheet.

pub mod drawing;

use yew::{prelude::*, virtual_dom::AttributeOrProperty};

use drawing::Drawing;

/// The icons in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    /// Microphone on.
    Mic,
    /// Microphone off.
    MicOff,
    /// Camera on.
    Video,
    /// Camera off.
    VideoOff,
    /// Speaker.
    Volume,
    /// Chat.
    Message,
    /// People.
    Users,
    /// Add somebody.
    UserPlus,
    /// Leave.
    PhoneOff,
    /// Upwards.
    ChevronUp,
    /// Downwards.
    ChevronDown,
    /// Back.
    ChevronLeft,
    /// Forward.
    ChevronRight,
    /// Sealed.
    Lock,
    /// Verified.
    Shield,
    /// Over a relay.
    Route,
    /// Network.
    Waypoints,
    /// Only you see this.
    Eye,
    /// No tracking.
    EyeOff,
    /// Copy.
    Copy,
    /// Done.
    Check,
    /// Close.
    X,
    /// A link.
    Link,
    /// A QR code.
    QrCode,
    /// Light theme.
    Sun,
    /// Dark theme.
    Moon,
    /// The system's theme; a screen.
    Monitor,
    /// A room.
    Door,
    /// Send.
    Send,
    /// Home.
    House,
    /// Into an account.
    LogIn,
    /// Again.
    Refresh,
    /// A notice.
    Info,
    /// An error at a field.
    Alert,
    /// A warning.
    Warning,
    /// Start.
    Play,
    /// Halt.
    Pause,
    /// A server.
    Server,
    /// Another corner; somewhere else.
    Move,
    /// Headphones.
    Headphones,
    /// A laptop.
    Laptop,
    /// No network.
    WifiOff,
    /// Full screen.
    Expand,
    /// A raised hand.
    Hand,
    /// A moderator.
    Star,
    /// Remove somebody.
    UserX,
    /// Keep somebody out.
    Ban,
    /// Not locked.
    LockOpen,
    /// Look for something.
    Search,
    /// What is set.
    Settings,
    /// A file.
    FileText,
    /// Emoji.
    Smile,
    /// A file to send.
    Paperclip,
    /// More to do with this.
    More,
}

/// An icon. It never carries meaning alone: the control around it has the label.
pub fn icon(glyph: Glyph) -> Html {
    drawing::framed(drawing_of(glyph))
}

/// The drawing of a glyph; long because every glyph has its line.
const fn drawing_of(glyph: Glyph) -> Drawing {
    match glyph {
        Glyph::Mic => drawing::MIC,
        Glyph::MicOff => drawing::MIC_OFF,
        Glyph::Video => drawing::VIDEO,
        Glyph::VideoOff => drawing::VIDEO_OFF,
        Glyph::Volume => drawing::VOLUME2,
        Glyph::Message => drawing::MESSAGE_SQUARE,
        Glyph::Users => drawing::USERS,
        Glyph::UserPlus => drawing::USER_PLUS,
        Glyph::PhoneOff => drawing::PHONE_OFF,
        Glyph::ChevronUp => drawing::CHEVRON_UP,
        Glyph::ChevronDown => drawing::CHEVRON_DOWN,
        Glyph::ChevronLeft => drawing::CHEVRON_LEFT,
        Glyph::ChevronRight => drawing::CHEVRON_RIGHT,
        Glyph::Lock => drawing::LOCK,
        Glyph::Shield => drawing::SHIELD_CHECK,
        Glyph::Route => drawing::ROUTE,
        Glyph::Waypoints => drawing::WAYPOINTS,
        Glyph::Eye => drawing::EYE,
        Glyph::EyeOff => drawing::EYE_OFF,
        Glyph::Copy => drawing::COPY,
        Glyph::Check => drawing::CHECK,
        Glyph::X => drawing::X,
        Glyph::Link => drawing::LINK,
        Glyph::QrCode => drawing::QR_CODE,
        Glyph::Sun => drawing::SUN,
        Glyph::Moon => drawing::MOON,
        Glyph::Monitor => drawing::MONITOR,
        Glyph::Door => drawing::DOOR_OPEN,
        Glyph::Send => drawing::SEND,
        Glyph::House => drawing::HOUSE,
        Glyph::LogIn => drawing::LOG_IN,
        Glyph::Refresh => drawing::REFRESH_CW,
        Glyph::Info => drawing::INFO,
        Glyph::Alert => drawing::CIRCLE_ALERT,
        Glyph::Warning => drawing::TRIANGLE_ALERT,
        Glyph::Play => drawing::PLAY,
        Glyph::Pause => drawing::PAUSE,
        Glyph::Server => drawing::SERVER,
        Glyph::Move => drawing::MOVE,
        Glyph::Headphones => drawing::HEADPHONES,
        Glyph::Laptop => drawing::LAPTOP,
        Glyph::WifiOff => drawing::WIFI_OFF,
        Glyph::Expand => drawing::EXPAND,
        Glyph::Hand => drawing::HAND,
        Glyph::Star => drawing::STAR,
        Glyph::UserX => drawing::USER_X,
        Glyph::Ban => drawing::BAN,
        Glyph::LockOpen => drawing::LOCK_OPEN,
        Glyph::Search => drawing::SEARCH,
        Glyph::Settings => drawing::SETTINGS,
        Glyph::FileText => drawing::FILE_TEXT,
        Glyph::Smile => SMILE,
        Glyph::Paperclip => drawing::PAPERCLIP,
        Glyph::More => MORE,
    }
}

/// Three dots, one above the other.
const MORE: Drawing = &[
    (
        "circle",
        &[
            ("cx", AttributeOrProperty::Static("12")),
            ("cy", AttributeOrProperty::Static("5")),
            ("r", AttributeOrProperty::Static("1")),
        ],
    ),
    (
        "circle",
        &[
            ("cx", AttributeOrProperty::Static("12")),
            ("cy", AttributeOrProperty::Static("12")),
            ("r", AttributeOrProperty::Static("1")),
        ],
    ),
    (
        "circle",
        &[
            ("cx", AttributeOrProperty::Static("12")),
            ("cy", AttributeOrProperty::Static("19")),
            ("r", AttributeOrProperty::Static("1")),
        ],
    ),
];

/// A face that smiles; the library's is not among what it exports.
const SMILE: Drawing = &[
    (
        "circle",
        &[
            ("cx", AttributeOrProperty::Static("12")),
            ("cy", AttributeOrProperty::Static("12")),
            ("r", AttributeOrProperty::Static("10")),
        ],
    ),
    ("path", &[("d", AttributeOrProperty::Static("M8.5 9h.01M15.5 9h.01M7.8 14.2a5 5 0 0 0 8.4 0"))]),
];
