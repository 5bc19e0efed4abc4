//! Puts the parts together: decides every file's name and replaces the placeholders that stand for them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::bindings::Program;
use super::names::served;
use super::styles::Styles;

/// Makes a worker's script start itself; messages that come before the wasm is there are kept for it.
const WORKER_START: &str = include_str!("worker_start.js");
/// Stands for the program's name in there.
const WORKER_NAME: &str = "PROGRAM";
/// Files below this folder keep their names, since something outside asks for them by name.
const ROOT_FOLDER: &str = "root/";
/// Files that may hold placeholders.
const TEXT_EXTENSIONS: [&str; 6] = ["js", "css", "html", "svg", "json", "webmanifest"];

/// The finished files by their path without the leading slash.
pub type Files = BTreeMap<String, Vec<u8>>;

/// All parts of the app, collected under the names that placeholders use.
#[derive(Debug, Default)]
pub struct Site {
    /// Content that is final.
    binary: BTreeMap<String, Vec<u8>>,
    /// Content that may hold placeholders.
    text: BTreeMap<String, String>,
}

impl Site {
    /// Adds a program's script and wasm.
    pub fn add_program(&mut self, name: &str, program: Program) {
        let mut script = program.script;
        if name.ends_with("worker") {
            script += &WORKER_START.replace(WORKER_NAME, name);
        }
        self.text.insert(format!("{name}.js"), script);
        self.binary.insert(format!("{name}.wasm"), program.wasm);
    }

    /// Adds all files below a folder; a folder that is not there adds nothing.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn add_folder(&mut self, folder: &Path) -> Result<()> {
        if folder.exists() { self.add_below(folder, "") } else { Ok(()) }
    }

    fn add_below(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                self.add_below(&entry.path(), &format!("{name}/"))?;
            } else {
                self.add_file(name, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    fn add_file(&mut self, name: String, content: Vec<u8>) {
        let extension = name.rsplit('.').next().unwrap_or_default();
        if TEXT_EXTENSIONS.contains(&extension) {
            self.text.insert(name, String::from_utf8_lossy(&content).into_owned());
        } else {
            self.binary.insert(name, content);
        }
    }

    /// Adds a style sheet under this name; its URLs below `/assets/` become placeholders.
    ///
    /// # Errors
    /// When a URL points to another host.
    pub fn add_styles(&mut self, name: &str, styles: Styles) -> Result<()> {
        let mut text = styles.text;
        for (placeholder, url) in styles.urls {
            let target = match url.strip_prefix("/assets/") {
                Some(name) => format!("{{{{{name}}}}}"),
                None if url.starts_with("data:") || url.starts_with('#') => url,
                None => bail!("styles: url({url}) is neither below /assets/ nor a data URL"),
            };
            text = text.replace(&placeholder, &target);
        }
        self.text.insert(name.into(), text);
        Ok(())
    }

    /// Names every file and fills the placeholders, files that others refer to first.
    ///
    /// # Errors
    /// When a placeholder stands for nothing, or files refer to each other in a circle.
    pub fn finish(self, index: &str, landing: &str) -> Result<Files> {
        let mut files = Files::new();
        let mut urls = BTreeMap::new();
        for (name, content) in self.binary {
            publish(&mut files, &mut urls, name, content);
        }
        let mut waiting = self.text;
        while !waiting.is_empty() {
            let ready: Vec<String> =
                waiting.iter().filter(|(_, text)| fill(text, &urls).is_ok()).map(|(name, _)| name.clone()).collect();
            if ready.is_empty() {
                let (name, text) = waiting.pop_first().context("something waits")?;
                return fill(&text, &urls).map(|_| files).with_context(|| name);
            }
            for (name, text) in ready.into_iter().filter_map(|name| waiting.remove_entry(&name)) {
                let text = fill(&text, &urls)?;
                publish(&mut files, &mut urls, name, text.into_bytes());
            }
        }
        urls.insert("landing".into(), landing.trim().to_owned());
        let page = fill(index, &urls).context("app/index.html")?;
        files.insert("index.html".into(), page.into_bytes());
        Ok(files)
    }
}

fn publish(files: &mut Files, urls: &mut BTreeMap<String, String>, name: String, content: Vec<u8>) {
    let path = match name.strip_prefix(ROOT_FOLDER) {
        Some(root) => root.to_owned(),
        None => served(&name, &content),
    };
    urls.insert(name, format!("/{path}"));
    files.insert(path, content);
}

/// Replaces every `{{NAME}}` whose name looks like one of ours. Other double braces are left as they are.
fn fill(text: &str, urls: &BTreeMap<String, String>) -> Result<String> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        match after.split_once("}}").filter(|(name, _)| is_name(name)) {
            Some((name, after)) => {
                filled.push_str(urls.get(name).with_context(|| format!("{{{{{name}}}}} stands for nothing"))?);
                rest = after;
            }
            None => {
                filled.push_str("{{");
                rest = after;
            }
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &[(&str, &str)]) -> Site {
        let text = text.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        Site { binary: BTreeMap::from([("app.wasm".into(), vec![0])]), text }
    }

    #[test]
    fn a_file_is_named_after_the_files_it_refers_to() {
        let files = site(&[("a.js", "load {{b.js}}"), ("b.js", "load {{app.wasm}}")])
            .finish("<script src={{a.js}}>{{landing}}", "<h1>Hi</h1>\n")
            .expect("no circle");
        let b = served("b.js", b"load /assets/app-6e340b9cffb37a98.wasm");
        let a = served("a.js", format!("load /{b}").as_bytes());
        assert_eq!(files["index.html"], format!("<script src=/{a}><h1>Hi</h1>").as_bytes());
        assert_eq!(files.keys().collect::<Vec<_>>(), [&a, "assets/app-6e340b9cffb37a98.wasm", &b, "index.html"]);
    }

    #[test]
    fn a_worker_starts_itself_with_its_own_wasm_and_nothing_else_does() {
        let mut site = Site::default();
        for name in ["app", "account-worker"] {
            site.add_program(name, Program { script: "let bindings;".into(), wasm: Vec::new() });
        }
        assert_eq!(site.text["app.js"], "let bindings;");
        assert!(site.text["account-worker.js"].contains(r#"module_or_path: "{{account-worker.wasm}}""#));
    }

    #[test]
    fn a_placeholder_for_nothing_is_an_error_that_names_file_and_placeholder() {
        let error = site(&[("boot.js", "{{nothing.js}}")]).finish("", "").expect_err("stands for nothing");
        assert_eq!(format!("{error:#}"), "boot.js: {{nothing.js}} stands for nothing");
    }

    #[test]
    fn files_in_a_circle_are_an_error() {
        site(&[("a.js", "{{b.js}}"), ("b.js", "{{a.js}}")]).finish("", "").expect_err("a circle");
    }

    #[test]
    fn braces_of_the_language_stay() {
        assert_eq!(
            fill("const a = {{ b: {} }}; {{a b}}", &BTreeMap::new()).ok().as_deref(),
            Some("const a = {{ b: {} }}; {{a b}}")
        );
    }

    #[test]
    fn files_of_the_root_folder_keep_their_names() {
        let files = site(&[("root/robots.txt.svg", "x")]).finish("{{root/robots.txt.svg}}", "").expect("fine");
        assert_eq!(files["index.html"], b"/robots.txt.svg");
    }

    #[test]
    fn a_style_sheet_that_asks_another_host_is_refused() {
        let styles = Styles { text: "a{b:url(1)}".into(), urls: vec![("1".into(), "https://fonts.example/x".into())] };
        Site::default().add_styles("main.css", styles).expect_err("another host");
    }
}
