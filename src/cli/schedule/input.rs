//! Takes a policy as JSON on the command line, or the name of a file that holds it.
//! Gives the policy and what to call it, or every mistake at its place.
//! Never guesses: what begins like JSON is JSON, anything else is a file.

use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::super::Error;
use crate::protocol::Deviations;
use crate::runner::{SuiteError, read_text};
use crate::scenario::decode_document;
use crate::schedule::read_policy;

/// What an argument is called, and its text; `-` is standard input.
pub(super) fn text(option: &str, argument: &str) -> Result<(String, String), Error> {
    if is_json(argument) {
        return Ok((option.into(), argument.into()));
    }
    if argument == "-" {
        let mut text = String::new();
        // No policy is longer; the rest is not worth the memory.
        std::io::stdin().lock().take(TEXT_MAX).read_to_string(&mut text)?;
        return Ok(("<stdin>".into(), text));
    }
    Ok((argument.into(), read_text(Path::new(argument))?))
}

/// The policy of an argument.
pub(in crate::cli) fn policy(option: &str, argument: &str, deviations: Deviations) -> Result<Value, Error> {
    let (name, text) = text(option, argument)?;
    read_policy(&name, &text, deviations).map_err(|diagnostics| Error::Suite(SuiteError::flawed(text, diagnostics)))
}

/// Any JSON of an argument.
pub(in crate::cli) fn json(option: &str, argument: &str) -> Result<Value, Error> {
    let (name, text) = text(option, argument)?;
    decode_document(&name, &text).map_err(|diagnostics| Error::Suite(SuiteError::flawed(text, diagnostics)))
}

/// Whether an argument is the text itself: no file is called like this.
pub(super) fn is_json(argument: &str) -> bool {
    let start = argument.trim_start();
    start.is_empty() || start.starts_with(['{', '[', '"']) || ["null", "true", "false"].contains(&start)
}

const TEXT_MAX: u64 = 1 << 20;
