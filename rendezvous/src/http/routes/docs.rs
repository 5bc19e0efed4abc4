//! `GET /api/openapi.json` and `GET /api/docs`: the API's description for programs, and the same as a page for people.
//!
//! The page is written from the description and has neither scripts nor anything from elsewhere.

use std::{fmt::Write, sync::LazyLock};

use axum::{Json, response::Html};
use serde_json::{Map, Value};

use crate::http::{html::Escaped, openapi::DOCUMENT};

/// The description.
pub async fn openapi() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

/// The page.
pub async fn page() -> Html<&'static str> {
    Html(&PAGE)
}

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let mut page = String::new();
    // Writing into a string does not fail.
    let _ = write_page(&mut page, &DOCUMENT);
    page
});

fn write_page(page: &mut String, document: &Value) -> std::fmt::Result {
    let title = Escaped(text(&document["info"]["title"]));
    writeln!(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>")?;
    writeln!(page, "<meta name=\"viewport\" content=\"width=device-width\">\n</head>\n<body>\n<h1>{title}</h1>")?;
    writeln!(page, "<p>{}</p>", Escaped(text(&document["info"]["description"])))?;
    writeln!(page, "<p>For programs: <a href=\"/api/openapi.json\">openapi.json</a></p>\n<h2>Paths</h2>")?;
    for (path, operations) in entries(&document["paths"]) {
        for (method, operation) in entries(operations) {
            write_operation(page, path, method, operation)?;
        }
    }
    writeln!(page, "<h2>Types</h2>")?;
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let shown = serde_json::to_string_pretty(schema).unwrap_or_default();
        writeln!(page, "<h3 id=\"{0}\">{0}</h3>\n<pre>{1}</pre>", Escaped(name), Escaped(&shown))?;
    }
    writeln!(page, "</body>\n</html>")
}

fn write_operation(page: &mut String, path: &str, method: &str, operation: &Value) -> std::fmt::Result {
    writeln!(page, "<h3><code>{} {}</code></h3>", Escaped(&method.to_uppercase()), Escaped(path))?;
    writeln!(page, "<p>{}</p>\n<ul>", Escaped(text(&operation["summary"])))?;
    if operation.get("security").is_some() {
        writeln!(page, "<li>needs a session: <code>Authorization: Bearer ...</code></li>")?;
    }
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    if schema["properties"].get("proof").is_some() {
        writeln!(page, "<li>takes {} with a proof</li>", linked(schema))?;
    } else if schema.is_object() {
        writeln!(page, "<li>takes {}</li>", linked(schema))?;
    }
    for (status, answer) in entries(&operation["responses"]) {
        let schema = &answer["content"]["application/json"]["schema"];
        let carried = if schema.is_object() { linked(schema) } else { "nothing".to_owned() };
        writeln!(page, "<li>{}: {carried}. {}</li>", Escaped(status), Escaped(text(&answer["description"])))?;
    }
    writeln!(page, "</ul>")
}

// By the name of the type: a reference ends in it, a type with its proof has it as its title.
fn linked(schema: &Value) -> String {
    let named = schema.get("$ref").unwrap_or(&schema["title"]);
    let name = text(named).rsplit('/').next().unwrap_or_default();
    format!("<a href=\"#{0}\">{0}</a>", Escaped(name))
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_leads_to_a_type() {
        for link in PAGE.split("href=\"#").skip(1) {
            let name = link.split('"').next().unwrap();
            assert!(!name.is_empty() && PAGE.contains(&format!("id=\"{name}\"")), "`{name}`");
        }
        assert!(PAGE.contains("takes <a href=\"#Register\">Register</a> with a proof"));
    }

    #[test]
    fn the_page_shows_every_path_and_type_and_runs_nothing() {
        for (path, _) in entries(&DOCUMENT["paths"]) {
            assert!(PAGE.contains(&format!(" {path}</code>")), "{path}");
        }
        for (name, _) in entries(&DOCUMENT["components"]["schemas"]) {
            assert!(PAGE.contains(&format!("<h3 id=\"{name}\">")), "{name}");
        }
        assert!(
            !PAGE.contains("<script") && !PAGE.contains("style=") && !PAGE.contains("://"),
            "nothing from elsewhere"
        );
    }
}
