//! Takes the stream of [`RunEvent`]s, as it happens or as it was recorded.
//! Gives reports: text and HTML for people, NDJSON for programs, JUnit and TAP for CI servers, Markdown and a badge for
//! repositories.
//! Never sees a target, a model or the judge, opens no file, and prints to nothing but the writer it was given.

mod badge;
mod block;
mod case;
mod changes;
mod chart;
mod difference;
mod fit;
pub mod fleet;
mod gaps;
pub mod github;
mod html;
mod junit;
mod markdown;
mod matrix;
mod ndjson;
#[cfg(test)]
mod samples;
pub mod schedule;
mod tap;
mod text;
mod timeline;
mod verdict;

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

pub use difference::{Comparison, DiffFormat};
pub use fit::shell_quoted;
pub use matrix::{Column, matrix};

use crate::runner::RunEvent;

/// A view over one run: fed every event in order, then finished once.
pub trait Report {
    /// Takes the next event.
    fn event(&mut self, event: &RunEvent) -> io::Result<()>;

    /// Writes what had to wait for the end, and flushes. Without a summary before it, the report says that the run was
    /// cut off: a stream that ends early must not read as a success.
    fn finish(&mut self) -> io::Result<()>;
}

/// What a report looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A picture of the result for a README, as SVG.
    Badge,
    /// One page that needs nothing but itself.
    Html,
    /// XML as CI servers read it.
    Junit,
    /// A summary for a repository or a CI job's page; the same run gives the same bytes.
    Markdown,
    /// The stream itself, one JSON object per line.
    Ndjson,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// Lines and failure blocks for people.
    Text,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] =
        [Self::Badge, Self::Html, Self::Junit, Self::Markdown, Self::Ndjson, Self::Tap, Self::Text];

    /// The name used in `--report FORMAT=PATH`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Badge => "badge",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Ndjson => "ndjson",
            Self::Tap => "tap",
            Self::Text => "text",
        }
    }

    /// A report of this format that writes to `out`.
    pub fn report<'w>(self, out: Box<dyn Write + 'w>, options: Options) -> Box<dyn Report + 'w> {
        match self {
            Self::Badge => Box::new(badge::Badge::new(out)),
            Self::Html => Box::new(html::Html::new(out, options)),
            Self::Junit => Box::new(junit::Junit::new(out, options)),
            Self::Markdown => Box::new(markdown::Markdown::new(out)),
            Self::Ndjson => Box::new(ndjson::Ndjson::new(out)),
            Self::Tap => Box::new(tap::Tap::new(out, options)),
            Self::Text => Box::new(text::Text::new(out, options)),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// `md` is accepted for `markdown`: it is what people type.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let wanted = if name == "md" { "markdown" } else { name };
        Self::ALL.into_iter().find(|format| format.name() == wanted).ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

/// A format that does not exist.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown report format `{0}`, expected one of badge, html, junit, markdown, ndjson, tap, text")]
pub struct UnknownFormat(String);

/// What a report needs to know that is not in the stream.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether text is coloured.
    pub colour: bool,
    /// What follows the id in a command that repeats one case: the options of this run, and `-- COMMAND` if it
    /// launched its server; quoted for a shell.
    pub rerun: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_read_back_and_others_are_named() {
        for format in Format::ALL {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert_eq!("md".parse(), Ok(Format::Markdown));
        let refused = "Text".parse::<Format>().expect_err("names are lower case").to_string();
        assert_eq!(
            refused,
            "unknown report format `Text`, expected one of badge, html, junit, markdown, ndjson, tap, text"
        );
    }

    #[test]
    fn every_format_reports_a_run_that_was_cut_off() {
        for format in Format::ALL {
            let mut out = Vec::new();
            let mut report = format.report(Box::new(&mut out), Options::default());
            report.event(&samples::header()).expect("a Vec takes everything");
            report.event(&samples::scenario(samples::pass())).expect("a Vec takes everything");
            report.finish().expect("a Vec takes everything");
            drop(report);
            let out = String::from_utf8(out).expect("reports are UTF-8");
            // The stream says it by the summary that is not there.
            let said = if format == Format::Ndjson { !out.contains("summary") } else { out.contains("cut off") };
            assert!(said, "{format}: {out}");
        }
    }
}
