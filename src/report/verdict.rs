//! Takes a verdict.
//! Gives its word, its colour, and the counts of a run in words.
//! Never colours anything when it was told not to.

use anstyle::{AnsiColor, Style};

use crate::runner::{Counts, ResultKind};

/// The word that stands for a verdict in text.
pub(super) const fn word(verdict: ResultKind) -> &'static str {
    match verdict {
        ResultKind::Error => "ERROR",
        ResultKind::Fail => "FAIL",
        ResultKind::Inconclusive => "UNSURE",
        ResultKind::Known => "KNOWN",
        ResultKind::NotApplicable => "N/A",
        ResultKind::Pass => "PASS",
        ResultKind::Stale => "STALE",
    }
}

/// The style of that word.
pub(super) const fn style(verdict: ResultKind) -> Style {
    match verdict {
        ResultKind::Error | ResultKind::Fail => BAD,
        ResultKind::Inconclusive => AnsiColor::Yellow.on_default().bold(),
        ResultKind::Known => AnsiColor::Yellow.on_default(),
        ResultKind::NotApplicable => DIM,
        ResultKind::Pass => AnsiColor::Green.on_default(),
        ResultKind::Stale => AnsiColor::Magenta.on_default().bold(),
    }
}

/// Whether it has to be looked at: neither what the documents say nor what the ledger says.
pub(super) const fn is_unexpected(verdict: ResultKind) -> bool {
    match verdict {
        ResultKind::Error | ResultKind::Fail | ResultKind::Inconclusive | ResultKind::Stale => true,
        ResultKind::Known | ResultKind::NotApplicable | ResultKind::Pass => false,
    }
}

/// Every verdict with its count, the worse ones first after those that pass.
pub(super) const fn counted(counts: &Counts) -> [(ResultKind, &'static str, usize); 7] {
    [
        (ResultKind::Pass, "pass", counts.pass),
        (ResultKind::Fail, "fail", counts.fail),
        (ResultKind::Stale, "stale", counts.stale),
        (ResultKind::Error, "error", counts.error),
        (ResultKind::Inconclusive, "inconclusive", counts.inconclusive),
        (ResultKind::Known, "known", counts.known),
        (ResultKind::NotApplicable, "n/a", counts.not_applicable),
    ]
}

/// Adds one result to the counts: a run that was cut off has no summary to take them from.
pub(super) const fn count(counts: &mut Counts, verdict: ResultKind) {
    let one = match verdict {
        ResultKind::Error => &mut counts.error,
        ResultKind::Fail => &mut counts.fail,
        ResultKind::Inconclusive => &mut counts.inconclusive,
        ResultKind::Known => &mut counts.known,
        ResultKind::NotApplicable => &mut counts.not_applicable,
        ResultKind::Pass => &mut counts.pass,
        ResultKind::Stale => &mut counts.stale,
    };
    *one += 1;
}

/// Colours on or off.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub(super) colour: bool,
}

impl Paint {
    /// No colours at all: for files.
    pub(super) const PLAIN: Self = Self { colour: false };

    /// `text` in `style`. Pad before painting: escape codes have no width.
    pub(super) fn on(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// What is wrong.
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What matters less.
pub(super) const DIM: Style = Style::new().dimmed();
/// What to look at first.
pub(super) const STRONG: Style = Style::new().bold();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_can_be_switched_off() {
        let style = style(ResultKind::Fail);
        assert_eq!(Paint::PLAIN.on(style, "FAIL"), "FAIL");
        assert_eq!(Paint { colour: true }.on(style, "FAIL"), "\u{1b}[1m\u{1b}[31mFAIL\u{1b}[0m");
        assert_eq!(Paint { colour: true }.on(style, ""), "");
    }

    #[test]
    fn each_verdict_counts_for_itself() {
        for (verdict, name, _) in counted(&Counts::default()) {
            let mut counts = Counts::default();
            count(&mut counts, verdict);
            let found: Vec<_> = counted(&counts).into_iter().filter(|(_, _, n)| *n > 0).collect();
            assert_eq!(found, [(verdict, name, 1)]);
        }
    }
}
