//! Takes what a client asks for and how its subscribers answer; then what a target did with it.
//! Gives the scenario file that says so, and what the models make of it.
//! Never gives a file that the recording itself does not pass.
//!
//! ```text
//! Wanted -> Draft -> (a target plays its case) -> Observed -> Drafted
//!       new                                          expect
//! ```

mod asked;
mod expected;
mod opinion;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

pub use opinion::{Opinion, alike, opinions};

use super::catch::play;
use super::suite::SuiteError;
use crate::judge::{Check, Clockwork, Observed, Outcome, judge, read_confirmation};
use crate::protocol::Profile;
use crate::scenario::{Case, Register, layout, parse};
use crate::schedule::Outcomes;
use crate::target;
use crate::time::Duration;

/// What the client asks for, once, and how its subscribers answer.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The queue's name.
    pub queue: String,
    /// Its metadata.
    pub metadata: Option<Value>,
    /// The options of every subscription.
    pub options: Option<Value>,
    /// How long every subscription lives, in seconds.
    pub subscription_ttl: Option<u64>,
    /// The bodies of the messages, posted at once.
    pub messages: Vec<Value>,
    /// How long each message lives, in seconds.
    pub ttl: Option<u64>,
    /// What comes of the attempts at each subscriber; at least one.
    pub outcomes: Vec<Outcomes>,
    /// The silence after which nothing more is waited for; without it, what the policy needs.
    pub quiet: Option<Duration>,
    /// The title; without it, one that says what was seen.
    pub title: Option<String>,
    /// Ids from the register; without any, those that what was seen is about.
    pub requirements: Vec<String>,
}

/// A scenario that expects nothing yet.
#[derive(Clone, Debug)]
pub struct Draft {
    wanted: Wanted,
    name: String,
    register: Register,
    case: Arc<Case>,
    /// Every delay, in whole seconds, that the models have in this case.
    usual_s: BTreeSet<u64>,
    forecast: Duration,
}

/// A scenario that the recording passes.
#[derive(Clone, Debug)]
pub struct Drafted {
    /// The file.
    pub text: String,
    /// Its case.
    pub case: Arc<Case>,
    /// What was seen, a line for each message at each subscriber.
    pub seen: Vec<String>,
}

/// Why there is no scenario; the message reads after "cannot".
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// What is wanted is no scenario.
    #[error(transparent)]
    Suite(#[from] SuiteError),
    /// The model can't play it.
    #[error(transparent)]
    Target(#[from] target::Error),
    /// The server asks subscribers to confirm.
    #[error(
        "record a server that asks subscribers to confirm: its deliveries wait for an answer; \
         scenarios/confirmation/asked-first.json is one to begin with"
    )]
    Confirmation,
    /// The target refused a request, so that nothing follows from the rest.
    #[error("record deliveries: {request} is answered with {status}: {answer}")]
    Refused {
        /// Method and path.
        request: String,
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        answer: String,
    },
    /// Nothing arrived anywhere.
    #[error(
        "record deliveries: nothing arrived within {0} s; can the server reach the subscribers (--bind, --advertise)? \
         With --allow-silence the file says that nothing must arrive"
    )]
    Silent(f64),
    /// The machine was too busy to tell how late the target was.
    #[error("tell how late the target was: this machine was late by as much each time; try again when it is less busy")]
    Doubtful,
    /// No scenario can say what was seen.
    #[error("write a scenario that this recording passes: {}", told(.0))]
    Unsayable(Vec<Check>),
}

impl Draft {
    /// A scenario that is to be called `name` in messages.
    ///
    /// # Errors
    /// What is wrong with what is wanted, as with a file that somebody wrote.
    pub fn new(wanted: Wanted, name: &str, register: Register) -> Result<Self, DraftError> {
        // Far beyond any delay: it is virtual time.
        let long = read(&asked::file(&wanted, FOREVER_S), name, &register)?.1;
        let (mut longest, mut forecast, mut usual_s) = (Duration::ZERO, Duration::ZERO, BTreeSet::from([0]));
        for profile in Profile::ALL {
            let observed = play(&long, profile.deviations())?;
            let gaps: Vec<Duration> = expected::gaps(&long, &observed);
            usual_s.extend(gaps.iter().map(Duration::as_secs));
            longest = gaps.into_iter().chain([longest]).max().unwrap_or_default();
            let ended = observed.attempts.last().map_or(Duration::ZERO, |last| last.ended.since_start());
            forecast = forecast.max(ended);
        }
        let quiet = wanted.quiet.unwrap_or_else(|| QUIET.max(longest * 2 + QUIET_MORE));
        let file = asked::file(&wanted, quiet.as_secs_f64());
        let case = read(&file, name, &register)?.1;
        Ok(Self { wanted, name: name.into(), register, case, usual_s, forecast: forecast + quiet })
    }

    /// The case to be played.
    pub const fn case(&self) -> &Arc<Case> {
        &self.case
    }

    /// How long a model takes for it, on the clock of the case.
    pub const fn forecast(&self) -> Duration {
        self.forecast
    }

    /// The longest delay that a model has, if it is longer than the silence that is waited for.
    pub fn hidden(&self) -> Option<u64> {
        self.usual_s.last().copied().filter(|longest| Duration::from_secs(*longest) >= self.case.expect.quiet())
    }

    /// The file that says what was observed. Where nothing was, it says so only if that is `allow_silence`d.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn expect(&self, observed: &Observed, clock: Clockwork, allow_silence: bool) -> Result<Drafted, DraftError> {
        self.check(observed, allow_silence)?;
        let delays = expected::Delays::read(&self.case, observed, &self.usual_s, clock);
        if delays.doubtful {
            return Err(DraftError::Doubtful);
        }
        let quiet_s = self.case.expect.quiet_s;
        let deliveries = expected::deliveries(&self.case, observed, &delays);
        let mut file = asked::file(&self.wanted, quiet_s);
        file["title"] = self.title(&deliveries).into();
        file["requirements"] = json!(self.requirements(&deliveries));
        file["expect"] = json!({ "deliveries": deliveries, "quiet_s": asked::number(quiet_s) });
        let (text, case) = read(&file, &self.name, &self.register)?;
        let verdict = judge(&case, observed, clock);
        match verdict.outcome() {
            Outcome::Pass => Ok(Drafted { text, seen: expected::seen(&case, observed), case }),
            Outcome::Inconclusive => Err(DraftError::Doubtful),
            Outcome::Fail => {
                let failed = verdict.checks.into_iter().filter(|check| check.outcome == Outcome::Fail);
                Err(DraftError::Unsayable(failed.collect()))
            }
        }
    }

    fn check(&self, observed: &Observed, allow_silence: bool) -> Result<(), DraftError> {
        let refused = observed.exchanges.iter().find(|exchange| !(200..=299).contains(&exchange.response.status));
        if let Some(exchange) = refused {
            let request = format!("{} {}", exchange.request.method, exchange.request.target);
            let answer = String::from_utf8_lossy(&exchange.response.body).into_owned();
            return Err(DraftError::Refused { request, status: exchange.response.status, answer });
        }
        if observed.attempts.iter().any(|attempt| read_confirmation(&attempt.request).is_some()) {
            return Err(DraftError::Confirmation);
        }
        if observed.attempts.is_empty() && !allow_silence {
            return Err(DraftError::Silent(self.case.expect.quiet_s));
        }
        Ok(())
    }

    fn title(&self, deliveries: &[Value]) -> String {
        let counts = |name: &String| {
            let of = deliveries.iter().filter(|delivery| delivery["subscriber"] == **name);
            of.filter_map(|delivery| delivery["attempts"].as_u64()).sum::<u64>()
        };
        let counts: Vec<u64> = asked::names(&self.wanted).iter().map(counts).collect();
        let list = |items: Vec<String>| items.join(" and ");
        let outcomes = list(self.wanted.outcomes.iter().map(ToString::to_string).collect());
        let place = if counts.len() == 1 { "at the subscriber" } else { "at the subscribers" };
        let ending = if counts == [1] { "attempt" } else { "attempts" };
        let counts = list(counts.iter().map(ToString::to_string).collect());
        self.wanted.title.clone().unwrap_or_else(|| format!("{outcomes} {place}: {counts} {ending}"))
    }

    /// Those that are named, or else what the recording shows something of.
    fn requirements(&self, deliveries: &[Value]) -> Vec<String> {
        let retried = deliveries.iter().any(|delivery| delivery["attempts"].as_u64() > Some(1));
        let shown = if retried { "retry-after-failure" } else { "notification-sent" };
        let named = self.wanted.requirements.clone();
        if named.is_empty() { vec![shown.to_owned()] } else { named }
    }
}

/// The text of a file, and its one case, read as any file is.
fn read(file: &Value, name: &str, register: &Register) -> Result<(String, Arc<Case>), SuiteError> {
    let text = layout(file);
    match parse(name.trim_end_matches(".json"), name, &text, register) {
        Ok(scenario) => Ok((text, Arc::clone(&scenario.cases[0]))),
        Err(flaws) => Err(SuiteError::flawed(text, flaws)),
    }
}

fn told(failed: &[Check]) -> String {
    let told = |check: &Check| format!("{} would say {}, and {} was seen", check.path, check.expected, check.observed);
    failed.iter().map(told).collect::<Vec<_>>().join("; ")
}

/// The silence that is enough for the default policy, whatever a target makes of another one.
const QUIET: Duration = Duration::from_secs(35);
/// Beyond twice the longest delay of a model, silence means that nothing more comes, also of a server that waits too long.
const QUIET_MORE: Duration = Duration::from_secs(5);
/// Longer than any delay that anybody would wait for.
const FOREVER_S: f64 = 1e9;

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::judge::{Attempt, Noise};
    use crate::protocol::Deviations;
    use crate::runner::{BUILTIN, Suite};
    use crate::time::Instant;

    const REAL: Clockwork = Clockwork::Real { scale: 1 };

    fn wanted() -> Wanted {
        Wanted {
            queue: "q".into(),
            metadata: None,
            options: None,
            subscription_ttl: None,
            messages: vec![json!({ "n": 1 })],
            ttl: None,
            outcomes: vec![Outcomes::never()],
            quiet: None,
            title: None,
            requirements: Vec::new(),
        }
    }

    fn draft(wanted: Wanted) -> Draft {
        let register = Suite::register_of(Path::new(BUILTIN)).expect("it is in the program");
        Draft::new(wanted, "d.json", register).expect("it is right")
    }

    fn at(seconds: f64) -> Instant {
        Instant::after_start(Duration::from_secs_f64(seconds))
    }

    /// What is said of attempts that arrive so many seconds after the post, while the machine was late as `noise` says.
    fn expect(arrived_s: &[f64], noise: &[(f64, f64)], clock: Clockwork) -> Result<Value, DraftError> {
        let draft = draft(wanted());
        let mut observed = play(draft.case(), Deviations::NONE)?;
        let first = observed.attempts.first().cloned().expect("there is one");
        let attempt =
            |arrived: &f64| Attempt { arrived: at(*arrived), ended: at(*arrived), due: at(*arrived), ..first.clone() };
        observed.attempts = arrived_s.iter().map(attempt).collect();
        let reading = |(rang, late): &(f64, f64)| Noise {
            at: at(*rang),
            late: Duration::from_secs_f64(*late),
            stalled: Duration::ZERO,
        };
        observed.noise = noise.iter().map(reading).collect();
        let drafted = draft.expect(&observed, clock, false)?;
        let file: Value = serde_json::from_str(&drafted.text).expect("it is JSON");
        Ok(file["expect"]["deliveries"][0].clone())
    }

    #[track_caller]
    fn check(arrived_s: &[f64], clock: Clockwork, first_at_s: Option<u64>, delays_s: &[u64]) {
        let expected = expect(arrived_s, &[], clock).expect("it can be said");
        assert_eq!(expected["attempts"], arrived_s.len());
        assert_eq!(expected.get("first_at_s").and_then(Value::as_u64), first_at_s);
        assert_eq!(expected.get("delays_s").cloned().unwrap_or_else(|| json!([])), json!(delays_s));
    }

    #[test]
    fn delays_are_the_usual_ones_where_they_can_be() {
        check(&[0.0], REAL, None, &[]);
        check(&[0.1, 0.2, 5.3, 15.9], REAL, None, &[0, 5, 10]);
        check(&[0.1, 5.06], REAL, None, &[5]);
        check(&[1.1, 6.9], Clockwork::Real { scale: 20 }, None, &[5]);
        check(&[0.0, 5.0, 35.0], Clockwork::Virtual, None, &[5, 30]);
    }

    #[test]
    fn other_delays_are_told_as_they_were() {
        check(&[0.0, 7.1, 24.2], REAL, None, &[7, 17]);
        check(&[0.0, 2.4, 4.8], REAL, None, &[2, 2]);
        check(&[3.2, 3.3], REAL, Some(3), &[0]);
        check(&[2.0, 9.0], Clockwork::Virtual, Some(2), &[7]);
    }

    #[test]
    fn what_lies_between_whole_seconds_is_not_written() {
        let refused = expect(&[0.0, 2.7, 6.4], &[], REAL).expect_err("2.7 s is neither 2 s nor 3 s");
        assert!(matches!(&refused, DraftError::Unsayable(checks) if checks.len() == 1), "{refused:?}");
        let said = "write a scenario that this recording passes: expect.deliveries[0].delays_s would say [2,3], and [2,3] was seen";
        assert_eq!(refused.to_string(), said);
    }

    #[test]
    fn what_the_machine_added_is_not_told_as_a_delay() {
        let doubtful = expect(&[0.0, 7.4], &[(7.4, 2.4)], REAL).expect_err("it may have been 5 s");
        assert!(matches!(doubtful, DraftError::Doubtful), "{doubtful:?}");
        let first = expect(&[2.4, 7.4], &[(2.4, 2.4)], REAL).expect("the retry is in time");
        assert_eq!((first.get("first_at_s"), &first["delays_s"]), (None, &json!([5])));
    }

    #[test]
    fn silence_is_long_enough_for_the_policy() {
        let quiet = |policy: Value, quiet: Option<u64>| {
            let metadata = Some(json!({ "_retry_policy": policy }));
            let draft = draft(Wanted { metadata, quiet: quiet.map(Duration::from_secs), ..wanted() });
            (draft.case().expect.quiet_s, draft.hidden())
        };
        assert_eq!(quiet(json!({}), None), (65.0, None));
        assert_eq!(quiet(json!({"maximum_delay_retries": 0, "maximum_delay": 15}), None), (35.0, None));
        assert_eq!(quiet(json!({"maximum_delay": 90}), None), (185.0, None));
        assert_eq!(quiet(json!({"maximum_delay": 90}), Some(20)), (20.0, Some(90)));
    }
}
