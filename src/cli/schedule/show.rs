//! Takes one policy or several, and what the subscriber answers.
//! Gives the deliveries as a table and a picture.
//! Never shows a schedule that a server would refuse.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::super::Error;
use super::super::output::terminal;
use super::super::plot::{parse_plot, write_plot};
use super::{PolicyArgs, batch, input};
use crate::policy::{Selected, select};
use crate::report::schedule::{Named, TableOptions, json, one, several, svg};
use crate::runner::Exit;
use crate::schedule::{Outcomes, Timeline};

/// Which deliveries to draw, and how.
#[derive(Debug, Args)]
pub(super) struct ShowOptions {
    #[command(flatten)]
    policies: PolicyArgs,
    /// Another policy to put beside it; may be given more than once.
    #[arg(long, value_name = "[NAME=]JSON|FILE")]
    compare: Vec<String>,
    /// What comes of each attempt: ok, fail (no answer), or a status; the last repeats.
    #[arg(long, value_name = "LIST", default_value = "fail", value_parser = str::parse::<Outcomes>)]
    outcomes: Outcomes,
    /// How long the subscriber is away from the first attempt on, e.g. 10m: which attempt comes through.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with = "outcomes")]
    outage: Option<Duration>,
    /// Writes the picture to a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE", value_parser = parse_plot)]
    plot: Option<PathBuf>,
    /// Columns to write in; those of the terminal without it.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1000))]
    width: Option<u16>,
    /// The most rows of a table; the middle of a longer one is left out.
    #[arg(long, value_name = "COUNT", default_value_t = 40)]
    rows: usize,
}

impl ShowOptions {
    /// Answers standard input line by line; what is asked for on the command line would go unheard.
    pub(super) fn batch(&self) -> Result<Exit, Error> {
        let asked = [
            ("--policy", self.policies.policy.is_some()),
            ("--subscription", self.policies.subscription.is_some()),
            ("--compare", !self.compare.is_empty()),
            ("--outcomes", self.outcomes != Outcomes::never()),
            ("--outage", self.outage.is_some()),
            ("--plot", self.plot.is_some()),
        ];
        match asked.into_iter().find(|(_, asked)| *asked) {
            Some((option, _)) => Err(Error::Usage(format!(
                "use {option} with --format ndjson, which reads policies from standard input"
            ))),
            None => batch::run(self.policies.profile.profile.deviations()),
        }
    }

    /// The deliveries under every policy that is named.
    fn deliveries(&self) -> Result<Vec<Named>, Error> {
        let deviations = self.policies.profile.profile.deviations();
        let draw = |selected| Timeline::draw(selected, &self.outcomes, deviations);
        let selected = self.policies.selected()?;
        let mut all = vec![Named { name: name_of(&selected, "the defaults"), timeline: draw(selected) }];
        for argument in &self.compare {
            let (name, argument) = split_name(argument);
            let selected = select(Some(&input::policy("--compare", argument, deviations)?), None, deviations);
            let name = name.map_or_else(|| name_of(&selected, "the defaults"), str::to_owned);
            all.push(Named { name, timeline: draw(selected) });
        }
        if !self.compare.is_empty() {
            let file = self
                .policies
                .policy
                .as_deref()
                .filter(|argument| !input::is_json(argument) && self.policies.subscription.is_none());
            let own = file.and_then(|file| Path::new(file).file_stem()).map(|stem| stem.to_string_lossy().into_owned());
            all[0].name = own.unwrap_or_else(|| all[0].name.clone());
        }
        Ok(all)
    }
}

pub(super) fn run(options: &ShowOptions, as_json: bool) -> Result<Exit, Error> {
    let all = options.deliveries()?;
    let profile = options.policies.profile.profile.name();
    let outage_s = options.outage.map(whole_seconds);
    if let Some(path) = &options.plot {
        let title = if all.len() == 1 { all[0].name.clone() } else { format!("{} policies", all.len()) };
        write_plot(path, &svg(&format!("{title}; profile {profile}"), &all, outage_s))?;
    }
    let mut out = terminal();
    if as_json {
        writeln!(out, "{:#}", json(&all, profile))?;
    } else {
        let colour = io::stdout().is_terminal();
        let table = TableOptions { width: width(options.width), rows: options.rows, colour, outage_s };
        let lines = if let [named] = all.as_slice() { one(named, &table) } else { several(&all, &table) };
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    out.flush()?;
    Ok(Exit::Conforms)
}

/// An outage of 1.5 s lets nothing through in its second second.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add((time.subsec_nanos() > 0).into())
}

/// `NAME=` in front of a policy.
pub(in crate::cli) fn split_name(argument: &str) -> (Option<&str>, &str) {
    match argument.split_once('=') {
        Some((name, rest)) if !input::is_json(argument) && !name.is_empty() => (Some(name), rest),
        _ => (None, argument),
    }
}

/// A policy is called after what it says.
pub(in crate::cli) fn name_of(selected: &Selected, defaults: &str) -> String {
    match selected {
        Selected::Policy(keys) if keys.is_empty() => defaults.into(),
        Selected::Policy(keys) => {
            keys.iter().map(|(key, value)| format!("{key} {}", plain(value))).collect::<Vec<_>>().join(", ")
        }
        Selected::Unusable => "no policy".into(),
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The columns of the terminal, or of a page.
pub(in crate::cli) fn width(asked: Option<u16>) -> usize {
    let terminal = || terminal_size::terminal_size().map(|(width, _)| width.0.clamp(40, 160));
    asked.or_else(terminal).unwrap_or(80).into()
}
