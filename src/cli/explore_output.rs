//! Takes what an exploration comes to, as it comes.
//! Gives it on standard output: text for people, or one JSON object a line.
//! Never tells a reader how long it took where the bytes are to be compared.

use std::io::{BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;

use super::Error;
use crate::clock::Clock;
use crate::explore::{Header, Line, Plan, Reduced, ReducedLine, SeedLine, Summary};

/// How `explore` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line.
    Ndjson,
    /// Failures, and what was met.
    Text,
}

/// Failing seeds that are named in the text.
const NAMED_MAX: u64 = 10;

/// Where an exploration is told.
pub(super) struct Output {
    format: Format,
    out: Box<dyn Write>,
    /// The options that choose the model.
    arguments: String,
    named: u64,
    wall: Clock,
}

impl Output {
    /// Tells the header.
    pub(super) fn open(format: Format, arguments: String, header: Header) -> Result<Self, Error> {
        let out = Box::new(BufWriter::new(anstream::stdout()));
        let mut output = Self { format, out, arguments, named: 0, wall: Clock::start(1) };
        let Header { target, profile, from, seeds, shard, .. } = &header;
        let shard = shard.as_ref().map(|shard| format!(", shard {shard}")).unwrap_or_default();
        let text = format!("exploring {seeds} seeds from {from} on {target} ({profile}){shard}");
        output.tell(&text, Line::Header(header))?;
        Ok(output)
    }

    /// Tells the options of one seed, before it is played.
    pub(super) fn options(&mut self, plan: &Plan) -> Result<(), Error> {
        match self.format {
            Format::Ndjson => Ok(()),
            Format::Text => Ok(writeln!(self.out, "seed {:x}: {}", plan.seed, plan.swarm)?),
        }
    }

    /// Tells the options of a seed that failed, before how it failed.
    pub(super) fn failing(&mut self, plan: &Plan) -> Result<(), Error> {
        if self.named < NAMED_MAX { self.options(plan) } else { Ok(()) }
    }

    /// Tells what came of a seed.
    pub(super) fn seed(&mut self, line: &SeedLine) -> Result<(), Error> {
        if self.format == Format::Ndjson {
            return self.tell("", Line::Seed(line.clone()));
        }
        if line.differs {
            writeln!(self.out, "seed {}: played twice it came out in two ways", line.seed)?;
        }
        let Some(first) = line.violations.first() else { return Ok(()) };
        self.named += 1;
        if self.named <= NAMED_MAX {
            writeln!(self.out, "seed {}: {} ({}): {}", line.seed, first.invariant, first.nature, first.text)?;
        }
        Ok(())
    }

    /// Tells a failure that was cut down, and how to repeat it.
    pub(super) fn reduced(&mut self, reduced: &Reduced, file: Option<&Path>) -> Result<(), Error> {
        let line = ReducedLine::of(reduced);
        let mut text = format!(
            "seed {}, cut down to {} steps in {} plays: {}: {}\n",
            line.seed, line.steps, line.plays, line.violation.invariant, line.violation.text
        );
        text += &match (file, &reduced.text) {
            (Some(file), _) => format!("  zaqarcheck run {}{}", file.display(), self.arguments),
            (None, None) => {
                format!("  no scenario file can show it: zaqarcheck replay {}{}", line.seed, self.arguments)
            }
            (None, Some(_)) => format!("  zaqarcheck explore --seed {}{} --out DIR", line.seed, self.arguments),
        };
        self.tell(&text, Line::Reduced(line))
    }

    /// Tells the end, and what was never met although it had to be.
    pub(super) fn close(mut self, summary: &Summary, unseen: &[String]) -> Result<(), Error> {
        let Summary { seeds, unsafe_seeds, stuck_seeds, undetermined_seeds, attempts, seen } = summary;
        let elapsed = self.wall.now().since_start().as_secs_f64();
        let mut text = String::new();
        if !seen.is_empty() {
            let counted: Vec<String> = seen.iter().map(|(sight, times)| format!("{sight} {times}")).collect();
            text += &format!("met: {}\n", counted.join(", "));
        }
        if !unseen.is_empty() {
            text += &format!("too weak: never met {}\n", unseen.join(", "));
        }
        text += &format!(
            "{seeds} seeds, {attempts} attempts: {unsafe_seeds} did something wrong, {stuck_seeds} only got stuck, \
             {undetermined_seeds} came out in two ways; {:.0} seeds a second",
            *seeds as f64 / elapsed.max(1e-6)
        );
        self.tell(&text, Line::Summary(summary.clone()))?;
        Ok(self.out.flush()?)
    }

    fn tell(&mut self, text: &str, line: Line) -> Result<(), Error> {
        match self.format {
            Format::Ndjson => {
                serde_json::to_writer(&mut self.out, &line).map_err(std::io::Error::from)?;
                writeln!(self.out)?;
            }
            Format::Text => writeln!(self.out, "{text}")?,
        }
        Ok(())
    }
}
