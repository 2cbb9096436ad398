//! Takes a case that did not come out as expected.
//! Gives a block of text with all that is needed to believe it and to repeat it.
//! Never repeats the whole record: what is long is cut, and the recorded stream has it in full.

use anstyle::Style;

use super::verdict::{BAD, DIM, Paint, STRONG};
use super::{case, fit, gaps, timeline, verdict};
use crate::runner::{CheckOutcome, CheckRecord, DeliveryRecord, ScenarioFinished};
use crate::scenario::Requirement;

/// The block of one case; `rerun` follows the id in the command that repeats it.
pub(super) fn block(case: &ScenarioFinished, rerun: &str, paint: Paint) -> String {
    let mut block = Block { out: String::new(), paint };
    block.heading(case);
    case.requirements.iter().for_each(|requirement| block.requirement(requirement));
    case::telling_checks(case).for_each(|check| block.check(check));
    let wrong = |delivery: &&DeliveryRecord| delivery.rows.iter().any(gaps::is_wrong);
    case.deliveries.iter().filter(wrong).for_each(|delivery| block.delivery(delivery));
    block.exchange(case);
    block.rerun(&case.id, rerun);
    block.out
}

/// The command that plays one case again.
pub(super) fn command(id: &str, rerun: &str) -> String {
    fit::printable(format!("zaqarcheck run {} {rerun}", fit::shell_quoted(id)).trim_end())
}

/// What a delivery is of.
pub(super) fn subject(delivery: &DeliveryRecord) -> String {
    let number = || format!("message {}", delivery.message.unwrap_or_default());
    delivery.confirmation.clone().unwrap_or_else(number)
}

struct Block {
    out: String,
    paint: Paint,
}

impl Block {
    fn heading(&mut self, case: &ScenarioFinished) {
        let word = self.paint.on(verdict::style(case.verdict), &format!("{:<6}", verdict::word(case.verdict)));
        let id = self.paint.on(STRONG, &fit::printable(&case.id));
        self.line(&format!("{word}  {id} ({})", fit::printable(&case.level)));
        for line in fit::wrap(&fit::printable(&case.title), fit::WIDTH - 8) {
            self.line(&format!("        {line}"));
        }
        self.line("");
        self.entry("scenario", &case.file);
        if let Some(reason) = &case.reason {
            self.entry("reason", reason);
        }
    }

    fn requirement(&mut self, requirement: &Requirement) {
        self.entry(&requirement.level.to_string(), &requirement.text);
        self.entry("", &format!("{}: {} ({})", requirement.source, requirement.locator, requirement.id));
    }

    fn check(&mut self, check: &CheckRecord) {
        self.line("");
        let outcome = match check.outcome {
            CheckOutcome::Pass => " (passes)",
            CheckOutcome::Fail => "",
            CheckOutcome::Inconclusive => " (inconclusive: the machine's own timer was as late)",
        };
        self.entry("check", &format!("{}{outcome}", check.check));
        let (expected, observed) = fit::cut_both(&fit::json(&check.expected), &fit::json(&check.observed), VALUE_LIMIT);
        self.entry("expected", &expected);
        let style = if check.outcome == CheckOutcome::Fail { BAD } else { DIM };
        self.entry_in(style, "observed", &observed);
        if !check.known.is_empty() {
            self.entry("known as", &check.known.join(", "));
        }
    }

    fn delivery(&mut self, delivery: &DeliveryRecord) {
        self.line("");
        let DeliveryRecord { path, subscriber, rows, .. } = delivery;
        self.entry("delivery", &format!("{} at {subscriber} ({path})", subject(delivery)));
        for line in gaps::table(rows, self.paint) {
            self.line(&format!("  {line}"));
        }
    }

    fn exchange(&mut self, case: &ScenarioFinished) {
        let lines = timeline::lines(case, fit::WIDTH - 2, self.paint);
        if lines.is_empty() {
            return;
        }
        self.line("");
        self.entry("exchange", "-> request, <- answer, => attempt at a subscriber");
        for line in lines {
            self.line(&format!("  {line}"));
        }
    }

    fn rerun(&mut self, id: &str, rerun: &str) {
        self.line("");
        // In one line however long, so that it can be copied.
        let label = self.paint.on(DIM, &format!("{:<LABEL_WIDTH$}", "rerun"));
        self.line(&format!("  {label}{}", command(id, rerun)));
    }

    /// A label and its text, wrapped beside it.
    fn entry(&mut self, label: &str, text: &str) {
        self.entry_in(DIM, label, text);
    }

    fn entry_in(&mut self, style: Style, label: &str, text: &str) {
        let mut start = self.paint.on(style, &format!("{label:<LABEL_WIDTH$}"));
        for line in fit::wrap(&fit::printable(text), fit::WIDTH - 2 - LABEL_WIDTH) {
            self.line(&format!("  {start}{line}"));
            start = " ".repeat(LABEL_WIDTH);
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }
}

const LABEL_WIDTH: usize = 10;
/// About five lines: enough for every schedule of the guide.
const VALUE_LIMIT: usize = 340;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples;
    use super::*;

    #[test]
    fn a_failure_shows_its_evidence_and_how_to_repeat_it() {
        insta::assert_snapshot!(block(&samples::fail(), "--target http://127.0.0.1:8888", Paint::PLAIN));
    }

    #[test]
    fn a_stale_entry_shows_the_check_that_passes() {
        insta::assert_snapshot!(block(&samples::stale(), "", Paint::PLAIN), @r#"
        STALE   delivery/redirect-is-not-followed (should)
                a redirect is an answer, not a place to go

          scenario  scenarios/delivery/redirect-is-not-followed.json
          reason    the ledger says that it fails, and it passes
          must      Retries run through four phases: at once, with the minimum delay,
                    with a growing delay, with the maximum delay.
                    guide: section "Retry phases" (phase-order)

          check     expect.deliveries[0].attempts (passes)
          expected  1
          observed  1
          known as  redirect-followed

          rerun     zaqarcheck run 'delivery/redirect-is-not-followed'
        "#);
    }

    #[test]
    fn nothing_that_was_seen_reaches_the_terminal_as_a_control_character() {
        let evil = "\u{1b}[2J\u{7}\r\n\u{9b}31m";
        let mut case = samples::fail();
        for text in [&mut case.id, &mut case.title, &mut case.file, &mut case.level] {
            text.push_str(evil);
        }
        case.reason = Some(evil.into());
        case.checks[0].check.push_str(evil);
        case.checks[0].observed = json!({ evil: evil });
        case.checks[0].known = vec![evil.into()];
        case.deliveries[0].subscriber.push_str(evil);
        case.exchanges[0].request.push_str(evil);
        case.attempts[0].behaviour.push_str(evil);
        case.requirements[0].text.push_str(evil);
        let block = block(&case, evil, Paint::PLAIN);
        assert_eq!(block.chars().find(|c| c.is_control() && *c != '\n'), None, "{block}");
    }

    #[test]
    fn a_block_fits_a_terminal_whatever_was_seen() {
        let mut case = samples::fail();
        case.checks[0].observed = json!((0..1000).collect::<Vec<_>>());
        case.exchanges[0].body = Some(json!("word ".repeat(1000)));
        case.title = "word ".repeat(50);
        let block = block(&case, "", Paint::PLAIN);
        let longest = block.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(fit::WIDTH), "{block}");
        assert!(block.lines().count() < 60, "long values are cut\n{block}");
    }
}
