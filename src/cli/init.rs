//! Takes a folder.
//! Gives a first scenario and a target file in it, which work as they are, and says what to do next.
//! Never overwrites anything.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::Error;
use super::output::{terminal, write_file};
use crate::runner::Exit;
use crate::scenario::{layout, schema};
use crate::target::target_schema;

/// Options of `init`.
#[derive(Debug, Args)]
pub(super) struct InitOptions {
    /// The folder; made if it is not there.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

pub(super) fn run(options: &InitOptions) -> Result<Exit, Error> {
    let files = [
        (SCENARIO, layout(&scenario())),
        (TARGET, layout(&target())),
        ("scenario.schema.json", schema()),
        ("target.schema.json", target_schema()),
    ];
    let taken: Vec<&str> =
        files.iter().map(|(name, _)| *name).filter(|name| options.folder.join(name).exists()).collect();
    if !taken.is_empty() {
        let (folder, taken) = (options.folder.display(), taken.join(", "));
        return Err(Error::Usage(format!(
            "begin in {folder}: {taken} is there already, and nothing is overwritten; choose another folder"
        )));
    }
    for (name, text) in &files {
        write_file(&options.folder.join(name), text)?;
    }
    let mut out = terminal();
    let shown = |name: &str| options.folder.join(name).display().to_string();
    let (scenario, target) = (shown(SCENARIO), shown(TARGET));
    writeln!(out, "{scenario}  a first scenario; its notes say what it means")?;
    writeln!(out, "{target}  where your server is; its notes say what to put there")?;
    writeln!(out, "\nNext:")?;
    writeln!(out, "  zaqarcheck lint {scenario}                    is it right?")?;
    writeln!(out, "  zaqarcheck run {scenario}                     on the reference model, in no time")?;
    writeln!(out, "  zaqarcheck run {scenario} --target {target}   on a server; yours, once the file names it")?;
    writeln!(out, "  zaqarcheck run --target {target}              the whole suite on that server")?;
    out.flush()?;
    Ok(Exit::Conforms)
}

fn scenario() -> Value {
    let policy = json!({
        "retries_with_no_delay": 1, "minimum_delay_retries": 1, "minimum_delay": 1, "maximum_delay": 15,
        "maximum_delay_retries": 0,
    });
    json!({
        "$schema": "scenario.schema.json",
        "format": 1,
        "title": "a delivery that fails twice is retried at once and then after a second",
        "requirements": ["retry-after-failure"],
        "subscribers": {"hook": {"script": ["read_then_close", "read_then_close", "status 200"]}},
        "steps": [
            {"put_queue": {"queue": "orders", "metadata": {"_retry_policy": policy}}},
            {"subscribe": {"queue": "orders", "to": "hook"}},
            {"post": {"queue": "orders", "messages": [{"body": {"n": 1}}]}},
        ],
        "expect": {
            "deliveries": [{"subscriber": "hook", "message": 0, "attempts": 3, "delays_s": [0, 1]}],
            "quiet_s": 3,
        },
        "notes": "The script says what the subscriber does with each attempt, the last entry repeats. delays_s are the \
                  gaps between attempts: `zaqarcheck schedule` draws them from a policy. Requirements come from the \
                  register: `zaqarcheck coverage` lists them, `zaqarcheck explain retry-after-failure` tells about one.",
    })
}

fn target() -> Value {
    json!({
        "$schema": "target.schema.json",
        "format": 1,
        "command": ["zaqarcheck", "serve", "--bind", "127.0.0.1:{port}"],
        "notes": "Put the command here that starts your server, {port} standing for a free port; or, for one that runs \
                  already, \"url\": \"http://127.0.0.1:8888\" instead of the command. A token comes from the environment: \
                  \"headers\": {\"X-Auth-Token\": {\"env\": \"OS_TOKEN\"}}. The schema tells all other keys.",
    })
}

const SCENARIO: &str = "first-scenario.json";
const TARGET: &str = "my-server.json";
