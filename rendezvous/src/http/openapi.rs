//! The API's description for programs (OpenAPI 3.1): every path from one table, every type from the code that reads and writes it.
//!
//! Left out: pages for people ([`super::routes::docs`]), and the WebSocket of the relay, which is no HTTP API.

mod operations;
mod texts;

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::{Map, Value, json};

use operations::{Body, Needs, OPERATIONS, Operation};

use crate::api::{ApiError, ErrorCode, Proof};

/// The whole description.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

// The name of a type, and all types that are described with it.
type Described = fn(&mut Schemas) -> String;
type Schemas = BTreeMap<String, Value>;

// A type's name among the schemas, which are given it and what it is made of.
fn described<T: utoipa::ToSchema>(schemas: &mut Schemas) -> String {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        // Schemas are plain data, which always becomes JSON.
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
    T::name().into_owned()
}

fn document() -> Value {
    let mut schemas = Schemas::new();
    for name in [described::<ApiError>, described::<Proof>] {
        name(&mut schemas);
    }
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for operation in OPERATIONS {
        let described = describe(operation, &mut schemas);
        paths.entry(operation.path).or_default().insert(operation.method.to_owned(), described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Milanio rendezvous",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Accounts and the sealed room registry. Keys, signatures and sealed bytes are base64url without padding.",
            "license": { "name": "MIT" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "session": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    })
}

fn describe(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut described = Map::new();
    described.insert("summary".to_owned(), operation.summary.into());
    described.insert("operationId".to_owned(), operation_id(operation).into());
    let parameters: Vec<Value> = placeholders(operation.path).map(parameter).collect();
    if !parameters.is_empty() {
        described.insert("parameters".to_owned(), parameters.into());
    }
    if operation.needs == Needs::Session {
        described.insert("security".to_owned(), json!([{ "session": [] }]));
    }
    let body = match operation.body {
        Body::None => None,
        Body::Plain(name) => Some(reference(&name(schemas))),
        Body::Proven(name) => {
            let name = name(schemas);
            schemas.get(&name).cloned().map(|schema| with_proof(&name, schema))
        }
    };
    if let Some(schema) = body {
        let content = json!({ "application/json": { "schema": schema } });
        described.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    described.insert("responses".to_owned(), responses(operation, schemas));
    described.into()
}

fn responses(operation: &Operation, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for (status, name) in operation.answers {
        let mut answer = json!({ "description": "Done." });
        if let Some(name) = name {
            answer["content"] = json!({ "application/json": { "schema": reference(&name(schemas)) } });
        }
        responses.insert(status.to_string(), answer);
    }
    let mut failures: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for code in operation.failures() {
        let name = serde_json::to_value(code).unwrap_or_default();
        failures.entry(code.status()).or_default().push(name.as_str().unwrap_or_default().to_owned());
    }
    for (status, codes) in failures {
        let content = json!({ "application/json": { "schema": reference("ApiError") } });
        let description = format!("Failed: {}.", codes.join(", "));
        responses.insert(status.to_string(), json!({ "description": description, "content": content }));
    }
    responses.into()
}

impl Operation {
    // Those that any request may meet, those of its kind, and its own.
    fn failures(&self) -> impl Iterator<Item = ErrorCode> {
        use ErrorCode::{BodyTooLarge, Internal, Malformed, MediaTypeUnsupported, RateLimited, TimedOut, Unavailable};
        let always = [Malformed, TimedOut, RateLimited, Internal, Unavailable];
        let with_body = [BodyTooLarge, MediaTypeUnsupported].into_iter().filter(|_| !matches!(self.body, Body::None));
        let in_session = [ErrorCode::SessionInvalid, ErrorCode::DeviceRevoked];
        let in_session = in_session.into_iter().filter(|_| self.needs == Needs::Session);
        let proven = [ErrorCode::ChallengeInvalid].into_iter().filter(|_| matches!(self.body, Body::Proven(_)));
        always.into_iter().chain(with_body).chain(in_session).chain(proven).chain(self.failures.iter().copied())
    }
}

// The fields of a type and its proof side by side. Not `allOf`: each part would refuse the fields of the other.
fn with_proof(name: &str, mut schema: Value) -> Value {
    schema["title"] = name.into();
    schema["properties"]["proof"] = reference("Proof");
    let required = schema["required"].take();
    let required = required.as_array().into_iter().flatten().cloned().chain(["proof".into()]);
    schema["required"] = required.collect();
    schema
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn operation_id(operation: &Operation) -> String {
    let words = operation.path.trim_start_matches("/api/").replace(['{', '}'], "").replace(['/', '.'], "_");
    format!("{}_{words}", operation.method)
}

fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(name: &str) -> Value {
    let schema = match name {
        "step" => json!({ "type": "integer", "minimum": 0, "maximum": crate::api::LINK_STEPS - 1 }),
        _ => json!({ "type": "string", "pattern": texts::OPAQUE_NAME }),
    };
    json!({ "name": name, "in": "path", "required": true, "schema": schema })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_openapi_and_every_reference_leads_somewhere() {
        let parsed: utoipa::openapi::OpenApi = serde_json::from_value(DOCUMENT.clone()).unwrap();
        assert_eq!(parsed.paths.paths.len(), DOCUMENT["paths"].as_object().unwrap().len());
        let text = DOCUMENT.to_string();
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(DOCUMENT["components"]["schemas"].get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn every_operation_of_the_apis_own_table_is_described() {
        let source = include_str!("../api.rs");
        let rows = source.lines().filter_map(|line| line.strip_prefix("//! | `")?.split('`').next());
        let mut count = 0;
        for row in rows {
            let (method, path) = row.split_once(' ').unwrap();
            let described = &DOCUMENT["paths"][path][method.to_lowercase()];
            assert!(described.is_object(), "{row}");
            count += 1;
        }
        assert_eq!(count, OPERATIONS.len(), "and nothing else is");
    }

    #[test]
    fn types_are_described_as_they_are_read() {
        let register = &DOCUMENT["components"]["schemas"]["Register"];
        let required: Vec<&str> = register["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(required, ["email", "account", "cert", "language"], "{register}");
        let body =
            &DOCUMENT["paths"]["/api/auth/register"]["post"]["requestBody"]["content"]["application/json"]["schema"];
        assert_eq!(body["required"].as_array().map(Vec::len), Some(5), "and the proof: {body}");
        assert_eq!(body["properties"]["proof"], reference("Proof"));
        assert_eq!(body["additionalProperties"], false);
        let codes = DOCUMENT["components"]["schemas"]["ErrorCode"]["enum"].as_array().unwrap();
        assert!(codes.contains(&"code_invalid".into()), "{codes:?}");
    }
}
