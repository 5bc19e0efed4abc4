//! Nothing secret and nobody's address in the logs.

use super::source::{Problem, Source};

/// Macros that log.
const MACROS: [&str; 5] = ["trace!(", "debug!(", "info!(", "warn!(", "error!("];
/// Levels whose lines end up in the logs of an operator.
const KEPT: [&str; 3] = ["info!(", "warn!(", "error!("];
/// Values that are never logged.
const SECRET: [&str; 13] = [
    "code",
    "key",
    "secret",
    "password",
    "token",
    "phrase",
    "rid",
    "text",
    "name",
    "email",
    "mail",
    "credential",
    "candidate",
];
/// Values that tell where somebody is.
const ADDRESS: [&str; 8] = ["addr", "address", "addrs", "ip", "remote", "remote_addr", "send_back_addr", "multiaddr"];

/// Finds log statements that print such a value.
pub fn check(source: &Source) -> Vec<Problem> {
    if !source.is_rust() || source.is_test() || source.path.starts_with("xtask/") {
        return Vec::new();
    }
    let code: Vec<(usize, &str)> = source.code().collect();
    let mut problems = Vec::new();
    for (index, (number, line)) in code.iter().enumerate() {
        let Some(level) = MACROS.into_iter().find(|name| starts_macro(line, name)) else { continue };
        let values = printed_values(&statement(&code[index..]));
        let forbidden = |value: &&String| {
            SECRET.contains(&value.as_str()) || KEPT.contains(&level) && ADDRESS.contains(&value.as_str())
        };
        for value in values.iter().filter(forbidden) {
            problems.push(source.problem(*number, format!("a log statement prints `{value}`")));
        }
    }
    problems
}

fn starts_macro(line: &str, name: &str) -> bool {
    line.find(name).is_some_and(|at| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// From the macro to the end of its statement.
fn statement(lines: &[(usize, &str)]) -> String {
    let end = lines
        .iter()
        .position(|(_, line)| line.trim_end().ends_with(';') || line.trim_end().ends_with("),"))
        .unwrap_or(0);
    lines[..=end].iter().map(|(_, line)| line.trim()).collect::<Vec<_>>().join(" ")
}

/// The last names of all values that the statement prints: in braces, behind `%` or `?`, or as fields.
fn printed_values(statement: &str) -> Vec<String> {
    let arguments = statement.split_once("!(").map_or(statement, |(_, arguments)| arguments);
    let mut values = Vec::new();
    for (index, part) in arguments.split('"').enumerate() {
        if index % 2 == 1 {
            values.extend(part.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next()).map(last_name));
        } else {
            values.extend(part.split([',', ';']).filter(|field| !field.trim().is_empty()).map(last_name));
        }
    }
    values
}

/// `self.room.code` and `%code` are about `code`; a call's result is no longer what it was called on.
fn last_name(expression: &str) -> String {
    let value = expression.split('=').next_back().unwrap_or_default();
    let value = value.trim().trim_end_matches([')', ' ']).trim_start_matches(['%', '?', '&', '*', ' ']);
    value.rsplit('.').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::source::rust;
    use super::*;

    fn problems(statement: &str) -> usize {
        check(&rust("node/src/net/dial.rs", &format!("fn f() {{\n    {statement}\n}}\n"))).len()
    }

    #[test]
    fn secrets_are_found_however_they_are_printed() {
        for statement in [
            "info!(%code, \"joined\");",
            "tracing::debug!(\"joined {code}\");",
            "trace!(room = ?self.room.code, \"joined\");",
            "warn!(\n        \"bad {}\",\n        message.text\n    );",
        ] {
            assert_eq!(problems(statement), 1, "{statement}");
        }
    }

    #[test]
    fn addresses_are_for_debugging_only() {
        assert_eq!(problems("info!(%addr, \"dialling\");"), 1);
        assert_eq!(problems("debug!(%addr, \"dialling\");"), 0);
    }

    #[test]
    fn harmless_statements_pass() {
        assert_eq!(problems("info!(peers = self.peers.len(), \"the code is known\");"), 0);
        assert_eq!(problems("warn!(%error, status = response.status().as_u16(), \"answered\");"), 0);
    }
}
