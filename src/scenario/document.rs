//! Takes the text of a file.
//! Gives a [`Document`]: its value, and the place of everything in it; [`Problem`]s become [`Diagnostic`]s there.
//! Never knows what the file is about.

use std::ops::Range;

use serde_json::Value;

use super::diagnostic::Diagnostic;
use super::spans::{Segment, Spans, display};

/// What is wrong with a value, before the text is asked where that value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    pub path: Vec<Segment>,
    pub part: Part,
    pub message: String,
    pub help: Option<String>,
}

/// Whether the name of a value is wrong or the value itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Key,
    Value,
}

impl Problem {
    pub(crate) fn at_key(path: Vec<Segment>, message: impl Into<String>, help: Option<String>) -> Self {
        Self { path, part: Part::Key, message: message.into(), help }
    }

    pub(crate) fn at_value(path: Vec<Segment>, message: impl Into<String>, help: Option<String>) -> Self {
        Self { path, part: Part::Value, message: message.into(), help }
    }
}

/// A file that is JSON.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    file: &'a str,
    text: &'a str,
    spans: Spans,
    /// What the file holds.
    pub value: Value,
}

impl<'a> Document<'a> {
    /// Reads `text`; the first error of syntax ends the reading, since what follows it means nothing.
    pub(crate) fn read(file: &'a str, text: &'a str) -> Result<Self, Diagnostic> {
        let refused = |range, message: &str, help: Option<&str>| {
            let message = format!("this is not JSON: {message}");
            Diagnostic::new(file, text, range, message, help.map(str::to_owned))
        };
        if text.starts_with('\u{feff}') {
            return Err(refused(0..0, "a byte order mark comes first", Some("save the file as UTF-8 without one")));
        }
        let spans = Spans::read(text).map_err(|error| refused(error.range, &error.message, None))?;
        let unrepresentable = spans.unrepresentable().next();
        match serde_json::from_str(text) {
            Ok(value) => Ok(Self { file, text, spans, value }),
            Err(_) if unrepresentable.is_some() => {
                let (range, number) = unrepresentable.expect("just seen");
                Err(number_too_large(file, text, range, number))
            }
            // The reader of spans lets a few things pass, such as tabs inside strings.
            Err(error) => Err(refused(place_of(text, &error), &without_place(&error), None)),
        }
    }

    /// What is wrong in every JSON file, whatever it is about: keys that stand twice, numbers that lose digits.
    pub(crate) fn flaws(&self) -> Vec<Diagnostic> {
        let duplicates = self.spans.duplicates().map(|(range, key)| {
            let help = "keep one of the two: only the last would count".to_owned();
            Diagnostic::new(self.file, self.text, range, format!("the key `{key}` stands here twice"), Some(help))
        });
        let numbers =
            self.spans.unrepresentable().map(|(range, number)| number_too_large(self.file, self.text, range, number));
        duplicates.chain(numbers).collect()
    }

    /// Finds the place of a problem in the text.
    pub(crate) fn locate(&self, mut problem: Problem) -> Diagnostic {
        if self.is_filled_in(&problem.path) {
            problem.message += &format!(", at `{}` once the matrix is filled in", display(&problem.path));
        }
        let range = match problem.part {
            Part::Key => self.spans.key(&problem.path),
            Part::Value => self.spans.value(&problem.path),
        };
        Diagnostic::new(self.file, self.text, range, problem.message, problem.help)
    }
}

impl Document<'_> {
    /// Whether `path` leads into a value that replaces a string of the text.
    fn is_filled_in(&self, path: &[Segment]) -> bool {
        let mut value = &self.value;
        for segment in path {
            value = match segment {
                Segment::Key(key) if value.is_object() => value.get(key).unwrap_or(&Value::Null),
                Segment::Index(index) if value.is_array() => value.get(index).unwrap_or(&Value::Null),
                _ => return value.is_string(),
            };
        }
        false
    }
}

fn number_too_large(file: &str, text: &str, range: Range<usize>, number: &str) -> Diagnostic {
    let message = format!("the number {number} does not fit 64 bits");
    let help = format!("integers reach from {} to {}, floating point to about 1.8e308", i64::MIN, u64::MAX);
    Diagnostic::new(file, text, range, message, Some(help))
}

/// The byte a syntax error is about: its line and column count bytes from 1 and name the end of the token.
fn place_of(text: &str, error: &serde_json::Error) -> Range<usize> {
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let start = line_start + error.column().saturating_sub(1);
    start..start + 1
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("recursion limit exceeded") {
        return "it is nested too deeply".to_owned();
    }
    if text.starts_with("control character") {
        return "tabs and other control characters in strings are written as `\\t` or `\\u0000`".to_owned();
    }
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, expected: (usize, usize, &str)) {
        let refused = Document::read("a.json", text).expect_err("it is not JSON");
        assert_eq!((refused.line, refused.column, refused.message.as_str()), expected);
    }

    #[test]
    fn what_is_not_json_is_refused_in_its_place() {
        check_refused("", (1, 1, "this is not JSON: the file is empty"));
        check_refused("\u{feff}{}", (1, 1, "this is not JSON: a byte order mark comes first"));
        check_refused("[1,\n2,]", (2, 2, "this is not JSON: trailing commas are not allowed"));
        check_refused(
            "[\"a\tb\"]",
            (1, 4, "this is not JSON: tabs and other control characters in strings are written as `\\t` or `\\u0000`"),
        );
        check_refused("[01]", (1, 3, "this is not JSON: expected comma"));
        check_refused("[1e999]", (1, 2, "the number 1e999 does not fit 64 bits"));
    }

    #[test]
    fn flaws_are_all_found() {
        let document = Document::read("a.json", r#"{"a": 1, "a": 99999999999999999999}"#).expect("it is JSON");
        let messages: Vec<_> = document.flaws().into_iter().map(|flaw| flaw.message).collect();
        assert_eq!(messages, ["the key `a` stands here twice", "the number 99999999999999999999 does not fit 64 bits"]);
    }
}
