//! Puts the layers together: defaults, file, and what clap read from the environment and the command line.
//!
//! Left out: which combinations of settings work ([`super::check`]).

use std::{fs, path::Path};

use figment::{Figment, error::Kind, providers::Serialized};

use super::{ConfigError, Flags, Settings, check};

/// The settings that `flags` and their file give, checked.
pub fn load(flags: &Flags) -> Result<Settings, ConfigError> {
    let mut figment = Figment::from(Serialized::defaults(Settings::default()));
    if let Some(path) = &flags.config {
        figment = figment.merge(Serialized::defaults(read(path)?));
    }
    let settings: Settings = figment.merge(Serialized::defaults(flags)).extract().map_err(|error| refused(&error))?;
    check::complete(settings)
}

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let text = fs::read_to_string(path).map_err(|error| ConfigError::File { path: path.to_owned(), error })?;
    let table: toml::Table =
        text.parse().map_err(|error| ConfigError::Syntax { path: path.to_owned(), error: Box::new(error) })?;
    match table.keys().find(|key| !names().contains(key)) {
        Some(key) => Err(ConfigError::UnknownKey { key: key.clone(), meant: nearest(key, &names()) }),
        None => Ok(table),
    }
}

/// Refuses variables of the environment that look like misspelt settings. Others may be meant for other programs.
pub fn check_variables(mut variables: impl Iterator<Item = String>) -> Result<(), ConfigError> {
    let names = names();
    let misspelt = variables.find_map(|variable| {
        let name = variable.strip_prefix("MILANIO_")?.to_lowercase();
        if names.contains(&name) { None } else { nearest(&name, &names).map(|meant| (variable, meant)) }
    });
    misspelt.map_or(Ok(()), |(key, meant)| {
        Err(ConfigError::UnknownKey { key, meant: Some(format!("MILANIO_{}", meant.to_uppercase())) })
    })
}

fn names() -> Vec<String> {
    let settings = serde_json::to_value(Settings::default()).unwrap_or_default();
    settings.as_object().map(|settings| settings.keys().cloned().collect()).unwrap_or_default()
}

// What is as near as a slip of the fingers (chosen: by trying misspellings).
fn nearest(name: &str, known: &[String]) -> Option<String> {
    let likeness = |other: &String| strsim::damerau_levenshtein(name, other);
    let nearest = known.iter().min_by_key(|other| likeness(other))?;
    (likeness(nearest) <= name.len() / LETTERS_PER_SLIP).then(|| nearest.clone())
}

const LETTERS_PER_SLIP: usize = 3;

fn refused(error: &figment::Error) -> ConfigError {
    let key = error.path.join(".");
    match &error.kind {
        Kind::UnknownField(key, _) => ConfigError::UnknownKey { key: key.clone(), meant: nearest(key, &names()) },
        kind => ConfigError::Value { key, problem: kind.to_string() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LimitsName, MailKind};

    fn file(text: &str) -> (tempfile::NamedTempFile, Flags) {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let flags = Flags { config: Some(file.path().to_owned()), ..Flags::default() };
        (file, flags)
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let (_keep, flags) = file("port = 1000\nlimits = \"lab\"\norigins = [\"https://a.example\"]\n");
        let settings = load(&Flags { port: Some(2_000), ..flags }).unwrap();
        assert_eq!((settings.port, settings.limits), (2_000, LimitsName::Lab));
        assert_eq!((settings.mail, settings.origins), (MailKind::Spool, vec!["https://a.example".to_owned()]));
    }

    #[test]
    fn an_unknown_key_is_refused_with_what_was_meant() {
        for (text, said) in [
            ("prot = 1\n", "unknown setting `prot`; did you mean `port`?"),
            ("smtp-host = \"a\"\n", "unknown setting `smtp-host`; did you mean `smtp_host`?"),
            ("colour = 1\n", "unknown setting `colour`"),
            ("[smtp]\nhost = \"a\"\n", "unknown setting `smtp`"),
        ] {
            let (_keep, flags) = file(text);
            assert_eq!(load(&flags).err().unwrap().to_string(), said);
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        let (_keep, flags) = file("port = \"many\"\n");
        let said = load(&flags).err().unwrap().to_string();
        assert!(said.contains("`port`") && said.contains("many"), "{said}");
        let (_keep, flags) = file("port = \n");
        assert!(matches!(load(&flags), Err(ConfigError::Syntax { .. })));
        let missing = Flags { config: Some("/nonexistent/milanio.toml".into()), ..Flags::default() };
        assert!(matches!(load(&missing), Err(ConfigError::File { .. })));
    }

    #[test]
    fn a_misspelt_variable_is_refused_and_a_foreign_one_is_not() {
        let variables = ["MILANIO_PORT", "MILANIO_LOG", "PATH", "MILANIO_SMPT_HOST"].map(str::to_owned);
        check_variables(variables[..3].iter().cloned()).unwrap();
        let refused = check_variables(variables.into_iter()).unwrap_err();
        assert_eq!(refused.to_string(), "unknown setting `MILANIO_SMPT_HOST`; did you mean `MILANIO_SMTP_HOST`?");
    }
}
