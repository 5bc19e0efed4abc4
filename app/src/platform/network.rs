//! Whether this device has a network at all.

/// The browser knows of no network; when it says that there is one, the server may still be out of reach.
pub fn is_offline() -> bool {
    !gloo::utils::window().navigator().on_line()
}

/// What this device is called until the person names it: `Chromium on Linux`.
pub fn device_name() -> String {
    name_of(&gloo::utils::window().navigator().user_agent().unwrap_or_default())
}

/// Browser and system of a user agent string, as far as they are known; the first match counts, since every browser also names others.
fn name_of(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("OPR/", "Opera"),
        ("HeadlessChrome/", "Chromium"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |list: &[(&str, &'static str)], other| {
        list.iter().find(|(mark, _)| user_agent.contains(mark)).map_or(other, |(_, name)| *name)
    };
    format!("{} on {}", find(&BROWSERS, "Browser"), find(&SYSTEMS, "this device"))
}

/// The language that the person prefers, as a tag such as `de-CH`.
pub fn language() -> String {
    gloo::utils::window().navigator().language().unwrap_or_else(|| "en".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_its_browser_and_system() {
        let name = |rest: &str| name_of(&format!("Mozilla/5.0 ({rest}"));
        assert_eq!(name("X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"), "Firefox on Linux");
        assert_eq!(name("Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0"), "Edge on Windows");
        assert_eq!(
            name("Linux; Android 16; K) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36"),
            "Chrome on Android"
        );
        assert_eq!(
            name("iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26.0 Mobile Safari/604.1"),
            "Safari on iPhone"
        );
        assert_eq!(name_of(""), "Browser on this device");
    }
}
