//! Plays the scripts under `tests/api/` on a real Zaqar 23.0.1, and records its answers or checks the recordings.
//!
//! ```text
//! cargo run --example api -- record [AREA]...
//! cargo run --example api -- check [AREA]...
//! ```
//!
//! `tests/real-zaqar/setup` has to be called first. Each script has a server of its own, 20 times fast.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::process::ExitCode;
use std::sync::Arc;

use script::{Names, Script, areas, difference, read_answers, recording, write_answers};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zaqarcheck::target::{LaunchOptions, launch, send};
use zaqarcheck::time::Duration;

#[path = "../tests/it/api/script.rs"]
mod script;

const ACCELERATE: u32 = 20;
/// How many servers run at a time.
const SERVERS: usize = 3;
const WHO: &str = "zaqar-23.0.1";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let verb = arguments.next().unwrap_or_default();
    if !["check", "record"].contains(&verb.as_str()) {
        eprintln!("usage: api record|check [AREA]...");
        return ExitCode::from(2);
    }
    let named: Vec<String> = arguments.collect();
    let record = verb == "record";
    let servers = Arc::new(Semaphore::new(SERVERS));
    let mut done = JoinSet::new();
    for area in if named.is_empty() { areas() } else { named } {
        let servers = Arc::clone(&servers);
        done.spawn(async move {
            let _server = servers.acquire().await.expect("never closed");
            if record { write_down(&area).await } else { compare(&area).await }
        });
    }
    let mut right = true;
    while let Some(same) = done.join_next().await {
        right &= same.expect("a script is played to its end");
    }
    if right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn write_down(area: &str) -> bool {
    let answers = play(&Script::read(area)).await;
    write_answers(&recording(area, WHO), &answers);
    println!("{area}: {} answers recorded", answers.len());
    true
}

/// Twice, if need be: on a busy machine an answer may come after its time.
async fn compare(area: &str) -> bool {
    let expected = read_answers(&recording(area, WHO));
    let mut different = difference(&expected, &play(&Script::read(area)).await);
    if different.is_some() {
        different = difference(&expected, &play(&Script::read(area)).await);
    }
    match &different {
        Some(difference) => println!("{area}: {difference}"),
        None => println!("{area}: {} answers as recorded", expected.len()),
    }
    different.is_none()
}

async fn play(script: &Script) -> Vec<Value> {
    let configuration = configuration(script);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("extra.conf");
    std::fs::write(&file, configuration).expect("it is writable");
    let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real-zaqar/serve");
    let extra = format!("ZAQAR_EXTRA_CONF={}", file.display());
    let command = ["env", &extra, serve, "{port}"].map(str::to_owned).into();
    let options = LaunchOptions { command, address: None, accelerate: ACCELERATE };
    let server = launch(options).await.unwrap_or_else(|error| panic!("cannot {error}"));
    let mut names = Names::default();
    let mut answers = Vec::new();
    for step in &script.steps {
        if let Some(wait_s) = step.wait_s {
            tokio::time::sleep(Duration::from_secs(wait_s) / ACCELERATE).await;
        }
        if let Some(request) = names.request(step) {
            let response = send(&server.address, &request).await.unwrap_or_else(|error| panic!("cannot {error}"));
            answers.push(names.answer(step, &response));
        }
    }
    answers
}

/// The options of a script as Zaqar reads them.
fn configuration(script: &Script) -> String {
    let section = |(name, value): (&String, &String)| {
        let (group, name) = name.split_once('.').expect("an option stands in a group");
        format!("[{group}]\n{name} = {value}\n")
    };
    script.options.iter().map(section).collect()
}
