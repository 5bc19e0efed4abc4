//! The app's files, held in memory with their compressed siblings.
//!
//! `xtask` writes them: a file `NAME`, and `NAME.br` and `NAME.gz` where compressing pays. Everything below `/assets/` has a hash of
//! its content in its name and never changes; every other file is asked for anew each time. Nothing is compressed here.

use std::{collections::BTreeMap, fs, io, path::Path};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use sha2::{Digest, Sha256};

/// The files of one directory.
#[derive(Debug, Default)]
pub struct Assets(BTreeMap<String, Asset>);

#[derive(Debug)]
struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
    media_type: &'static str,
    etag: HeaderValue,
    cache: &'static str,
}

/// Most bytes of all files together (chosen: ten times what the app has).
const MAX_TOTAL_BYTES: usize = 128 * 1024 * 1024;
/// Most folders inside folders (chosen).
const MAX_DEPTH: usize = 8;
/// Tells how long a compressed file is when it is not, so that a page can show progress.
const UNCOMPRESSED_LENGTH: HeaderName = HeaderName::from_static("x-uncompressed-length");

impl Assets {
    /// Reads all files below `directory`. Blocks.
    pub fn load(directory: &Path) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        collect(directory, "", MAX_DEPTH, &mut MAX_TOTAL_BYTES.clone(), &mut files)?;
        let mut assets = BTreeMap::new();
        for (path, plain) in &files {
            let sibling = |extension: &str| files.get(&format!("{path}.{extension}")).cloned();
            let original = path.strip_suffix(".br").or_else(|| path.strip_suffix(".gz"));
            if original.is_some_and(|original| files.contains_key(original)) {
                continue;
            }
            let asset = Asset::new(path, plain.clone(), sibling("br"), sibling("gz"));
            assets.insert(format!("/{path}"), asset);
        }
        Ok(Self(assets))
    }

    /// True when there is nothing to serve.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Answers a `GET` or `HEAD` of `path`; none if there is no such file.
    pub fn answer(&self, path: &str, asked: &HeaderMap) -> Option<Response<Body>> {
        let path = if path == "/" { "/index.html" } else { path };
        self.0.get(path).map(|asset| asset.answer(asked))
    }
}

impl Asset {
    fn new(path: &str, plain: Bytes, brotli: Option<Bytes>, gzip: Option<Bytes>) -> Self {
        let digest: String = Sha256::digest(&plain).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let etag = HeaderValue::from_str(&format!("W/\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""));
        let cache = match path {
            "index.html" => "no-store",
            path if path.starts_with("assets/") => "public, max-age=31536000, immutable",
            _ => "no-cache",
        };
        Self { plain, brotli, gzip, media_type: media_type(path), etag, cache }
    }

    fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        let (encoding, content) = self.encoded(asked);
        let known = asked.get_all(header::IF_NONE_MATCH).iter().any(|tag| tag == self.etag);
        let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { content.into_response() };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.cache));
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if !known {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            headers.insert(UNCOMPRESSED_LENGTH, self.plain.len().into());
            if let Some(encoding) = encoding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        response
    }

    fn encoded(&self, asked: &HeaderMap) -> (Option<&'static str>, Bytes) {
        match (&self.brotli, &self.gzip) {
            (Some(brotli), _) if accepts(asked, "br") => (Some("br"), brotli.clone()),
            (_, Some(gzip)) if accepts(asked, "gzip") => (Some("gzip"), gzip.clone()),
            _ => (None, self.plain.clone()),
        }
    }
}

// RFC 9110 section 12.5.3, without ranking: a coding that is named and not refused is fine.
fn accepts(asked: &HeaderMap, coding: &str) -> bool {
    let lists = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let refused = matches!(parameters.trim().replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case(coding) && !refused
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "woff2" => "font/woff2",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn collect(
    directory: &Path,
    prefix: &str,
    depth: usize,
    budget_bytes: &mut usize,
    files: &mut BTreeMap<String, Bytes>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            collect(&entry.path(), &format!("{path}/"), depth - 1, budget_bytes, files)?;
        } else if kind.is_file() {
            let content = fs::read(entry.path())?;
            *budget_bytes = budget_bytes.checked_sub(content.len()).ok_or(io::ErrorKind::FileTooLarge)?;
            files.insert(path, Bytes::from(content));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets() -> Assets {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| fs::write(directory.path().join(name), content).unwrap();
        fs::create_dir(directory.path().join("assets")).unwrap();
        write("index.html", "<!doctype html>");
        write("icon.svg", "<svg/>");
        write("assets/app-0123456789abcdef.wasm", "plain plain plain");
        write("assets/app-0123456789abcdef.wasm.br", "brotli");
        write("assets/app-0123456789abcdef.wasm.gz", "gzip");
        Assets::load(directory.path()).unwrap()
    }

    fn asked(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn value<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn the_best_coding_the_client_takes_is_sent_and_siblings_have_no_address() {
        let (assets, path) = (assets(), "/assets/app-0123456789abcdef.wasm");
        let coding = |accept: &str| {
            let answer = assets.answer(path, &asked(header::ACCEPT_ENCODING, accept)).unwrap();
            assert_eq!(value(&answer, "content-type"), "application/wasm");
            assert_eq!(value(&answer, "x-uncompressed-length"), "17");
            value(&answer, "content-encoding").to_owned()
        };
        assert_eq!(coding("gzip, deflate, br"), "br");
        assert_eq!(coding("gzip, br;q=0"), "gzip");
        assert_eq!(coding("deflate"), "");
        assert!(assets.answer(&format!("{path}.br"), &HeaderMap::new()).is_none());
    }

    #[test]
    fn hashed_names_are_kept_for_ever_the_page_never_and_the_rest_is_asked_for_anew() {
        let assets = assets();
        let cache = |path| value(&assets.answer(path, &HeaderMap::new()).unwrap(), "cache-control").to_owned();
        assert_eq!(cache("/assets/app-0123456789abcdef.wasm"), "public, max-age=31536000, immutable");
        assert_eq!((cache("/"), cache("/index.html")), ("no-store".into(), "no-store".into()));
        assert_eq!(cache("/icon.svg"), "no-cache");
        let icon = assets.answer("/icon.svg", &HeaderMap::new()).unwrap();
        let again = assets.answer("/icon.svg", &asked(header::IF_NONE_MATCH, value(&icon, "etag"))).unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn nothing_outside_the_directory_can_be_named() {
        for path in ["/../Cargo.toml", "/assets/../../etc/passwd", "//etc/passwd", "/assets", "index.html"] {
            assert!(assets().answer(path, &HeaderMap::new()).is_none(), "{path}");
        }
    }
}
