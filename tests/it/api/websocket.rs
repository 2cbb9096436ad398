//! Takes the script of websocket frames and the answers a real Zaqar gave.
//! Gives nothing if the model answers the same, and under the documented profile what is written down for it.
//! Never opens a socket: `examples/websocket.rs` does, to record and to check the recording.

use std::collections::BTreeMap;

use serde_json::Value;
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::protocol::{DeliveryOutcome, Deviations, Profile, Request};
use zaqarcheck::time::Instant;
use zaqarcheck::wire::websocket::{Frame, Framing, Incoming, notification, read};

use super::frames::{Outcome, Script, Wire};
use super::script::{Names, difference, read_answers, recording, write_answers};

/// A model and the connections to it, without sockets in between.
struct Server {
    model: Model,
    connections: BTreeMap<String, Connection>,
    opened: u32,
}

struct Connection {
    url: String,
    framing: Framing,
    subscriptions: Vec<Request>,
}

impl Server {
    fn new(deviations: Deviations) -> Self {
        let model = Model::new(Settings::new(deviations));
        Self { model, connections: BTreeMap::new(), opened: 0 }
    }

    fn open(&mut self, name: &str) -> &mut Connection {
        self.opened += 1;
        let url = format!("http://127.0.0.1:9000/00000000-0000-4000-8000-{:012}", self.opened);
        let new = || Connection { url, framing: Framing::Text, subscriptions: Vec::new() };
        self.connections.entry(name.to_owned()).or_insert_with(new)
    }

    fn close(&mut self, name: &str) {
        for end in self.connections.remove(name).into_iter().flat_map(|connection| connection.subscriptions) {
            self.model.handle(Instant::START, end);
        }
    }

    fn send(&mut self, name: &str, frame: &Wire) -> Outcome {
        let frame = match frame {
            Wire::Text(text) => Frame::Text(text.clone()),
            Wire::Binary(bytes) => Frame::Binary(bytes.clone()),
        };
        let url = self.open(name).url.clone();
        let answer = match read(&frame, &url, self.model.settings()) {
            Incoming::HangUp => None,
            Incoming::Answer(answer) => Some(*answer),
            Incoming::Ask(asked) => {
                let reply = self.model.handle(Instant::START, asked.request);
                Some(asked.pending.answer(reply))
            }
        };
        let Some(answer) = answer else {
            self.close(name);
            return Outcome::default();
        };
        if let Some(subscribed) = answer.subscribed {
            let connection = self.open(name);
            connection.framing = subscribed.framing;
            connection.subscriptions.push(subscribed.end);
        }
        Outcome { answer: Some(wire(answer.frame)), notifications: self.notifications() }
    }

    fn notifications(&mut self) -> BTreeMap<String, Vec<Wire>> {
        let mut came: BTreeMap<String, Vec<Wire>> = BTreeMap::new();
        while let Some(delivery) = self.model.poll_delivery() {
            let to = self.connections.iter().find(|(_, connection)| connection.url == delivery.url);
            let frame = to.and_then(|(name, to)| Some((name, notification(&delivery.body, to.framing)?)));
            let outcome = match frame {
                None => DeliveryOutcome::ConnectionError,
                Some((name, frame)) => {
                    came.entry(name.clone()).or_default().push(wire(frame));
                    DeliveryOutcome::Answered { status: 200, location: None }
                }
            };
            self.model.handle_delivered(Instant::START, delivery.id, &outcome);
        }
        came
    }
}

fn wire(frame: Frame) -> Wire {
    match frame {
        Frame::Text(text) => Wire::Text(text),
        Frame::Binary(bytes) => Wire::Binary(bytes),
    }
}

fn play(deviations: Deviations) -> Vec<Value> {
    let mut server = Server::new(deviations);
    let mut names = Names::default();
    let mut answers = Vec::new();
    for step in Script::read().steps {
        if step.close {
            server.close(&step.on);
        } else if let Some(frame) = step.frame(&names) {
            let outcome = server.send(&step.on, &frame);
            let came: BTreeMap<String, usize> =
                outcome.notifications.iter().map(|(name, came)| (name.clone(), came.len())).collect();
            assert_eq!(came, step.notified, "after {frame:?}");
            answers.push(step.recorded(&mut names, &outcome));
        }
    }
    answers
}

/// Whether some answer of the real Zaqar is another one with these deviations.
pub(super) fn transcript_shows(deviations: Deviations) -> bool {
    difference(&read_answers(&recording("websocket", "zaqar-23.0.1")), &play(deviations)).is_some()
}

#[test]
fn with_its_deviations_the_model_answers_frames_as_the_real_zaqar() {
    let expected = read_answers(&recording("websocket", "zaqar-23.0.1"));
    let different = difference(&expected, &play(Profile::Zaqar23.deviations()));
    assert!(different.is_none(), "{}", different.unwrap_or_default());
}

#[test]
fn the_documented_answers_to_frames_are_those_written_down() {
    let observed = play(Deviations::NONE);
    let path = recording("websocket", "documented");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        write_answers(&path, &observed);
    }
    let different = difference(&read_answers(&path), &observed);
    assert!(different.is_none(), "{}", different.unwrap_or_default());
}
