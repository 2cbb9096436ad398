//! Takes what a verb of `fleet` found out.
//! Gives the files that were asked for: a picture, a page, CSV.
//! Never begins a long run before it knows that it can write what was asked for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::Error;
use super::super::output::tool;
use super::super::plot::{parse_plot, write_file, write_plot};
use crate::report::fleet::{Page, Panel, Table, html, svg};

/// How a verb of `fleet` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Tables.
    Text,
    /// One object.
    Json,
}

/// Files to write.
#[derive(Debug, Args)]
pub(super) struct PictureArgs {
    /// Writes the pictures to a file that ends in .svg or .png.
    #[arg(long, value_name = "FILE", value_parser = parse_plot)]
    plot: Option<PathBuf>,
    /// Writes figures and pictures as a page of HTML that needs nothing else.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl PictureArgs {
    /// Whether somebody wants to see something.
    pub(super) const fn wanted(&self) -> bool {
        self.plot.is_some() || self.html.is_some()
    }

    /// Makes sure that all files can be written, before anything long begins.
    pub(super) fn open(&self, csv: Option<&Path>) -> Result<(), Error> {
        let mut files = [self.plot.as_deref(), self.html.as_deref(), csv].into_iter().flatten();
        files.try_for_each(|path| File::create(path).map(drop).map_err(|source| cannot_write(path, source)))
    }

    /// Writes them.
    pub(super) fn write(
        &self,
        title: &str,
        lead: &[String],
        tables: &[Table],
        panels: &[Panel<'_>],
    ) -> Result<(), Error> {
        if let Some(path) = &self.plot {
            write_plot(path, &svg(title, panels))?;
        }
        if let Some(path) = &self.html {
            let page = Page { title, lead, tables, panels, made_by: &tool() };
            write_file(path, html(&page).as_bytes())?;
        }
        Ok(())
    }
}

pub(super) fn cannot_write(path: &Path, source: io::Error) -> Error {
    Error::Write { path: path.display().to_string(), source }
}

/// Writes CSV, if it was asked for.
pub(super) fn write_csv(path: Option<&Path>, csv: impl FnOnce() -> String) -> Result<(), Error> {
    path.map_or(Ok(()), |path| write_file(path, csv().as_bytes()))
}
