//! Takes nothing.
//! Gives [`RunEvent`], the recorded stream of a run: every report is a view over it, and it reads back as it was written.
//! Never holds wall-clock readings outside an object called `wall`, so that a run of the model repeats byte for byte.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::scenario::Requirement;

/// One line of the recorded run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum RunEvent {
    /// The first line.
    Header(Header),
    /// One line for each case.
    Scenario(Box<ScenarioFinished>),
    /// The last line; a stream without it was cut off.
    Summary(Summary),
}

/// Who ran what against whom.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    /// The version of this stream.
    pub format: u32,
    /// `zaqarcheck` and its version.
    pub tool: String,
    /// `model`, an address, or a command line.
    pub target: String,
    /// The profile of the model, or nothing for a server.
    pub profile: Option<String>,
    /// `virtual`, `virtual, in ticks`, or `real` with the factor by which the server's clock runs fast.
    pub clock: String,
    /// By how much the server's clock runs fast; nothing where time is virtual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<u32>,
    /// How many cases were selected.
    pub selected: usize,
    /// The ledger in force.
    pub known: Option<String>,
}

/// What became of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResultKind {
    /// As expected.
    Pass,
    /// Fails exactly as the ledger says.
    Known,
    /// The target does not have what the scenario needs.
    NotApplicable,
    /// The machine was too noisy to tell.
    Inconclusive,
    /// The ledger says it fails, and it passes or fails otherwise.
    Stale,
    /// Not as expected.
    Fail,
    /// Could not be tested.
    Error,
}

/// One case: what it is, what came out, and everything that was seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScenarioFinished {
    /// The case's id, e.g. `backoff/shape[fn=geometric]`.
    pub id: String,
    /// What became of it.
    pub verdict: ResultKind,
    /// The highest level among the requirements: `must`, `should` or `info`.
    pub level: String,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file.
    pub file: String,
    /// The requirements it checks.
    pub requirements: Vec<Requirement>,
    /// One sentence for verdicts that need one: why not applicable, why an error, what is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How often it was played and passed, where it was to be played more than once; all else is of the worst time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// Every check that was made.
    pub checks: Vec<CheckRecord>,
    /// One table for each expected delivery.
    pub deliveries: Vec<DeliveryRecord>,
    /// Every request of the client with its answer.
    pub exchanges: Vec<ExchangeRecord>,
    /// Every attempt that reached a subscriber, in order of arrival.
    pub attempts: Vec<AttemptRecord>,
    /// How long the case took on its own clock, in seconds.
    pub elapsed_s: f64,
    /// Readings of the machine's clock.
    pub wall: Wall,
}

/// How often a case was played, and how often it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// How often it passed.
    pub passed: usize,
    /// How often it was played.
    pub of: usize,
}

/// One check: a place in the scenario file, and what was expected and observed there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The path in the file, e.g. `expect.deliveries[0].attempts`.
    pub check: String,
    /// `pass`, `fail` or `inconclusive`.
    pub outcome: CheckOutcome,
    /// What the scenario says.
    pub expected: Value,
    /// What was seen, in the form in which a ledger pins it.
    pub observed: Value,
    /// The deviations that the ledger blames, if it has an entry for this check.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<String>,
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// As expected.
    Pass,
    /// Not as expected.
    Fail,
    /// Late, while the machine's own timer was late by as much.
    Inconclusive,
}

/// The attempts of one message, or of one type of confirmation, at one subscriber, expected and observed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeliveryRecord {
    /// The path in the file, e.g. `expect.deliveries[0]`.
    pub path: String,
    /// The subscriber's name.
    pub subscriber: String,
    /// The message's number; nothing for a confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<usize>,
    /// The `Message_Type` of the confirmations, if these are attempts at some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// One row for each attempt that was expected or observed.
    pub rows: Vec<AttemptRow>,
}

/// One attempt, expected and observed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptRow {
    /// Counted from 1.
    pub attempt: usize,
    /// The gaps accepted before it, in seconds; empty for a first attempt and for one that was not expected.
    pub expected_s: Vec<u64>,
    /// The gap before it, in seconds; nothing for a first attempt and for one that never came.
    pub observed_s: Option<f64>,
    /// `ok`, `first`, `early`, `late`, `noisy`, `missing` or `unexpected`.
    pub verdict: RowVerdict,
}

/// What is to be said of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowVerdict {
    /// Arrived when it was expected.
    Ok,
    /// Arrived before it may.
    Early,
    /// Arrived after the tolerance.
    Late,
    /// Late, but the machine's own timer was too.
    Noisy,
    /// Never arrived.
    Missing,
    /// Arrived although nothing was expected.
    Unexpected,
}

/// One request of the client with its answer, times in seconds since the start of the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The path in the file, e.g. `steps[0]`.
    pub step: String,
    /// When the request was sent.
    pub at_s: f64,
    /// `PUT /v2/queues/orders`.
    pub request: String,
    /// The request's body, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// The status of the answer.
    pub status: u16,
    /// The answer's body, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// Whether the answer's body is no JSON; `answer` then holds its text.
    #[serde(default, skip_serializing_if = "is_false")]
    pub answer_is_text: bool,
    /// The answer's headers, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answer_headers: Vec<(String, String)>,
}

/// One attempt that reached a subscriber, times in seconds since the start of the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AttemptRecord {
    /// The subscriber's name.
    pub subscriber: String,
    /// The number of the message it carried, if that can be told.
    pub message: Option<usize>,
    /// The `Message_Type`, if it carried a confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
    /// When the request had arrived.
    pub at_s: f64,
    /// When the subscriber had done with it.
    pub ended_s: f64,
    /// `POST`, as a rule.
    pub method: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// What the subscriber did: `status 503`, `read_then_close`, ...
    pub behaviour: String,
}

/// Readings of the machine's clock; the only part of a line that differs between two runs of the model.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Wall {
    /// Milliseconds since the start of the run.
    pub started_ms: f64,
    /// Milliseconds the case took.
    pub elapsed_ms: f64,
    /// How late the machine was, reading by reading: when, how late its timer rang, how long work waited for a
    /// processor; in microseconds on the clock of the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<(u64, u64, u64)>,
}

/// The last line of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// How many cases were selected.
    pub selected: usize,
    /// How many came out how.
    pub counts: Counts,
    /// How many of the must-level cases that applied passed, and how many there were.
    pub must: (usize, usize),
    /// Whether the run was cut short.
    pub interrupted: bool,
    /// Ledger entries that matched nothing that was selected.
    pub unmatched: Vec<String>,
    /// The exit code.
    pub exit: u8,
    /// Readings of the machine's clock.
    pub wall: Wall,
}

/// How many cases came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names of `ResultKind`")]
pub struct Counts {
    pub pass: usize,
    pub known: usize,
    pub not_applicable: usize,
    pub inconclusive: usize,
    pub stale: usize,
    pub fail: usize,
    pub error: usize,
}

impl ScenarioFinished {
    /// Whether the target had what the case needs.
    pub fn applied(&self) -> bool {
        self.verdict != ResultKind::NotApplicable
    }

    /// Whether it alone makes a run fail.
    pub fn is_red(&self) -> bool {
        match self.verdict {
            ResultKind::Fail => self.level != "info",
            ResultKind::Stale | ResultKind::Error => true,
            ResultKind::Pass | ResultKind::Known | ResultKind::NotApplicable | ResultKind::Inconclusive => false,
        }
    }

    /// Whether it came out as the documents say.
    pub fn passed(&self) -> bool {
        self.verdict == ResultKind::Pass
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Counts {
    /// The counts over finished cases.
    pub fn of(finished: &[ScenarioFinished]) -> Self {
        let mut counts = Self::default();
        for case in finished {
            *match case.verdict {
                ResultKind::Pass => &mut counts.pass,
                ResultKind::Known => &mut counts.known,
                ResultKind::NotApplicable => &mut counts.not_applicable,
                ResultKind::Inconclusive => &mut counts.inconclusive,
                ResultKind::Stale => &mut counts.stale,
                ResultKind::Fail => &mut counts.fail,
                ResultKind::Error => &mut counts.error,
            } += 1;
        }
        counts
    }
}
