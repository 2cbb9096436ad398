//! Takes the scripts under `tests/api/` and the answers a real Zaqar gave.
//! Gives nothing if the model answers the same, and under the documented profile what is written down for it.
//! Never talks to a server: `examples/api.rs` does, to record and to check the recordings.

mod frames;
mod script;
mod socket;
mod websocket;

pub(crate) use frames::Wire;
pub(crate) use socket::Socket;

use script::{Names, Script, areas, difference, read_answers, recording, write_answers};
use serde_json::Value;
use zaqarcheck::model::{Model, Settings};
use zaqarcheck::protocol::{DeliveryOutcome, Deviation, Deviations, Profile};
use zaqarcheck::time::{Duration, Instant};
use zaqarcheck::wire::answer;

/// The answers of the model; nobody listens where it delivers to.
fn play(script: &Script, deviations: Deviations) -> Vec<Value> {
    let mut settings = Settings::new(deviations);
    for (name, value) in &script.options {
        settings.options.set(name, value).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let mut model = Model::new(settings);
    let mut names = Names::default();
    let mut now = Instant::START;
    let mut answers = Vec::new();
    for step in &script.steps {
        now = now + Duration::from_secs(step.wait_s.unwrap_or_default());
        model.handle_timeout(now);
        while let Some(delivery) = model.poll_delivery() {
            model.handle_delivered(now, delivery.id, &DeliveryOutcome::ConnectionError);
        }
        if let Some(request) = names.request(step) {
            let response = answer(&mut model, now, &request);
            answers.push(names.answer(step, &response));
        }
    }
    answers
}

/// Whether some answer of the real Zaqar would be another one without this deviation.
pub(crate) fn transcripts_show(deviation: Deviation) -> bool {
    let without = Profile::Zaqar23.deviations().without(deviation);
    let differs = |area: String| {
        let answers = play(&Script::read(&area), without);
        difference(&read_answers(&recording(&area, "zaqar-23.0.1")), &answers).is_some()
    };
    areas().into_iter().any(differs) || websocket::transcript_shows(without)
}

#[test]
fn with_its_deviations_the_model_answers_as_the_real_zaqar() {
    for area in areas() {
        let observed = play(&Script::read(&area), Profile::Zaqar23.deviations());
        let expected = read_answers(&recording(&area, "zaqar-23.0.1"));
        let different = difference(&expected, &observed);
        assert!(different.is_none(), "{area}: {}", different.unwrap_or_default());
    }
}

#[test]
fn the_documented_answers_are_those_written_down() {
    for area in areas() {
        let observed = play(&Script::read(&area), Deviations::NONE);
        let path = recording(&area, "documented");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            write_answers(&path, &observed);
        }
        let different = difference(&read_answers(&path), &observed);
        assert!(different.is_none(), "{area}: {}", different.unwrap_or_default());
    }
}
