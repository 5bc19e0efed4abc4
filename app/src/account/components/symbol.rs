//! The account screens' icons: Lucide's, hidden from screen readers. Apart from the call pages' ones, so that those do not grow.

use yew::prelude::*;

use crate::components::icon::drawing;

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
    drawing::framed(match props.symbol {
        Symbol::Key => drawing::KEY_ROUND,
        Symbol::Mail => drawing::MAIL,
        Symbol::EyeOff => drawing::EYE_OFF,
        Symbol::Eye => drawing::EYE,
        Symbol::Pencil => drawing::PENCIL,
        Symbol::CameraOff => drawing::CAMERA_OFF,
        Symbol::House => drawing::HOUSE,
        Symbol::File => drawing::FILE_TEXT,
        Symbol::Phone => drawing::SMARTPHONE,
        Symbol::Laptop => drawing::LAPTOP,
        Symbol::Person => drawing::USER,
        Symbol::Lock => drawing::LOCK,
        Symbol::Drive => drawing::HARD_DRIVE,
        Symbol::LogOut => drawing::LOG_OUT,
        Symbol::Download => drawing::DOWNLOAD,
        Symbol::Settings => drawing::SETTINGS,
        Symbol::Right => drawing::CHEVRON_RIGHT,
        Symbol::Done => drawing::CIRCLE_CHECK,
        Symbol::Alert => drawing::CIRCLE_ALERT,
        Symbol::Warning => drawing::TRIANGLE_ALERT,
        Symbol::Shield => drawing::SHIELD_CHECK,
        Symbol::Close => drawing::X,
        Symbol::Printer => drawing::PRINTER,
        Symbol::Back => drawing::CHEVRON_LEFT,
    })
}
