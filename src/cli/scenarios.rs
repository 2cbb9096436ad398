//! Takes a folder.
//! Gives the suite of this program in it, with the schemas for editors.
//! Never overwrites what somebody else wrote, unless told to.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Error;
use super::output::{terminal, write_file};
use crate::runner::{Exit, builtin_files};
use crate::scenario::{register_schema, schema};

/// Where scenarios of this project find their schema, and where those of an exported suite do.
const SCHEMA_HERE: &str = "\"../../src/scenario/scenario.schema.json\"";
const SCHEMA_THERE: &str = "\"../scenario.schema.json\"";

/// Options of `scenarios`.
#[derive(Debug, Args)]
pub(super) struct ScenariosOptions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Writes the suite in this program to a folder, with its register, its ledgers and the schemas for editors.
    Export {
        /// The folder; made if it is not there.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Overwrites files that are there and differ.
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn run(options: &ScenariosOptions) -> Result<Exit, Error> {
    let Action::Export { folder, force } = &options.action;
    let files = exported();
    let differs = |(name, text): &&(String, String)| {
        let path = folder.join(name);
        path.exists() && std::fs::read(&path).ok().as_deref() != Some(text.as_bytes())
    };
    let different: Vec<&(String, String)> = files.iter().filter(differs).collect();
    if let Some((name, _)) = different.first().filter(|_| !force) {
        let (count, path) = (different.len(), folder.join(name));
        let text = format!(
            "export the suite: {} is there and differs, {count} such files in all; choose another folder, or overwrite \
             them with --force",
            path.display()
        );
        return Err(Error::Usage(text));
    }
    for (name, text) in &files {
        write_file(&folder.join(name), text)?;
    }
    let mut out = terminal();
    writeln!(out, "zaqarcheck: {} files written to {}", files.len(), folder.display())?;
    out.flush()?;
    Ok(Exit::Conforms)
}

/// Every file of an exported suite: the texts differ from those in this program only in where their schema is.
fn exported() -> Vec<(String, String)> {
    let schemas = [("requirements.schema.json", register_schema()), ("scenario.schema.json", schema())];
    let files = builtin_files().map(|(name, text)| (name.to_owned(), text.replace(SCHEMA_HERE, SCHEMA_THERE)));
    files.chain(schemas.map(|(name, text)| (name.to_owned(), text))).collect()
}
