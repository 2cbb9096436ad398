//! Takes a suite.
//! Gives a table of planted deviations and the scenarios that catch them, and exit code 1 if one survives.
//! Never plays on a server: the model alone can be made to deviate.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Error;
use super::suite::default_suite;
use crate::protocol::{Deviation, Origin};
use crate::runner::{Exit, Mutant, Suite, mutants, planted};
use crate::scenario::Scenario;
use crate::spelling::hint;

/// How many scenarios the table names for each deviation.
const NAMED_MAX: usize = 3;

/// Options of `mutants`.
#[derive(Debug, Args)]
pub(super) struct MutantsOptions {
    /// Planted deviations by name; all of them if none is given.
    #[arg(value_name = "DEVIATION", value_parser = parse_planted)]
    names: Vec<Deviation>,
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
    /// How to write.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How `mutants` writes.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One JSON object a line for each deviation.
    Ndjson,
    /// A table.
    Text,
}

/// One line of NDJSON.
#[derive(Debug, Serialize)]
struct Line<'a> {
    deviation: &'static str,
    sentence: &'static str,
    level: Option<String>,
    caught_by: Vec<&'a str>,
    untrue: Vec<&'a str>,
}

pub(super) fn run(options: &MutantsOptions) -> Result<Exit, Error> {
    let suite = Suite::read(&options.suite)?;
    let deviations = if options.names.is_empty() { planted().collect() } else { options.names.clone() };
    let found = mutants(&suite.scenarios, &deviations);
    let mut out = BufWriter::new(anstream::stdout().lock());
    match options.format {
        Format::Ndjson => write_lines(&found, &mut out)?,
        Format::Text => write_table(&found, suite.scenarios.len(), &mut out)?,
    }
    out.flush()?;
    let wrong = found.iter().any(|mutant| mutant.survives() || !mutant.untrue.is_empty());
    Ok(if wrong { Exit::Deviates } else { Exit::Conforms })
}

fn write_lines(mutants: &[Mutant], out: &mut impl Write) -> Result<(), Error> {
    for mutant in mutants {
        let line = Line {
            deviation: mutant.deviation.name(),
            sentence: mutant.deviation.sentence(),
            level: mutant.level().map(|level| level.to_string()),
            caught_by: ids(&mutant.caught_by),
            untrue: ids(&mutant.untrue),
        };
        serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
        writeln!(out)?;
    }
    Ok(())
}

fn ids(scenarios: &[Arc<Scenario>]) -> Vec<&str> {
    scenarios.iter().map(|scenario| scenario.id.as_str()).collect()
}

fn write_table(mutants: &[Mutant], scenarios: usize, out: &mut impl Write) -> Result<(), Error> {
    let width = mutants.iter().map(|mutant| mutant.deviation.name().len()).max().unwrap_or_default();
    writeln!(out, "{:width$}  caught  level   by", "deviation")?;
    for mutant in mutants {
        let mut named = ids(&mutant.caught_by[..mutant.caught_by.len().min(NAMED_MAX)]).join(", ");
        if mutant.caught_by.len() > NAMED_MAX {
            named.push_str(", ...");
        }
        let level = mutant.level().map_or_else(|| "-".into(), |level| level.to_string());
        let (name, count) = (mutant.deviation.name(), mutant.caught_by.len());
        writeln!(out, "{}", format!("{name:width$}  {count:>6}  {level:6}  {named}").trim_end())?;
    }
    for mutant in mutants.iter().filter(|mutant| mutant.survives()) {
        writeln!(out, "survivor: {}: {}", mutant.deviation, mutant.deviation.sentence())?;
    }
    for mutant in mutants {
        for scenario in &mutant.untrue {
            writeln!(out, "untrue: {} says it catches {}, which passes it", scenario.id, mutant.deviation)?;
        }
    }
    let survivors = mutants.iter().filter(|mutant| mutant.survives()).count();
    let untrue: usize = mutants.iter().map(|mutant| mutant.untrue.len()).sum();
    let count = mutants.len();
    writeln!(
        out,
        "{count} planted deviations, {scenarios} scenarios: {survivors} survive, {untrue} claims are not true"
    )?;
    Ok(())
}

fn parse_planted(name: &str) -> Result<Deviation, String> {
    match name.parse::<Deviation>() {
        Ok(deviation) if deviation.origin() == Origin::Planted => Ok(deviation),
        Ok(_) => Err("it is observed in a real server, not planted".into()),
        Err(()) => Err(format!("no such deviation{}", hint(name, planted().map(Deviation::name)))),
    }
}
