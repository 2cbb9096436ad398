//! Plays `tests/api/websocket.frames.json` on a real Zaqar 23.0.1, and records its answers or checks the recording.
//!
//! ```text
//! cargo run --example websocket -- record
//! cargo run --example websocket -- check
//! ```
//!
//! `tests/real-zaqar/setup` has to be called first.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::collections::BTreeMap;
use std::process::ExitCode;

use frames::{Outcome, Script, Step, Wire, read};
use script::{Names, difference, read_answers, recording, write_answers};
use serde_json::Value;
use socket::Socket;
use zaqarcheck::target::{LaunchOptions, launch};

#[path = "../tests/it/api/frames.rs"]
mod frames;
#[path = "../tests/it/api/script.rs"]
#[expect(dead_code, reason = "websockets need only a part of it")]
mod script;
#[path = "../tests/it/api/socket.rs"]
mod socket;

#[tokio::main]
async fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    if !["check", "record"].contains(&verb.as_str()) {
        eprintln!("usage: websocket record|check");
        return ExitCode::from(2);
    }
    let answers = play(&Script::read()).await;
    let path = recording("websocket", "zaqar-23.0.1");
    if verb == "record" {
        write_answers(&path, &answers);
        println!("websocket: {} answers recorded", answers.len());
    } else if let Some(difference) = difference(&read_answers(&path), &answers) {
        println!("websocket: {difference}");
        return ExitCode::FAILURE;
    } else {
        println!("websocket: {} answers as recorded", answers.len());
    }
    ExitCode::SUCCESS
}

async fn play(script: &Script) -> Vec<Value> {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = free.expect("there is a free port").to_string();
    let port = address.rsplit(':').next().expect("it has a port").to_owned();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("extra.conf");
    let configuration = format!(
        "[drivers]\ntransport = websocket\n[drivers:transport:websocket]\nbind = 127.0.0.1\nport = {port}\n\
         notification_bind = 127.0.0.1\n"
    );
    std::fs::write(&file, configuration).expect("it is writable");
    let serve = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real-zaqar/serve");
    let extra = format!("ZAQAR_EXTRA_CONF={}", file.display());
    let command = ["env", &extra, serve, &port].map(str::to_owned).into();
    let options = LaunchOptions { command, address: Some(address), accelerate: 1 };
    let server = launch(options).await.unwrap_or_else(|error| panic!("cannot {error}"));
    let mut connections = BTreeMap::new();
    let mut names = Names::default();
    let mut answers = Vec::new();
    for step in &script.steps {
        for name in step.notified.keys().chain([&step.on]) {
            if !connections.contains_key(name) {
                connections.insert(name.clone(), Socket::connect(&server.address).await);
            }
        }
        if step.close {
            connections.remove(&step.on).expect("it was opened").close().await;
        } else if let Some(frame) = step.frame(&names) {
            let outcome = send(step, frame, &mut connections).await;
            answers.push(step.recorded(&mut names, &outcome));
        }
    }
    answers
}

/// The answer may come before or after notifications on the same connection.
async fn send(step: &Step, frame: Wire, connections: &mut BTreeMap<String, Socket>) -> Outcome {
    let mut outcome = Outcome::default();
    connections.get_mut(&step.on).expect("it was opened").send(frame).await;
    let mut waiting = step.notified.clone();
    *waiting.entry(step.on.clone()).or_default() += 1;
    for (name, count) in waiting {
        for _ in 0..count {
            let socket = connections.get_mut(&name).expect("it was opened");
            match socket.receive().await {
                Err(_) => {
                    connections.remove(&name);
                    return outcome;
                }
                Ok(frame) if read(&frame).1.get("request").is_some() => outcome.answer = Some(frame),
                Ok(frame) => outcome.notifications.entry(name.clone()).or_default().push(frame),
            }
        }
    }
    outcome
}
