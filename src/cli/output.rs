//! Takes a finished run and the reports that were asked for.
//! Gives them written, and the exit code.
//! Never opens a report after the run: hours of testing must not end in a typing mistake.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::{Error, github};
use crate::clock::Clock;
use crate::report::{Format, Options as ReportOptions, Report};
use crate::runner::{Counts, Exit, Header, RunEvent, ScenarioFinished, Summary, Wall};

/// Where the events of a run go: the terminal as they come, the files at the end.
pub(super) struct Output {
    text: Box<dyn Report>,
    files: Vec<(PathBuf, Box<dyn Report>)>,
    header: Header,
    wall: Clock,
}

impl Output {
    /// Opens every report and tells the header; `rerun` is what follows the id in a command that repeats one case.
    pub(super) fn open(reports: &[(Format, PathBuf)], rerun: &str, header: Header) -> Result<Self, Error> {
        let options = |colour| ReportOptions { colour, rerun: rerun.to_owned() };
        let open = |(format, path): &(Format, PathBuf)| {
            let file =
                File::create(path).map_err(|source| Error::Write { path: path.display().to_string(), source })?;
            Ok((path.clone(), format.report(Box::new(BufWriter::new(file)), options(false))))
        };
        let mut files: Vec<_> = reports.iter().map(open).collect::<Result<_, Error>>()?;
        if let Some((path, file)) = github::summary()? {
            files.push((path, Format::Markdown.report(Box::new(BufWriter::new(file)), options(false))));
        }
        let mut text = Format::Text.report(Box::new(terminal()), options(io::stdout().is_terminal()));
        text.event(&RunEvent::Header(header.clone()))?;
        Ok(Self { text, files, header, wall: Clock::start(1) })
    }

    /// Tells a case that is final.
    pub(super) fn tell(&mut self, case: &ScenarioFinished) -> io::Result<()> {
        self.text.event(&RunEvent::Scenario(Box::new(case.clone())))
    }

    /// Tells the end, and writes the files.
    pub(super) fn close(
        mut self,
        finished: &[ScenarioFinished],
        unmatched: Vec<String>,
        interrupted: bool,
    ) -> Result<Exit, Error> {
        let exit = Exit::of(finished, &unmatched, interrupted);
        let must = || finished.iter().filter(|case| case.level == "must" && case.applied());
        let summary = RunEvent::Summary(Summary {
            selected: self.header.selected,
            counts: Counts::of(finished),
            must: (must().filter(|case| case.passed()).count(), must().count()),
            interrupted,
            unmatched,
            exit: exit.code(),
            wall: Wall { elapsed_ms: self.wall.now().since_start().as_secs_f64() * 1000.0, ..Wall::default() },
        });
        self.text.event(&summary)?;
        self.text.finish()?;
        github::annotate_job(finished, &mut terminal())?;
        let cases = finished.iter().map(|case| RunEvent::Scenario(Box::new(case.clone())));
        let events: Vec<RunEvent> = [RunEvent::Header(self.header)].into_iter().chain(cases).chain([summary]).collect();
        for (path, report) in &mut self.files {
            let written = events.iter().try_for_each(|event| report.event(event)).and_then(|()| report.finish());
            written.map_err(|source| Error::Write { path: path.display().to_string(), source })?;
        }
        Ok(exit)
    }
}

/// Standard output, told colours only if it shows them.
pub(super) fn terminal() -> impl Write {
    BufWriter::new(anstream::stdout())
}

/// Writes a file and the folders above it.
pub(super) fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), std::fs::create_dir_all);
    let written = made.and_then(|()| std::fs::write(path, text));
    written.map_err(|source| Error::Write { path: path.display().to_string(), source })
}

/// `FORMAT=PATH`.
pub(super) fn parse_report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("expected FORMAT=PATH, for example junit=report.xml")?;
    let format = parse_format(format)?;
    if path.is_empty() { Err("the path is missing".into()) } else { Ok((format, path.into())) }
}

/// The name of a format.
pub(super) fn parse_format(name: &str) -> Result<Format, String> {
    name.parse::<Format>().map_err(|error| error.to_string())
}

/// The name and version of this program.
pub(super) fn tool() -> String {
    concat!("zaqarcheck ", env!("CARGO_PKG_VERSION")).into()
}
