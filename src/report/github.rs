//! Takes a case that has to be looked at, and where in its file.
//! Gives the workflow command that makes GitHub show it beside that line.
//! Never lets text end a command early: what GitHub reads as its own marks is escaped.

use super::{case, fit, verdict};
use crate::runner::ScenarioFinished;

/// One annotation; `place` is a line and a column, from 1. Nothing for a case that came out as expected.
/// Source: GitHub, "Workflow commands for GitHub Actions", setting an error message.
pub fn annotation(case: &ScenarioFinished, place: Option<(usize, usize)>) -> Option<String> {
    if !verdict::is_unexpected(case.verdict) {
        return None;
    }
    let command = if case.is_red() { "error" } else { "warning" };
    let place = place.map(|(line, column)| format!(",line={line},col={column}")).unwrap_or_default();
    let title = format!("{} {} ({})", verdict::word(case.verdict), case.id, case.level);
    let (file, title) = (property(&case.file), property(&fit::printable(&title)));
    let message = format!("{}\n{}", fit::printable(&case.title), case::seen(case));
    Some(format!("::{command} file={file}{place},title={title}::{}", data(&message)))
}

/// The path in the scenario file of the first check that tells why.
pub fn telling_place(case: &ScenarioFinished) -> Option<&str> {
    case::telling_checks(case).next().map(|check| check.check.as_str())
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::runner::ResultKind;

    #[test]
    fn what_has_to_be_looked_at_is_annotated() {
        let lines: Vec<_> = samples::cases().iter().filter_map(|case| annotation(case, Some((7, 3)))).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn marks_of_the_command_are_escaped() {
        let mut case = samples::fail();
        (case.id, case.title) = ("a,b:c".into(), "100 %\n::error::x".into());
        let line = annotation(&case, None).expect("it fails");
        assert!(line.contains("title=FAIL a%2Cb%3Ac (must)::100 %25\\n::error::x%0A"), "{line}");
    }

    #[test]
    fn what_decides_nothing_only_warns() {
        let mut case = samples::fail();
        case.level = "info".into();
        assert!(annotation(&case, None).is_some_and(|line| line.starts_with("::warning ")));
        case.verdict = ResultKind::Known;
        assert_eq!(annotation(&case, None), None);
    }
}
