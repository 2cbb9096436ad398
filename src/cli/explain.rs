//! Takes a name: of a requirement, a deviation, an exit code or a scenario.
//! Gives what it is, where it comes from, what it has to do with the suite, and what to do about it.
//! Never guesses: a name that is none of them is refused with the one that was probably meant.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::output::terminal;
use super::suite::default_suite;
use super::words::word;
use super::{EXIT_CODES, Error};
use crate::protocol::{Deviation, Origin};
use crate::runner::{Coverage, Covered, Exit, Suite, mutants};
use crate::scenario::Scenario;
use crate::spelling::hint;

/// Options of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainOptions {
    /// The id of a requirement or a scenario, the name of a deviation, or an exit code.
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
}

pub(super) fn run(options: &ExplainOptions) -> Result<Exit, Error> {
    let name = options.name.as_str();
    let mut out = terminal();
    if let Ok(code) = name.parse::<u8>() {
        exit_code(code, &mut out)?;
        out.flush()?;
        return Ok(Exit::Conforms);
    }
    let suite = Suite::read(&options.suite)?;
    let coverage = Coverage::of(&suite);
    let scenario = |id: &str| suite.scenarios.iter().find(|scenario| scenario.id == id);
    if let Some(covered) = coverage.requirements.iter().find(|covered| covered.requirement.id == name) {
        requirement(covered, &mut out)?;
    } else if let Ok(found) = name.parse::<Deviation>() {
        deviation(found, &suite, &mut out)?;
    } else if let Some(found) = scenario(name.split('[').next().unwrap_or(name)) {
        self::scenario(found, &mut out)?;
    } else {
        let requirements = coverage.requirements.iter().map(|covered| covered.requirement.id.as_str());
        let deviations = Deviation::ALL.iter().map(|deviation| deviation.name());
        let scenarios = suite.scenarios.iter().map(|scenario| scenario.id.as_str());
        let hint = hint(name, requirements.chain(deviations).chain(scenarios));
        let text = format!("explain {name}: no requirement, deviation, scenario or exit code is called so{hint}");
        return Err(Error::Usage(text));
    }
    out.flush()?;
    Ok(Exit::Conforms)
}

fn exit_code(code: u8, out: &mut impl Write) -> Result<(), Error> {
    let known = EXIT_CODES.lines().filter_map(|line| line.trim().split_once("  "));
    let meaning = known.into_iter().find(|(number, _)| *number == code.to_string()).map(|(_, meaning)| meaning);
    let Some((meaning, (_, advice))) = meaning.zip(ADVICE.iter().find(|(number, _)| *number == code)) else {
        let text = format!("explain {code}: the exit codes of zaqarcheck go from 0 to {}", ADVICE.len() - 1);
        return Err(Error::Usage(text));
    };
    Ok(writeln!(out, "exit code {code}: {meaning}\n\nWhat to do\n  {advice}")?)
}

fn requirement(covered: &Covered, out: &mut impl Write) -> io::Result<()> {
    let of = &covered.requirement;
    writeln!(out, "requirement {} ({}): {}\n\nSource\n  {}, {}", of.id, of.level, of.text, of.source, of.locator)?;
    if let Some(decision) = &of.decision {
        writeln!(out, "\nDecided\n  {decision}")?;
    }
    if let Some(reason) = &of.excluded {
        writeln!(out, "\nNot checked\n  {reason}")?;
    }
    names("Checked by", &covered.scenarios, out)?;
    if let Some(id) = covered.scenarios.first() {
        writeln!(out, "\nWhat to do\n  zaqarcheck show {}   tells what is expected, and when", word(id))?;
        writeln!(out, "  zaqarcheck run {} --target http://host:port   asks your server", word(id))?;
    }
    Ok(())
}

fn deviation(deviation: Deviation, suite: &Suite, out: &mut impl Write) -> io::Result<()> {
    let origin = match deviation.origin() {
        Origin::Observed => "observed in a release of Zaqar",
        Origin::Planted => "planted, to test the suite",
    };
    writeln!(out, "deviation {deviation}: {}\n\nSource\n  {origin}", deviation.sentence())?;
    let found = mutants(&suite.scenarios, &[deviation]);
    let caught: Vec<String> =
        found.iter().flat_map(|mutant| &mutant.caught_by).map(|scenario| scenario.id.clone()).collect();
    names("Caught by", &caught, out)?;
    if let Some(id) = caught.first() {
        writeln!(out, "\nWhat to do")?;
        writeln!(out, "  zaqarcheck run {} --deviation {deviation}   shows how a server with it fails", word(id))?;
    }
    Ok(())
}

fn scenario(scenario: &Scenario, out: &mut impl Write) -> io::Result<()> {
    let Scenario { id, title, level, file, requirements, killed_by, .. } = scenario;
    writeln!(out, "scenario {id} ({level}): {title}\n\nSource\n  {file}")?;
    names("Checks", requirements, out)?;
    let caught: Vec<String> = killed_by.iter().map(ToString::to_string).collect();
    names("Catches servers with", &caught, out)?;
    writeln!(out, "\nWhat to do\n  zaqarcheck show {}   tells its requests and when each attempt is expected", word(id))
}

fn names(title: &str, names: &[String], out: &mut impl Write) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    names.iter().try_for_each(|name| writeln!(out, "  {name}"))
}

/// What somebody does about each exit code.
const ADVICE: [(u8, &str); 8] = [
    (0, "nothing: a gate may open"),
    (
        1,
        "read the block of each FAIL, it ends with the command that repeats the case; what is to stay goes into a ledger",
    ),
    (2, "mend what the message shows; it names the place, and nothing was run"),
    (
        3,
        "look whether the server is up and reaches the subscribers (--bind, --advertise), then run again; this is no pass",
    ),
    (4, "run again on a quieter machine or with fewer --jobs; a fast clock makes small delays hard to tell apart"),
    (5, "look at what was selected with `zaqarcheck list`, and at what the target declares with --capability"),
    (6, "replay the seed that the exploration names: a delivery got lost"),
    (7, "report it: something of the machine got into a simulation, and nothing else it says can be relied on"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_has_advice() {
        for (code, _) in ADVICE {
            assert_eq!(Exit::from_code(code).code(), code);
            assert!(exit_code(code, &mut Vec::new()).is_ok(), "{code}");
        }
        assert!(exit_code(8, &mut Vec::new()).is_err());
        assert_eq!(Exit::from_code(8), Exit::CouldNotTest, "there are no more than have advice");
    }
}
