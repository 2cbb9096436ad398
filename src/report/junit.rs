//! Takes the events of a run.
//! Gives JUnit XML: a suite for each area, a test case for each case, the failure block as its text.
//! Never reads as green when the run did not end well: CI servers look at these elements, not at an exit code.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

use super::verdict::Paint;
use super::{Options, Report, block, case, fit};
use crate::runner::{Header, ResultKind, RunEvent, ScenarioFinished, Summary, Wall};

/// The report of CI servers.
pub(super) struct Junit<'w> {
    out: Box<dyn Write + 'w>,
    rerun: String,
    header: Option<Header>,
    areas: BTreeMap<String, Vec<ScenarioFinished>>,
    summary: Option<Summary>,
}

impl<'w> Junit<'w> {
    pub(super) fn new(out: Box<dyn Write + 'w>, options: Options) -> Self {
        Self { out, rerun: options.rerun, header: None, areas: BTreeMap::new(), summary: None }
    }

    fn suite(&self, area: &str, cases: &[ScenarioFinished]) -> TestSuite {
        let mut suite = TestSuite::new(area);
        suite.add_test_cases(cases.iter().map(|case| self.case(area, case)));
        suite.set_time(cases.iter().map(|case| took(&case.wall)).sum());
        if let Some(profile) = self.header.as_ref().and_then(|header| header.profile.as_deref()) {
            suite.add_property(("profile", profile));
        }
        suite
    }

    fn case(&self, area: &str, case: &ScenarioFinished) -> TestCase {
        let mut test = TestCase::new(&*case.id, self.status(case));
        test.set_classname(area.replace('/', "."));
        test.set_time(took(&case.wall));
        test.set_system_out(about(case));
        test
    }

    fn status(&self, case: &ScenarioFinished) -> TestCaseStatus {
        let failure = || TestCaseStatus::non_success(NonSuccessKind::Failure);
        let error = || TestCaseStatus::non_success(NonSuccessKind::Error);
        let (mut status, kind) = match case.verdict {
            ResultKind::Pass => return TestCaseStatus::success(),
            ResultKind::Known => return skipped(KNOWN, format!("known: {}", case::note(case).unwrap_or_default())),
            ResultKind::NotApplicable => return skipped(NOT_APPLICABLE, case::seen(case)),
            ResultKind::Fail => (failure(), &*case.level),
            ResultKind::Stale => (failure(), "stale"),
            ResultKind::Error => (error(), "error"),
            // Not the target's failure, so no <failure>; but nothing was shown either, and JUnit has only <error> for
            // that: as <skipped> it would read as green and hide that the machine is too noisy for the test.
            ResultKind::Inconclusive => (error(), "inconclusive"),
        };
        status.set_type(kind).set_message(case::seen(case)).set_description(block::block(
            case,
            &self.rerun,
            Paint::PLAIN,
        ));
        status
    }

    /// What is wrong with the run itself, as cases of its own: it has no other place in JUnit.
    fn of_the_run(&self, nothing_red: bool) -> Vec<TestCase> {
        let Some(summary) = &self.summary else {
            return vec![run_error("complete", "cut off", "the run was cut off: its summary is missing")];
        };
        let mut cases: Vec<_> = summary.unmatched.iter().map(|entry| unmatched(entry)).collect();
        if summary.interrupted {
            cases.push(run_error("complete", "interrupted", "the run was interrupted before its last case"));
        }
        if summary.exit != 0 && nothing_red && cases.is_empty() {
            let message = format!("the run ended with exit code {}: see its messages", summary.exit);
            cases.push(run_error("exit code", "exit", &message));
        }
        cases
    }
}

impl Report for Junit<'_> {
    fn event(&mut self, event: &RunEvent) -> io::Result<()> {
        match event {
            RunEvent::Header(header) => self.header = Some(header.clone()),
            RunEvent::Summary(summary) => self.summary = Some(summary.clone()),
            RunEvent::Scenario(case) => {
                let cases = self.areas.entry(case::area(&case.id).to_owned()).or_default();
                cases.push(case.as_ref().clone());
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        // The order in which cases end says nothing.
        self.areas.values_mut().for_each(|cases| cases.sort_by(|a, b| a.id.cmp(&b.id)));
        let mut report = quick_junit::Report::new("zaqarcheck");
        report.add_test_suites(self.areas.iter().map(|(area, cases)| self.suite(area, cases)));
        let of_the_run = self.of_the_run(report.failures + report.errors == 0);
        if !of_the_run.is_empty() {
            let mut suite = TestSuite::new(RUN);
            suite.add_test_cases(of_the_run);
            report.add_test_suite(suite);
        }
        if let Some(summary) = &self.summary {
            report.set_time(took(&summary.wall));
        }
        let text = report.to_string().map_err(io::Error::other)?;
        self.out.write_all(without_skipped(&text).as_bytes())?;
        self.out.flush()
    }
}

/// What is known of a case besides, as properties in its output. The schema by which Jenkins' xunit plugin refuses reports
/// has no others for a case; its servers and people read these. Source: junit-10.xsd.
fn about(case: &ScenarioFinished) -> String {
    let requirements = case.requirements.iter().map(|requirement| ("requirement", requirement.id.clone()));
    let deviations = case::deviations(case).into_iter().map(|deviation| ("deviation", deviation.to_string()));
    let all = requirements.chain([("level", case.level.clone())]).chain(deviations);
    all.map(|(name, value)| format!("[[PROPERTY|{name}={value}]]\n")).collect()
}

/// The same schema knows the number of skipped cases of a suite, and not that of the whole, which `quick-junit` writes.
fn without_skipped(report: &str) -> String {
    let Some((before, whole)) = report.split_once("<testsuites ") else { return report.to_owned() };
    let Some((attributes, rest)) = whole.split_once('>') else { return report.to_owned() };
    let kept =
        attributes.split_once(" skipped=\"").and_then(|(left, skipped)| Some((left, skipped.split_once('"')?.1)));
    let attributes = kept.map_or_else(|| attributes.to_owned(), |(left, right)| format!("{left}{right}"));
    format!("{before}<testsuites {attributes}>{rest}")
}

fn skipped(kind: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_type(kind).set_message(message);
    status
}

fn unmatched(entry: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type("stale").set_message("the ledger entry matches nothing that was selected");
    let mut test = TestCase::new(fit::printable(entry), status);
    test.set_classname("zaqarcheck.ledger");
    test
}

fn run_error(name: &str, kind: &str, message: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message);
    let mut test = TestCase::new(name, status);
    test.set_classname(RUN);
    test
}

fn took(wall: &Wall) -> Duration {
    // A recorded stream is input: no number in it may cause a panic.
    Duration::try_from_secs_f64(wall.elapsed_ms / 1000.0).unwrap_or_default()
}

const KNOWN: &str = "zaqarcheck.known";
const NOT_APPLICABLE: &str = "zaqarcheck.not-applicable";
const RUN: &str = "zaqarcheck";

#[cfg(test)]
mod tests {
    use quick_xml::Reader;
    use quick_xml::events::Event;

    use super::super::block::block;
    use super::super::verdict::Paint;
    use super::super::{Format, samples};

    /// The elements of a report as an independent parser sees them: `name type="..." message="..."`.
    fn elements(xml: &str) -> Vec<String> {
        let mut reader = Reader::from_str(xml);
        let mut elements = Vec::new();
        loop {
            match reader.read_event().expect("a report is XML") {
                Event::Start(tag) | Event::Empty(tag) => {
                    let mut element = tag.name().as_ref().iter().map(|b| *b as char).collect::<String>();
                    for attribute in tag.attributes() {
                        let attribute = attribute.expect("attributes are well-formed");
                        let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
                        let value = String::from_utf8_lossy(&attribute.value).into_owned();
                        element.push_str(&format!(" {key}=\"{value}\""));
                    }
                    elements.push(element);
                }
                Event::Eof => return elements,
                _ => {}
            }
        }
    }

    fn starting<'a>(elements: &'a [String], start: &str) -> Vec<&'a str> {
        elements.iter().map(String::as_str).filter(|element| element.starts_with(start)).collect()
    }

    #[test]
    fn each_verdict_has_its_element() {
        let elements = elements(&samples::render(Format::Junit, &samples::run()));
        let count = |name: &str| starting(&elements, name).len();
        let of_the_ledger = 1;
        assert_eq!(count("testcase "), samples::cases().len() + of_the_ledger);
        let failures = starting(&elements, "failure ");
        assert_eq!(failures.len(), 2 + of_the_ledger, "{failures:?}");
        assert!(failures.iter().any(|element| element.ends_with(r#" type="must""#)), "{failures:?}");
        assert!(failures.iter().any(|element| element.ends_with(r#" type="stale""#)), "{failures:?}");
        let errors = starting(&elements, "error ");
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().any(|element| element.ends_with(r#" type="inconclusive""#)), "{errors:?}");
        assert_eq!(
            starting(&elements, "skipped "),
            [
                r#"skipped message="known: http-error-not-retried" type="zaqarcheck.known""#,
                r#"skipped message="needs simulated-network" type="zaqarcheck.not-applicable""#
            ]
        );
        assert_eq!(
            starting(&elements, "testsuites "),
            [r#"testsuites name="zaqarcheck" tests="8" failures="3" errors="2" time="0.310""#]
        );
    }

    #[test]
    fn suites_are_areas_and_cases_have_their_properties() {
        let xml = samples::render(Format::Junit, &samples::good_run());
        insta::assert_snapshot!(xml, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="zaqarcheck" tests="1" failures="0" errors="0" time="0.004">
            <testsuite name="defaults" tests="1" skipped="0" errors="0" failures="0" time="0.003">
                <properties>
                    <property name="profile" value="documented"/>
                </properties>
                <testcase name="defaults/empty-policy-means-defaults" classname="defaults" time="0.003">
                    <system-out>[[PROPERTY|requirement=phase-order]]
        [[PROPERTY|level=must]]
        </system-out>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }

    #[test]
    fn the_text_of_a_failure_is_its_block() {
        let xml = samples::render(Format::Junit, &samples::run());
        let mut reader = Reader::from_str(&xml);
        let mut text = String::new();
        let mut inside = false;
        loop {
            match reader.read_event().expect("a report is XML") {
                Event::Start(tag) if tag.name().as_ref() == b"failure" => inside = true,
                Event::End(_) => inside = false,
                Event::Text(piece) if inside => text.push_str(&piece.decode().expect("text is UTF-8")),
                Event::GeneralRef(name) if inside => text.push(match name.to_vec().as_slice() {
                    b"apos" => '\'',
                    b"quot" => '"',
                    b"gt" => '>',
                    b"lt" => '<',
                    other => panic!("the block has no such character: {other:?}"),
                }),
                Event::Eof => break,
                _ => {}
            }
        }
        assert!(text.starts_with(&block(&samples::fail(), &samples::options().rerun, Paint::PLAIN)), "{text}");
    }

    #[test]
    fn a_case_that_ran_twice_is_there_twice() {
        let (mut failed, passed) = (samples::fail(), samples::pass());
        failed.id.clone_from(&passed.id);
        let xml =
            samples::render(Format::Junit, &[samples::header(), samples::scenario(failed), samples::scenario(passed)]);
        assert_eq!(starting(&elements(&xml), "testcase name=\"defaults/").len(), 2, "{xml}");
        assert_eq!(starting(&elements(&xml), "failure ").len(), 1, "{xml}");
    }

    #[test]
    fn control_characters_leave_the_xml_well_formed() {
        let mut case = samples::fail();
        for text in [&mut case.id, &mut case.title, &mut case.requirements[0].id] {
            text.push_str("\u{0}\u{1b}[31m]]>\u{fffe}&<\"");
        }
        let xml = samples::render(Format::Junit, &[samples::header(), samples::scenario(case)]);
        assert_eq!(starting(&elements(&xml), "failure ").len(), 1);
        assert!(!xml.contains(|c: char| c.is_control() && c != '\n'), "{xml}");
    }

    #[test]
    fn a_run_that_does_not_end_well_is_never_green() {
        let check = |change: &dyn Fn(&mut super::Summary), expected: &str| {
            let mut run = samples::good_run();
            let Some(super::RunEvent::Summary(summary)) = run.last_mut() else { panic!("a run ends with a summary") };
            change(summary);
            let xml = samples::render(Format::Junit, &run);
            let red: Vec<_> =
                elements(&xml).into_iter().filter(|e| e.starts_with("error") || e.starts_with("fail")).collect();
            assert_eq!(red, if expected.is_empty() { vec![] } else { vec![expected.to_owned()] });
        };
        check(&|_| {}, "");
        check(
            &|summary| (summary.interrupted, summary.exit) = (true, 130),
            r#"error message="the run was interrupted before its last case" type="interrupted""#,
        );
        check(
            &|summary| (summary.unmatched, summary.exit) = (vec!["gone".into()], 1),
            r#"failure message="the ledger entry matches nothing that was selected" type="stale""#,
        );
        check(
            &|summary| summary.exit = 5,
            r#"error message="the run ended with exit code 5: see its messages" type="exit""#,
        );
    }
}
