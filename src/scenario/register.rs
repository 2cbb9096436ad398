//! Takes the text of `scenarios/requirements.json`.
//! Gives the requirement register: what the documents ask for, how strictly, and where they say so.
//! Never lets a scenario choose its own level.

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decode::{decode_part, describe};
use super::diagnostic::Diagnostic;
use super::document::{Document, Problem};
use super::file::present;

/// Every requirement there is.
#[derive(Clone, Debug, Default)]
pub struct Register {
    requirements: Vec<Requirement>,
    positions: BTreeMap<String, usize>,
}

impl Register {
    /// Reads the register; `file` is its path as the user named it.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let document = Document::read(file, text).map_err(|refused| vec![refused])?;
        let mut register = Self::default();
        let problems = match &document.value {
            Value::Array(entries) => register.take_in(entries),
            other => {
                let message = format!("expected an array of requirements, found {}", describe(other));
                vec![Problem::at_value(vec![], message, None)]
            }
        };
        let mut diagnostics = document.flaws();
        diagnostics.extend(problems.into_iter().map(|problem| document.locate(problem)));
        if diagnostics.is_empty() { Ok(register) } else { Err(diagnostics) }
    }

    /// The requirement called `id`.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.positions.get(id).map(|position| &self.requirements[*position])
    }

    /// Every requirement, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.requirements.iter()
    }

    /// The strictest level among `ids`; `info` if none of them is known.
    pub fn level_of<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Level {
        ids.into_iter().filter_map(|id| self.get(id)).map(|found| found.level).max().unwrap_or(Level::Info)
    }

    fn take_in(&mut self, entries: &[Value]) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            match self.read(entry) {
                Ok(requirement) => {
                    self.positions.insert(requirement.id.clone(), self.requirements.len());
                    self.requirements.push(requirement);
                }
                Err(mut problem) => {
                    problem.path.insert(0, index.into());
                    problems.push(problem);
                }
            }
        }
        problems
    }

    fn read(&self, entry: &Value) -> Result<Requirement, Problem> {
        if entry.is_array() {
            return Err(Problem::at_value(vec![], "expected an object, found an array", None));
        }
        let requirement: Requirement = decode_part(entry)?;
        let at = |key: &str, message: String, help: &str| {
            Err(Problem::at_value(vec![key.into()], message, Some(help.to_owned())))
        };
        let Requirement { id, locator, text, excluded, decision, .. } = &requirement;
        if !is_kebab_case(id) {
            return at("id", format!("`{id}` is not kebab-case"), "write it like `retry-count-default`");
        }
        if self.positions.contains_key(id) {
            return at("id", format!("the requirement `{id}` stands here twice"), "ids are never used again");
        }
        for (key, value) in [("locator", locator), ("text", text)] {
            if value.trim().is_empty() {
                return at(key, format!("`{key}` is empty"), "say where the document asks for this, and what");
            }
        }
        for (key, value) in [("excluded", excluded), ("decision", decision)] {
            if value.as_ref().is_some_and(|value| value.trim().is_empty()) {
                return at(key, format!("`{key}` is empty"), "give the reason, or take the key away");
            }
        }
        Ok(requirement)
    }
}

fn is_kebab_case(id: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    id.split('-').all(word)
}

/// How strictly a requirement binds. Later is stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Reported, never decides conformance.
    Info,
    /// A server that differs is worse for it, and says so.
    Should,
    /// A server that differs does not conform.
    Must,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Should => "should",
            Self::Must => "must",
        })
    }
}

/// The document a requirement comes from, highest authority first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The Notification Delivery Policy Guide.
    Guide,
    /// The reference implementation as of commit ef8631899e.
    Commit,
    /// The two blueprints behind them.
    Spec,
    /// The v2 API reference.
    ApiRef,
    /// What no document says and every user expects.
    Robust,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guide => "guide",
            Self::Commit => "commit",
            Self::Spec => "spec",
            Self::ApiRef => "api-ref",
            Self::Robust => "robust",
        })
    }
}

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Short, kebab-case, never reused.
    pub id: String,
    /// How strictly it binds.
    pub level: Level,
    /// The document it comes from.
    pub source: Source,
    /// Where in that document.
    pub locator: String,
    /// The requirement in our own words, one sentence.
    pub text: String,
    /// Why no scenario checks it; without it, at least one must.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub excluded: Option<String>,
    /// Where a document is ambiguous or contradicts another: what was decided, and why.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub decision: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = r#"[
        {"id": "b", "level": "should", "source": "api-ref", "locator": "l", "text": "t"},
        {"id": "a", "level": "must", "source": "guide", "locator": "l", "text": "t"}
    ]"#;

    #[test]
    fn a_register_is_read_in_its_order() {
        let register = Register::parse("r.json", REGISTER).expect("it is right");
        assert_eq!(register.iter().map(|requirement| requirement.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(register.get("a").map(|requirement| requirement.source), Some(Source::Guide));
        assert_eq!(register.get("c"), None);
        assert_eq!(register.level_of(&["b".to_owned()]), Level::Should);
        assert_eq!(register.level_of(&["b".to_owned(), "a".to_owned()]), Level::Must);
        assert_eq!(register.level_of(&[]), Level::Info);
    }

    #[track_caller]
    fn check_refused(text: &str, expected: &[(usize, &str)]) {
        let refused = Register::parse("r.json", text).expect_err("it is wrong");
        let found: Vec<_> = refused.iter().map(|diagnostic| (diagnostic.column, diagnostic.message.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_register_is_refused() {
        let good = r#"{"id": "a", "level": "must", "source": "guide", "locator": "l", "text": "t"}"#;
        check_refused("{}", &[(1, "expected an array of requirements, found an object")]);
        check_refused("[[]]", &[(2, "expected an object, found an array")]);
        check_refused(&format!("[{good},{good}]"), &[(86, "the requirement `a` stands here twice")]);
        check_refused(&format!("[{}]", good.replace("\"a\"", "\"a_b\"")), &[(9, "`a_b` is not kebab-case")]);
        check_refused(&format!("[{}]", good.replace("must", "most")), &[(23, "unknown level `most`")]);
        check_refused(&format!("[{}]", good.replace("\"t\"", "\"\"")), &[(74, "`text` is empty")]);
        let reasoned = |reason: &str| format!("[{}]", good.replace('}', &format!(r#", "excluded": {reason}}}"#)));
        check_refused(&reasoned("\" \""), &[(91, "`excluded` is empty")]);
        check_refused(&reasoned("null"), &[(91, "expected a string, found null")]);
        check_refused(
            &format!("[{}, 1]", good.replace("locator", "location")),
            &[(50, "unknown key `location`"), (81, "expected an object, found the number 1")],
        );
    }
}
