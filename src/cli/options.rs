//! Takes options of a server by the names of Zaqar's configuration, from the command line and from a file.
//! Gives them set, the command line last.
//! Never accepts a name or a value that nothing heeds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::Error;
use crate::protocol::{OptionError, Options};
use crate::runner::{SuiteError, read_text};
use crate::scenario::{annotate, decode_document};
use crate::spelling::hint;

/// Options of the server that is served.
#[derive(Debug, Args)]
pub(super) struct OptionArgs {
    /// Sets an option by its name in Zaqar's configuration, such as transport.max_messages_per_page=50; may be given
    /// more than once.
    #[arg(long = "set", value_name = "GROUP.NAME=VALUE", value_parser = parse_assignment)]
    assignments: Vec<(String, String)>,
    /// A JSON file of such options, by group: {"transport": {"max_messages_per_page": 50}}.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl OptionArgs {
    /// The options, those of the command line over those of the file.
    pub(super) fn options(&self) -> Result<Options, Error> {
        let mut options = Options::default();
        if let Some(path) = &self.config {
            let text = read_text(path)?;
            set_all(&mut options, &path.display().to_string(), &text)?;
        }
        for (name, value) in &self.assignments {
            set(&mut options, name, value).map_err(Error::Usage)?;
        }
        Ok(options)
    }
}

fn parse_assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`; write GROUP.NAME=VALUE")?;
    set(&mut Options::default(), name, value)?;
    Ok((name.into(), value.into()))
}

/// Sets what a file says, or tells everything that is wrong with it.
fn set_all(options: &mut Options, file: &str, text: &str) -> Result<(), Error> {
    let flawed = |diagnostics| Error::Suite(SuiteError::flawed(text.to_owned(), diagnostics));
    let groups: BTreeMap<String, BTreeMap<String, Value>> = decode_document(file, text).map_err(flawed)?;
    let mut wrong = Vec::new();
    for (group, entries) in &groups {
        for (name, value) in entries {
            if let Err(message) = set(options, &format!("{group}.{name}"), &written(value)) {
                wrong.push(annotate(file, text, &format!("{group}.{name}"), message, None));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(flawed(wrong)) }
}

/// A value as the command line would have it.
fn written(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(written).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn set(options: &mut Options, name: &str, value: &str) -> Result<(), String> {
    options.set(name, value).map_err(|error| match error {
        OptionError::Unknown if name.ends_with("max_notifier_workers") => NO_WORKERS.into(),
        OptionError::Unknown => format!("no such option: {name}{}", suggestion(name)),
        OptionError::Value(_) => format!("{name}: {error}"),
    })
}

/// Whoever forgets the group means the option of this name.
fn suggestion(name: &str) -> String {
    let names = || Options::ALL.iter().map(|(name, _)| *name);
    let whole = names().find(|known| known.split_once('.').is_some_and(|(_, own)| own == name));
    whole.map_or_else(|| hint(name, names()), |whole| format!("; did you mean {whole}?"))
}

/// Zaqar has ten threads that sleep through their retries; this server has a task for each delivery.
const NO_WORKERS: &str = "there is no pool of notifier workers here, each delivery has its own; \
                          --max-deliveries and --max-sockets bound them";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_with_a_way_out() {
        let check = |text: &str, expected: &str| assert_eq!(parse_assignment(text), Err(expected.to_owned()), "{text}");
        check("transport.max_queues_per_page", "it has no `=`; write GROUP.NAME=VALUE");
        check(
            "transport.max_queue_per_page=3",
            "no such option: transport.max_queue_per_page; did you mean transport.max_queues_per_page?",
        );
        check(
            "max_queues_per_page=3",
            "no such option: max_queues_per_page; did you mean transport.max_queues_per_page?",
        );
        check(
            "transport.max_queues_per_page=many",
            "transport.max_queues_per_page: expected an integer from 1 to 100000",
        );
        check("notification.max_notifier_workers=20", NO_WORKERS);
        assert!(parse_assignment("transport.max_queues_per_page=3").is_ok());
    }

    #[test]
    fn a_file_is_read_strictly_and_the_command_line_wins() {
        let text = r#"{"transport": {"max_queues_per_page": 5, "subscriber_types": ["http", "https"]}}"#;
        let mut options = Options::default();
        set_all(&mut options, "c.json", text).unwrap();
        set(&mut options, "transport.max_queues_per_page", "7").unwrap();
        assert_eq!((options.max_queues_per_page, options.subscriber_types.len()), (7, 2));
        let text = "{\"transport\": {\n  \"max_queues_per_page\": 0,\n  \"max_things\": 1}}";
        let Err(Error::Suite(SuiteError::Invalid(files))) = set_all(&mut options, "c.json", text) else {
            panic!("it is refused")
        };
        let places: Vec<_> = files[0].diagnostics.iter().map(|flaw| (flaw.line, flaw.column)).collect();
        assert_eq!(places, [(2, 26), (3, 17)]);
    }
}
