//! Takes the text of a scenario file and the register.
//! Gives the [`Scenario`], or everything that is wrong with it, in the order of the text.
//! Never guesses: what can't be read as meant is refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::case::{Case, Scenario, Step};
use super::check::check;
use super::decode::{decode_file, describe};
use super::diagnostic::Diagnostic;
use super::document::{Document, Problem};
use super::file::{ScenarioFile, StepFile};
use super::matrix::Matrix;
use super::register::Register;
use super::script::Script;
use super::step::{action, seconds};

/// Reads a scenario; `id` is its place in the suite, `file` its path as the user named it.
pub fn parse(id: &str, file: &str, text: &str, register: &Register) -> Result<Scenario, Vec<Diagnostic>> {
    let document = Document::read(file, text).map_err(|refused| vec![refused])?;
    check_format(&document.value, "scenario").map_err(|problem| vec![document.locate(problem)])?;
    let mut findings = Findings { document: &document, diagnostics: document.flaws() };
    let matrix = match Matrix::read(&document.value) {
        Ok(matrix) => matrix,
        Err(problems) => {
            findings.add(problems);
            return Err(findings.in_order());
        }
    };
    let mut decoded_cases = Vec::new();
    let mut problems_by_case = Vec::new();
    for combination in matrix.combinations() {
        let mut decoded = decode_file(combination.fill(&document.value));
        let (scripts, contradictions) = check(&decoded, register);
        let problems = std::mem::take(&mut decoded.problems).into_iter().chain(contradictions).collect();
        problems_by_case.push((combination.suffix(), problems));
        decoded_cases.extend(decoded.file.map(|file| (combination.suffix(), file, scripts)));
    }
    findings.add(merge(problems_by_case));
    if findings.diagnostics.is_empty() {
        Ok(scenario(id, file, decoded_cases, register))
    } else {
        Err(findings.in_order())
    }
}

struct Findings<'a> {
    document: &'a Document<'a>,
    diagnostics: Vec<Diagnostic>,
}

impl Findings<'_> {
    fn add(&mut self, problems: Vec<Problem>) {
        self.diagnostics.extend(problems.into_iter().map(|problem| self.document.locate(problem)));
    }

    fn in_order(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.range.start);
        self.diagnostics
    }
}

/// Another format may mean anything by its keys, so nothing else is said about such a file.
pub(crate) fn check_format(file: &Value, what: &str) -> Result<(), Problem> {
    let help = || Some(format!("write `\"format\": {FORMAT}`: this version reads no other"));
    let Value::Object(entries) = file else {
        return Err(Problem::at_value(vec![], format!("a {what} is an object, found {}", describe(file)), None));
    };
    match entries.get("format") {
        Some(format) if format.as_u64() == Some(FORMAT) => Ok(()),
        Some(other) => {
            let message = format!("this version can't read format {}", other);
            Err(Problem::at_value(vec!["format".into()], message, help()))
        }
        None => Err(Problem::at_value(vec![], "the key `format` is missing", help())),
    }
}

/// Says once what several cases share, and names a case where a mistake is not in all of them.
fn merge(problems_by_case: Vec<(String, Vec<Problem>)>) -> Vec<Problem> {
    let cases = problems_by_case.len();
    let mut counted: Vec<(Problem, String, usize)> = Vec::new();
    for (suffix, problems) in problems_by_case {
        for problem in problems {
            match counted.iter_mut().find(|(known, ..)| *known == problem) {
                Some((_, _, times)) => *times += 1,
                None => counted.push((problem, suffix.clone(), 1)),
            }
        }
    }
    let worded = |(problem, suffix, times): (Problem, String, usize)| {
        if times >= cases {
            return problem;
        }
        Problem { message: format!("{} (in case {suffix})", problem.message), ..problem }
    };
    counted.into_iter().map(worded).collect()
}

type DecodedCase = (String, ScenarioFile, BTreeMap<String, Script>);

fn scenario(id: &str, file: &str, cases: Vec<DecodedCase>, register: &Register) -> Scenario {
    let (_, heading, _) = cases.first().expect("a matrix without axes has one case, and no axis is empty");
    Scenario {
        id: id.to_owned(),
        file: file.to_owned(),
        title: heading.title.clone(),
        level: register.level_of(&heading.requirements),
        requirements: heading.requirements.clone(),
        needs: heading.needs.iter().copied().collect(),
        killed_by: heading.killed_by.iter().filter_map(|name| name.parse().ok()).collect(),
        cases: cases.into_iter().map(|case| Arc::new(self::case(id, case))).collect(),
    }
}

fn case(id: &str, (suffix, file, subscribers): DecodedCase) -> Case {
    let steps = file.steps.into_iter().map(step).collect();
    let needs = file.needs.into_iter().collect();
    Case { id: format!("{id}{suffix}"), needs, subscribers, steps, expect: file.expect }
}

fn step(mut step: StepFile) -> Step {
    let at = step.at_s.and_then(seconds);
    let expect = step.expect.take();
    Step { action: action(step).expect("a step without an action has been refused"), at, expect }
}

/// The version of the format that is read here.
const FORMAT: u64 = 1;

#[cfg(test)]
mod tests {
    use super::super::case::Action;
    use super::super::register::Level;
    use super::*;
    use crate::time::Duration;

    fn register() -> Register {
        let text = r#"[{"id": "r", "level": "must", "source": "guide", "locator": "l", "text": "t"}]"#;
        Register::parse("requirements.json", text).expect("it is right")
    }

    fn read(rest: &str) -> Result<Scenario, Vec<Diagnostic>> {
        let text = format!(r#"{{"format": 1, "title": "t", "requirements": ["r"], {rest}}}"#);
        parse("area/slug", "area/slug.json", &text, &register())
    }

    #[test]
    fn a_scenario_becomes_its_cases() {
        let scenario = read(
            r#""matrix": {"n": [1, 2], "wait": [0.5]}, "subscribers": {"s": {"script": ["status 50${n}"]}},
            "steps": [{"advance": "${wait}", "at_s": 2}], "killed_by": ["one-retry-extra"],
            "expect": {"deliveries": [], "quiet_s": "${n}"}"#,
        )
        .expect("it is right");
        assert_eq!((scenario.level, scenario.killed_by.len()), (Level::Must, 1));
        let ids: Vec<_> = scenario.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["area/slug[n=1,wait=0.5]", "area/slug[n=2,wait=0.5]"]);
        let second = &scenario.cases[1];
        assert_eq!(second.subscribers["s"].at(9).to_string(), "status 502");
        assert_eq!((second.expect.quiet_s, second.steps[0].at), (2.0, Some(Duration::from_secs(2))));
        assert!(matches!(second.steps[0].action, Action::Advance(wait) if wait == Duration::from_millis(500)));
    }

    #[test]
    fn a_scenario_without_matrix_has_one_case_of_its_own_name() {
        let scenario = read(r#""steps": [{"list_queues": {}}]"#).expect("it is right");
        assert_eq!(scenario.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["area/slug"]);
    }

    #[track_caller]
    fn check_refused(rest: &str, expected: &[&str]) {
        let refused = read(rest).expect_err("it is wrong");
        let messages: Vec<_> = refused.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(messages, expected);
    }

    #[test]
    fn a_mistake_of_every_case_is_said_once_and_one_of_some_names_its_case() {
        check_refused(
            r#""matrix": {"n": [0, -1]}, "steps": [{"advance": "${n}", "at_s": -1}]"#,
            &[
                "expected a number of seconds, 0 or more, found -1 (in case [n=-1])",
                "expected a number of seconds, 0 or more, found -1",
            ],
        );
    }

    #[test]
    fn a_misspelled_key_is_one_mistake() {
        check_refused(
            r#""steps": [{"subscribe": {"queue": "q", "too": "s"}}, {"pots": {}}]"#,
            &["unknown key `too`", "unknown key `pots`"],
        );
        check_refused(r#""steps": [{"post": {"queu": "q", "messages": [{"body": 1}]}}]"#, &["unknown key `queu`"]);
        check_refused(r#""step": [{"post": {}}]"#, &["unknown key `step`"]);
    }

    #[test]
    fn what_stands_below_a_mistake_is_not_judged() {
        check_refused(
            r#""steps": [{"post": {"queue": 1, "messages": [{"body": 1}]}}],
            "expect": {"deliveries": [{"subscriber": "s", "message": 3, "attempts": 2}], "quiet": 1}"#,
            &[
                "expected a string, found the number 1",
                "no subscriber is called `s`",
                "2 attempts have 1 delay between them, found none",
                "unknown key `quiet`",
            ],
        );
    }
}
