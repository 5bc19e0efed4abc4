//! Bundles the style sheets into one: imports followed, prefixed for the browsers we support, minified.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::dependencies::{Dependency, DependencyOptions};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use lightningcss::targets::{Browsers, Targets};

/// The bundle, with every `url(..)` behind a placeholder of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Styles {
    /// The text of the one style sheet.
    pub text: String,
    /// Placeholder in the text, and the URL that was written there.
    pub urls: Vec<(String, String)>,
}

/// Bundles the style sheet and all it imports. A checkout without styles has an empty bundle.
///
/// # Errors
/// When a file is missing or is no CSS; the message has the place.
pub fn bundle(main: &Path) -> Result<Styles> {
    if !main.exists() {
        return Ok(Styles::default());
    }
    let files = FileProvider::new();
    let broken = |error: String| anyhow!("styles: {error}");
    let targets = Targets::from(oldest_browsers());
    let mut sheet =
        Bundler::new(&files, None, ParserOptions::default()).bundle(main).map_err(|error| broken(error.to_string()))?;
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| broken(error.to_string()))?;
    let css = sheet
        .to_css(PrinterOptions {
            minify: true,
            targets,
            analyze_dependencies: Some(DependencyOptions { remove_imports: false }),
            ..PrinterOptions::default()
        })
        .map_err(|error| broken(error.to_string()))?;
    let urls = css.dependencies.unwrap_or_default().into_iter().filter_map(|dependency| match dependency {
        Dependency::Url(url) => Some((url.placeholder, url.url)),
        Dependency::Import(_) => None,
    });
    Ok(Styles { text: css.code, urls: urls.collect() })
}

/// The oldest browsers with all that the app needs: WebTransport, cascade layers, container queries, nesting, `:has`,
/// `light-dark()`.
fn oldest_browsers() -> Browsers {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Browsers {
        chrome: version(123, 0),
        edge: version(123, 0),
        firefox: version(121, 0),
        safari: version(17, 5),
        ..Browsers::default()
    }
}
