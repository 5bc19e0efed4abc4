//! Icons: Lucide's, hidden from screen readers, sized and drawn by the style sheet.

use lucide_yew as lucide;
use yew::prelude::*;

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
}

/// Properties of [`Icon`].
#[derive(Clone, PartialEq, Properties)]
pub struct IconProps {
    /// Which one.
    pub glyph: Glyph,
}

/// An icon. It never carries meaning alone: the control around it has the label.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    html! { <span class="icon" aria-hidden="true">{ drawing(props.glyph) }</span> }
}

/// The drawing of a glyph; long because every glyph has its line.
fn drawing(glyph: Glyph) -> Html {
    match glyph {
        Glyph::Mic => html! { <lucide::Mic /> },
        Glyph::MicOff => html! { <lucide::MicOff /> },
        Glyph::Video => html! { <lucide::Video /> },
        Glyph::VideoOff => html! { <lucide::VideoOff /> },
        Glyph::Volume => html! { <lucide::Volume2 /> },
        Glyph::Message => html! { <lucide::MessageSquare /> },
        Glyph::Users => html! { <lucide::Users /> },
        Glyph::UserPlus => html! { <lucide::UserPlus /> },
        Glyph::PhoneOff => html! { <lucide::PhoneOff /> },
        Glyph::ChevronUp => html! { <lucide::ChevronUp /> },
        Glyph::ChevronDown => html! { <lucide::ChevronDown /> },
        Glyph::ChevronLeft => html! { <lucide::ChevronLeft /> },
        Glyph::ChevronRight => html! { <lucide::ChevronRight /> },
        Glyph::Lock => html! { <lucide::Lock /> },
        Glyph::Shield => html! { <lucide::ShieldCheck /> },
        Glyph::Route => html! { <lucide::Route /> },
        Glyph::Waypoints => html! { <lucide::Waypoints /> },
        Glyph::Eye => html! { <lucide::Eye /> },
        Glyph::EyeOff => html! { <lucide::EyeOff /> },
        Glyph::Copy => html! { <lucide::Copy /> },
        Glyph::Check => html! { <lucide::Check /> },
        Glyph::X => html! { <lucide::X /> },
        Glyph::Link => html! { <lucide::Link /> },
        Glyph::QrCode => html! { <lucide::QrCode /> },
        Glyph::Sun => html! { <lucide::Sun /> },
        Glyph::Moon => html! { <lucide::Moon /> },
        Glyph::Monitor => html! { <lucide::Monitor /> },
        Glyph::Door => html! { <lucide::DoorOpen /> },
        Glyph::Send => html! { <lucide::Send /> },
        Glyph::House => html! { <lucide::House /> },
        Glyph::LogIn => html! { <lucide::LogIn /> },
        Glyph::Refresh => html! { <lucide::RefreshCw /> },
        Glyph::Info => html! { <lucide::Info /> },
        Glyph::Alert => html! { <lucide::CircleAlert /> },
        Glyph::Warning => html! { <lucide::TriangleAlert /> },
        Glyph::Play => html! { <lucide::Play /> },
        Glyph::Pause => html! { <lucide::Pause /> },
        Glyph::Server => html! { <lucide::Server /> },
        Glyph::Move => html! { <lucide::Move /> },
        Glyph::Headphones => html! { <lucide::Headphones /> },
        Glyph::Laptop => html! { <lucide::Laptop /> },
        Glyph::WifiOff => html! { <lucide::WifiOff /> },
        Glyph::Expand => html! { <lucide::Expand /> },
    }
}
