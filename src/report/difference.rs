//! Takes two recorded runs and what differs between them.
//! Gives that as text, as Markdown or as one HTML page.
//! Never says which of the two is right.

use std::io::{self, Write};

use askama::Template;
use serde_json::Value;

use super::fit;
use super::markdown::code;
use crate::runner::{Difference, Header};

/// What a comparison looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum DiffFormat {
    /// Lines for people.
    Text,
    /// For a repository or a CI job's page.
    Markdown,
    /// One page that needs nothing but itself.
    Html,
}

/// What is told of a comparison.
#[derive(Clone, Debug)]
pub struct Comparison<'r> {
    /// The two runs: what they are called, and their first lines.
    pub runs: [(String, &'r Header); 2],
    /// What differs.
    pub differences: &'r [Difference],
    /// How many cases are in both runs.
    pub both: usize,
    /// How many are in one only.
    pub alone: usize,
    /// The exit code.
    pub exit: u8,
}

impl Comparison<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&self, format: DiffFormat, out: &mut impl Write) -> io::Result<()> {
        match format {
            DiffFormat::Text => self.text(out),
            DiffFormat::Markdown => self.markdown(out),
            DiffFormat::Html => {
                let page = Page { runs: self.described(), rows: self.rows(), line: self.line() };
                page.write_into(out)
            }
        }
    }

    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        for (sign, run) in ["-", "+"].iter().zip(self.described()) {
            writeln!(out, "{sign} {run}")?;
        }
        for difference in self.differences {
            writeln!(out, "\n{}", fit::printable(&difference.id))?;
            for change in &difference.changes {
                writeln!(out, "  {}", fit::printable(&change.place))?;
                writeln!(out, "    - {}\n    + {}", shown(&change.first), shown(&change.second))?;
            }
        }
        writeln!(out, "\nzaqarcheck: {}", self.line())
    }

    fn markdown(&self, out: &mut impl Write) -> io::Result<()> {
        let [first, second] = self.described();
        writeln!(out, "# Two runs of zaqarcheck\n\n- first: {}\n- second: {}\n", code(&first), code(&second))?;
        writeln!(out, "**{}**", self.line())?;
        if self.differences.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n| case | place | first | second |\n|---|---|---|---|")?;
        self.rows().iter().try_for_each(|row| {
            let [case, place, first, second] = [&row.id, &row.place, &row.first, &row.second].map(|text| code(text));
            writeln!(out, "| {case} | {place} | {first} | {second} |")
        })
    }

    fn described(&self) -> [String; 2] {
        self.runs.each_ref().map(|(name, header)| {
            let profile = header.profile.as_ref().map(|profile| format!("; profile {profile}")).unwrap_or_default();
            fit::printable(&format!("{name}: target {}{profile}; clock {}", header.target, header.clock))
        })
    }

    fn rows(&self) -> Vec<Row> {
        let row = |difference: &Difference| {
            let id = fit::printable(&difference.id);
            let rows = difference.changes.iter().map(move |change| Row {
                id: id.clone(),
                place: fit::printable(&change.place),
                first: shown(&change.first),
                second: shown(&change.second),
            });
            rows.collect::<Vec<_>>()
        };
        self.differences.iter().flat_map(row).collect()
    }

    fn line(&self) -> String {
        let Self { both, alone, exit, .. } = self;
        let differ = self.differences.len() - alone;
        format!("{both} cases in both, {differ} differ, {alone} in one only; exit {exit}")
    }
}

/// One change.
struct Row {
    id: String,
    place: String,
    first: String,
    second: String,
}

#[derive(Template)]
#[template(config = "src/report/askama.toml", path = "difference.html")]
struct Page {
    runs: [String; 2],
    rows: Vec<Row>,
    line: String,
}

fn shown(value: &Option<Value>) -> String {
    value.as_ref().map_or_else(|| "nothing".into(), |value| fit::printable(&value.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use strum::VariantArray;

    use super::super::samples;
    use super::*;
    use crate::runner::{Change, RunEvent};

    fn render(format: DiffFormat, differences: &[Difference]) -> String {
        let RunEvent::Header(header) = samples::header() else { panic!("it is a header") };
        let runs = ["a.ndjson", "b.ndjson"].map(|name| (name.to_owned(), &header));
        let mut out = Vec::new();
        let comparison = Comparison { runs, differences, both: 5, alone: 0, exit: 1 };
        comparison.write(format, &mut out).expect("a Vec takes everything");
        String::from_utf8(out).expect("it is UTF-8")
    }

    fn differences() -> Vec<Difference> {
        let change = |place: &str, first, second| Change { place: place.into(), first, second };
        vec![Difference {
            id: "delivery/x[a=<b>|c]".into(),
            changes: vec![
                change("verdict", Some(json!("pass")), Some(json!("fail"))),
                change("steps[0] `x`", None, Some(json!({"a": "</td>|"}))),
            ],
        }]
    }

    #[test]
    fn each_format_tells_every_change() {
        for format in [DiffFormat::Text, DiffFormat::Markdown] {
            insta::assert_snapshot!(format!("difference-{format}"), render(format, &differences()));
        }
        let html = render(DiffFormat::Html, &differences());
        assert_eq!(html.matches("<tr>").count(), 1 + 2, "{html}");
        assert!(!html.contains("</td>|") && !html.contains("a=<b>"), "{html}");
    }

    #[test]
    fn runs_that_agree_have_no_table() {
        for format in DiffFormat::VARIANTS {
            assert!(!render(*format, &[]).contains("<table"), "{format}");
            assert!(render(*format, &[]).contains("5 cases in both, 0 differ"), "{format}");
        }
    }
}
