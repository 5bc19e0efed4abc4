//! The account screens' icons: Lucide's, hidden from screen readers. Apart from the call pages' ones, so that those do not grow.

use lucide_yew as lucide;
use yew::prelude::*;

/// The icons in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Symbol {
    /// Keys of one's own.
    Key,
    /// Mail.
    Mail,
    /// Nobody reads it.
    EyeOff,
    /// Show.
    Eye,
    /// Write by hand, or rename.
    Pencil,
    /// No photo.
    CameraOff,
    /// At home.
    House,
    /// A file.
    File,
    /// Another device.
    Phone,
    /// A computer.
    Laptop,
    /// A person.
    Person,
    /// A password.
    Lock,
    /// What is kept at a server.
    Drive,
    /// Signing out.
    LogOut,
    /// Saved to this device.
    Download,
    /// Settings.
    Settings,
    /// On to more.
    Right,
    /// Done.
    Done,
    /// Not right.
    Alert,
    /// Beware.
    Warning,
    /// Verified.
    Shield,
    /// Close.
    Close,
    /// Print.
    Printer,
    /// Back.
    Back,
}

/// Properties of [`Sign`].
#[derive(Clone, PartialEq, Properties)]
pub struct SignProps {
    /// Which one.
    pub symbol: Symbol,
}

/// An icon. It never carries meaning alone: what is around it says it in words.
#[component]
pub fn Sign(props: &SignProps) -> Html {
    let drawing = match props.symbol {
        Symbol::Key => html! { <lucide::KeyRound /> },
        Symbol::Mail => html! { <lucide::Mail /> },
        Symbol::EyeOff => html! { <lucide::EyeOff /> },
        Symbol::Eye => html! { <lucide::Eye /> },
        Symbol::Pencil => html! { <lucide::Pencil /> },
        Symbol::CameraOff => html! { <lucide::CameraOff /> },
        Symbol::House => html! { <lucide::House /> },
        Symbol::File => html! { <lucide::FileText /> },
        Symbol::Phone => html! { <lucide::Smartphone /> },
        Symbol::Laptop => html! { <lucide::Laptop /> },
        Symbol::Person => html! { <lucide::User /> },
        Symbol::Lock => html! { <lucide::Lock /> },
        Symbol::Drive => html! { <lucide::HardDrive /> },
        Symbol::LogOut => html! { <lucide::LogOut /> },
        Symbol::Download => html! { <lucide::Download /> },
        Symbol::Settings => html! { <lucide::Settings /> },
        Symbol::Right => html! { <lucide::ChevronRight /> },
        Symbol::Done => html! { <lucide::CircleCheck /> },
        Symbol::Alert => html! { <lucide::CircleAlert /> },
        Symbol::Warning => html! { <lucide::TriangleAlert /> },
        Symbol::Shield => html! { <lucide::ShieldCheck /> },
        Symbol::Close => html! { <lucide::X /> },
        Symbol::Printer => html! { <lucide::Printer /> },
        Symbol::Back => html! { <lucide::ChevronLeft /> },
    };
    html! { <span class="icon" aria-hidden="true">{ drawing }</span> }
}
