//! The browser app's pipeline: sources in, a folder that any web server can serve out.
//!
//! wasm ([`PROGRAMS`]) -> bindings -> names shortened -> wasm-opt (release) -> styles bundled -> landing rendered -> names hashed ->
//! placeholders replaced -> brotli and gzip siblings. Steps whose inputs have not changed are skipped.
//!
//! The folder: `index.html` and the files of `app/static/root/` keep their names; everything else lies in `assets/`
//! under a name with the hash of its content, so it may be cached for ever.
//!
//! Placeholders: `{{NAME}}` in `app/index.html` and in text files below `app/static/` becomes the URL of that asset:
//! `{{app.js}}`, `{{app.wasm}}` and the same for every program (a worker's script starts itself; give it to
//! `new Worker(url, {type: "module"})`), `{{main.css}}` and `{{account.css}}`, and every file of `app/static/` and `app/assets/` by its path in there (`{{boot.js}}`,
//! `{{fonts/onest.woff2}}`). `{{landing}}` becomes the rendered landing page. Style sheets say
//! `url("/assets/fonts/onest.woff2")`.

mod arrange;
mod bindings;
mod compile;
mod compress;
pub mod for_tests;
mod landing;
mod names;
mod optimise;
mod shorten;
mod site;
mod sizes;
mod stamp;
mod styles;

use std::fs;

use anyhow::Result;

use crate::native;
use crate::paths::Paths;
use crate::progress::note;

/// The app's programs, each a module that is loaded when it is needed: the call pages with the rooms' Argon2id, which a worker runs
/// from the same module, the account screens, and what is slow in those.
const PROGRAMS: [&str; 3] = ["app", "account", "account-worker"];

/// The style sheets, with what they import from `app/styles/`: the page's, and what comes with the account screens.
const STYLES: [&str; 2] = ["main.css", "account.css"];

/// What `cargo xtask build-app` accepts.
#[derive(clap::Args)]
pub struct Options {
    /// Builds what is published: smallest wasm, strongest compression.
    #[arg(long)]
    release: bool,
}

/// How much time the result's size is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// For trying a change: larger, built in a fraction of the time.
    Quick,
    /// What `cargo xtask run` serves.
    Optimised,
    /// Optimised, then once more by wasm-opt.
    Release,
}

/// Builds the app and prints the size of every file.
///
/// # Errors
/// When a step fails.
pub fn report(options: &Options) -> Result<()> {
    let paths = Paths::find()?;
    build(&paths, if options.release { Effort::Release } else { Effort::Quick })?;
    sizes::print(&paths.app_dist())
}

/// Builds the app into [`Paths::app_dist`], and the server beside it.
///
/// # Errors
/// When a step fails.
pub fn build(paths: &Paths, effort: Effort) -> Result<()> {
    native::build(paths)?;
    let compiled = compile::compile(paths, effort, "milanio-app", &program_targets())?;
    let landing = landing::render(paths)?;
    let inputs = stamp::Inputs::read(paths, effort, &compiled, &landing)?;
    if inputs.are_built(&paths.app_dist()) {
        return Ok(());
    }
    let mut site = site::Site::default();
    for program in PROGRAMS {
        let wasm = compiled.join(format!("{program}.wasm"));
        site.add_program(program, bindings::generate(paths, program, &wasm, effort)?);
    }
    site.add_folder(&paths.app().join("assets"))?;
    site.add_folder(&paths.app().join("static"))?;
    for name in STYLES {
        site.add_styles(name, styles::bundle(&paths.app().join("styles").join(name))?)?;
    }
    let index = fs::read_to_string(paths.app().join("index.html")).unwrap_or_else(|_| {
        note("app/index.html is missing; serving a bare page");
        BARE_PAGE.to_owned()
    });
    let files = site.finish(&index, &landing)?;
    compress::write(&files, &paths.app_dist(), effort)?;
    inputs.mark_built(&paths.app_dist())
}

/// The programs as targets on cargo's command line.
pub fn program_targets() -> Vec<&'static str> {
    PROGRAMS.iter().flat_map(|program| ["--bin", program]).collect()
}

/// Stands in for `app/index.html` in a checkout without one.
const BARE_PAGE: &str = "<!doctype html><title>Milanio</title><div id=\"app\">{{landing}}</div>";
