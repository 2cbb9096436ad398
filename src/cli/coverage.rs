//! Takes a suite.
//! Gives its register beside its scenarios: what is checked by which, what is not, and what was decided.
//! Never runs anything.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::Error;
use super::suite::default_suite;
use crate::runner::{Coverage, CoverageState, Covered, Exit, Suite};

/// How many scenarios are named for one requirement.
const NAMED: usize = 3;

/// Options of `coverage`.
#[derive(Debug, Args)]
pub(super) struct CoverageOptions {
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = CoverageFormat::Text)]
    format: CoverageFormat,
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum CoverageFormat {
    /// Tables for people.
    Text,
    /// One JSON document.
    Json,
}

pub(super) fn run(options: &CoverageOptions) -> Result<Exit, Error> {
    let coverage = Coverage::of(&Suite::read(&options.suite)?);
    let mut stdout = anstream::stdout().lock();
    match options.format {
        CoverageFormat::Text => write_text(&mut stdout, &coverage)?,
        CoverageFormat::Json => {
            let document = json!({
                "complete": coverage.is_complete(), "totals": coverage.totals(), "requirements": coverage.requirements,
            });
            writeln!(stdout, "{document:#}")?;
        }
    }
    Ok(if coverage.is_complete() { Exit::Conforms } else { Exit::Deviates })
}

fn write_text(out: &mut impl Write, coverage: &Coverage) -> io::Result<()> {
    let widest = coverage.requirements.iter().map(|covered| covered.requirement.id.len()).max().unwrap_or_default();
    for covered in &coverage.requirements {
        write_requirement(out, covered, widest)?;
    }
    for (title, state) in
        [("excluded", CoverageState::Excluded), ("excluded, yet checked", CoverageState::ExcludedYetChecked)]
    {
        let of_state = |covered: &&Covered| covered.state == state;
        let reasons =
            coverage.requirements.iter().filter(of_state).map(|covered| (covered, &covered.requirement.excluded));
        write_reasons(out, title, reasons)?;
    }
    let decisions = coverage.requirements.iter().map(|covered| (covered, &covered.requirement.decision));
    write_reasons(out, "decided", decisions)?;

    writeln!(out, "\n{:<6} {:<8} requirements  checked  excluded", "level", "source")?;
    for total in coverage.totals() {
        let (level, source) = (total.level.to_string(), total.source.to_string());
        writeln!(
            out,
            "{level:<6} {source:<8} {:>12}  {:>7}  {:>8}",
            total.requirements, total.checked, total.excluded
        )?;
    }
    let flawed = coverage.requirements.iter().filter(|covered| covered.state.is_flawed()).count();
    writeln!(
        out,
        "\nzaqarcheck: {} requirements, {flawed} neither checked nor rightly excluded",
        coverage.requirements.len()
    )
}

fn write_requirement(out: &mut impl Write, covered: &Covered, widest: usize) -> io::Result<()> {
    let requirement = &covered.requirement;
    let scenarios = match (covered.state, covered.scenarios.len()) {
        (CoverageState::Excluded, _) => "excluded".to_owned(),
        (CoverageState::Unchecked, _) => "NOT CHECKED".to_owned(),
        (_, number) => {
            let more = if number > NAMED { ", ..." } else { "" };
            format!("{number:>3}  {}{more}", covered.scenarios[..number.min(NAMED)].join(", "))
        }
    };
    let (level, source) = (requirement.level.to_string(), requirement.source.to_string());
    writeln!(out, "{:<widest$}  {level:<6} {source:<7}  {scenarios}", requirement.id)
}

fn write_reasons<'a>(
    out: &mut impl Write,
    title: &str,
    reasons: impl Iterator<Item = (&'a Covered, &'a Option<String>)>,
) -> io::Result<()> {
    let reasons: Vec<(&str, &String)> =
        reasons.filter_map(|(covered, reason)| Some((covered.requirement.id.as_str(), reason.as_ref()?))).collect();
    if !reasons.is_empty() {
        writeln!(out, "\n{title}:")?;
    }
    reasons.into_iter().try_for_each(|(id, reason)| writeln!(out, "  {id}: {reason}"))
}
