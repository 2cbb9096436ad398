//! Takes what became of one attempt.
//! Gives what the notifier does next for one subscriber and one post: the next attempt, or nothing more.
//! Never looks at queues or subscriptions again: policy, options and messages are those of the moment of the post.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{Settings, planted};
use crate::policy::{self, Schedule, Selected, is_falsy};
use crate::protocol::{Delivery, DeliveryId, DeliveryOutcome, Deviation, Deviations, Means, Method};
use crate::time::{Duration, Instant};

/// How many redirects are followed before it counts as an error. Observed: zaqar 23.0.1.
const REDIRECTS_MAX: usize = 30;

/// The messages of one post on their way to one subscriber, strictly one after the other.
///
/// Source: commit, `WebhookTask.execute`.
#[derive(Clone, Debug)]
pub(super) struct Task {
    means: Means,
    url: String,
    headers: Vec<(String, String)>,
    bodies: Vec<Bytes>,
    policy: Selected,
    /// The first attempt of every message fails before anything is sent.
    stillborn: bool,
    position: usize,
    stage: Stage,
    redirect: Option<Redirect>,
    sent: Instant,
    gave_up: bool,
    /// The task that starts when this one is over; only under a deviation do subscribers wait for each other.
    follower: Option<Box<Self>>,
}

/// Where the delivery of the current message stands.
#[derive(Clone, Debug)]
enum Stage {
    First,
    Retrying { schedule: Box<Schedule>, cause: Cause },
}

/// Why the retries began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// No answer.
    Error,
    /// An answer that is a failure.
    Status,
    /// As `Status`, and the schedule broke off once and is running again.
    Restarted,
}

#[derive(Clone, Debug)]
struct Redirect {
    url: String,
    method: Method,
    hops: usize,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another attempt, this long after now.
    Send { after: Duration },
    /// The task is over.
    Done,
}

impl Task {
    /// The task that brings `notifications`, as JSON, to the subscriber at `url` under the options of its subscription.
    pub(super) fn new(
        url: String,
        options: &Map<String, Value>,
        notifications: &[Bytes],
        policy: Selected,
        deviations: Deviations,
    ) -> Self {
        let post_data = options.get("post_data");
        let odd = post_data.filter(|_| deviations.has(Deviation::OddPostDataStopsFirstAttempt)).and_then(odd_form);
        let stillborn = odd.is_some();
        let template = odd.map(Value::from);
        let template = template.as_ref().or(post_data);
        let bodies = notifications.iter().map(|notification| body(template, notification)).collect();
        let headers = headers(options.get("post_headers"));
        Self { url, headers, bodies, policy, stillborn, ..Self::blank() }
    }

    /// The task that mails these texts, those that there are. Mail is not retried. Source: spec, "only applied for
    /// webhook (http/https) subscriber".
    pub(super) fn mail(subscriber: &str, mails: Vec<Option<Vec<u8>>>) -> Self {
        let bodies = mails.into_iter().flatten().map(Bytes::from).collect();
        Self { means: Means::Mail, url: subscriber.into(), bodies, policy: Selected::Unusable, ..Self::blank() }
    }

    fn blank() -> Self {
        Self {
            means: Means::Http,
            url: String::new(),
            headers: Vec::new(),
            bodies: Vec::new(),
            policy: Selected::defaults(),
            stillborn: false,
            position: 0,
            stage: Stage::First,
            redirect: None,
            sent: Instant::START,
            gave_up: false,
            follower: None,
        }
    }

    /// What the first attempt of the current message is.
    pub(super) fn begin(&mut self, deviations: Deviations) -> Next {
        if self.bodies.is_empty() {
            return Next::Done;
        }
        if self.stillborn { self.begin_retries(Cause::Error, deviations) } else { Next::Send { after: Duration::ZERO } }
    }

    /// The address of the subscriber.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Takes in that the attempt that was due has gone out.
    pub(super) fn on_sent(&mut self, now: Instant) {
        self.sent = now;
    }

    /// When the next attempt is due, `after` the outcome of the one before.
    pub(super) fn due(&self, now: Instant, after: Duration, deviations: Deviations) -> Instant {
        let from = if deviations.has(Deviation::DelayCountsFromTheStart) { self.sent } else { now };
        from + after
    }

    /// One task for each message.
    pub(super) fn split(self) -> Vec<Self> {
        self.bodies.iter().map(|body| Self { bodies: vec![body.clone()], ..self.clone() }).collect()
    }

    pub(super) fn followed_by(self, follower: Option<Self>) -> Self {
        Self { follower: follower.map(Box::new), ..self }
    }

    /// The task to start, this one being over.
    pub(super) fn follower(&mut self, deviations: Deviations) -> Option<Self> {
        let stops = self.gave_up && deviations.has(Deviation::FailedSubscriberStopsTheOthers);
        self.follower.take().filter(|_| !stops).map(|follower| *follower)
    }

    /// Goes on under another policy, as far as this one's schedule has come.
    pub(super) fn follow(&mut self, policy: Selected) {
        if let Stage::Retrying { schedule, .. } = &mut self.stage {
            **schedule = schedule.resumed(policy.clone());
        }
        self.policy = policy;
    }

    /// The request of the attempt that is due.
    pub(super) fn delivery(&self, id: DeliveryId, settings: &Settings) -> Delivery {
        let deviations = settings.deviations;
        let retrying = matches!(self.stage, Stage::Retrying { .. });
        let (url, method) = match &self.redirect {
            None => (&self.url, Method::Post),
            Some(redirect) => (&redirect.url, redirect.method),
        };
        let mut delivery = Delivery {
            id,
            means: self.means,
            method,
            url: url.clone(),
            headers: self.headers.clone(),
            body: if method == Method::Post { self.bodies[self.position].clone() } else { Bytes::new() },
            timeout: (!deviations.has(Deviation::NoRequestTimeout)).then_some(settings.request_timeout),
        };
        planted::delivery(&mut delivery, retrying, deviations);
        if method == Method::Get {
            // What describes a body goes with it. Observed: zaqar 23.0.1, a followed 303.
            delivery.headers.retain(|(name, _)| !["content-type", "transfer-encoding"].contains(&name.as_str()));
        }
        delivery
    }

    /// Decides what follows from the outcome of the attempt under way.
    pub(super) fn on_outcome(&mut self, outcome: &DeliveryOutcome, deviations: Deviations) -> Next {
        let outcome = match self.on_redirect(outcome, deviations) {
            Some(Ok(next)) => return next,
            Some(Err(error)) => error,
            None => outcome,
        };
        let outcome = &planted::outcome(outcome, matches!(self.stage, Stage::Retrying { .. }), deviations);
        self.redirect = None;
        match &self.stage {
            Stage::First => match first_attempt(outcome, deviations) {
                None => self.next_message(deviations),
                Some(cause) => self.begin_retries(cause, deviations),
            },
            Stage::Retrying { .. } if retry_succeeded(outcome, deviations) => self.end_retries(deviations),
            Stage::Retrying { .. } => self.draw(deviations),
        }
    }

    /// A redirect is followed only under a deviation; the documents count it as an answer.
    fn on_redirect(
        &mut self,
        outcome: &DeliveryOutcome,
        deviations: Deviations,
    ) -> Option<Result<Next, &'static DeliveryOutcome>> {
        let DeliveryOutcome::Answered { status: status @ (301..=303 | 307 | 308), location: Some(location) } = outcome
        else {
            return None;
        };
        if !deviations.has(Deviation::RedirectFollowed) {
            return None;
        }
        let hops = self.redirect.as_ref().map_or(0, |redirect| redirect.hops) + 1;
        let before = self.redirect.as_ref().map_or(Method::Post, |redirect| redirect.method);
        let method = if matches!(status, 301..=303) { Method::Get } else { before };
        if hops > REDIRECTS_MAX || !location.starts_with("http") {
            return Some(Err(&DeliveryOutcome::ConnectionError));
        }
        self.redirect = Some(Redirect { url: location.clone(), method, hops });
        Some(Ok(Next::Send { after: Duration::ZERO }))
    }

    fn begin_retries(&mut self, cause: Cause, deviations: Deviations) -> Next {
        let schedule = Box::new(Schedule::new(self.policy.clone(), deviations));
        self.stage = Stage::Retrying { schedule, cause };
        self.draw(deviations)
    }

    fn draw(&mut self, deviations: Deviations) -> Next {
        let Stage::Retrying { schedule, cause } = &mut self.stage else { return Next::Done };
        match schedule.next() {
            Some(Ok(retry)) => Next::Send { after: policy::wait(retry, deviations) },
            None => {
                self.gave_up = true;
                self.end_retries(deviations)
            }
            Some(Err(_)) if *cause == Cause::Status && deviations.has(Deviation::ScheduleRestartsAfterError) => {
                self.begin_retries(Cause::Restarted, deviations)
            }
            Some(Err(_)) if deviations.has(Deviation::BatchStopsAfterException) => Next::Done,
            Some(Err(_)) => self.next_message(deviations),
        }
    }

    fn end_retries(&mut self, deviations: Deviations) -> Next {
        let Stage::Retrying { cause, .. } = self.stage else { return Next::Done };
        if cause != Cause::Status && deviations.has(Deviation::BatchStopsAfterException) {
            return Next::Done;
        }
        if self.gave_up && deviations.has(Deviation::BatchStopsAfterFailure) {
            return Next::Done;
        }
        self.next_message(deviations)
    }

    fn next_message(&mut self, deviations: Deviations) -> Next {
        self.position += 1;
        self.stage = Stage::First;
        if self.position < self.bodies.len() { self.begin(deviations) } else { Next::Done }
    }
}

/// Whether an attempt with this outcome has failed, so that another one follows while there are retries left.
pub fn attempt_failed(outcome: &DeliveryOutcome, retrying: bool, deviations: Deviations) -> bool {
    if retrying { !retry_succeeded(outcome, deviations) } else { first_attempt(outcome, deviations).is_some() }
}

/// Why a first attempt is followed by retries, if it is. Source: spec: an answer of 500-599 or outside 200-599, a
/// timeout and a connection error are failures; a 4xx is an answer.
fn first_attempt(outcome: &DeliveryOutcome, deviations: Deviations) -> Option<Cause> {
    match outcome {
        DeliveryOutcome::ConnectionError | DeliveryOutcome::TimedOut => Some(Cause::Error),
        DeliveryOutcome::Answered { status: 200..=499, .. } => None,
        DeliveryOutcome::Answered { status: 500..=599, .. } => {
            (!deviations.has(Deviation::HttpErrorNotRetried)).then_some(Cause::Status)
        }
        DeliveryOutcome::Answered { .. } => Some(Cause::Status),
    }
}

/// Whether a retry ends the schedule. Source: spec, as for the first attempt.
fn retry_succeeded(outcome: &DeliveryOutcome, deviations: Deviations) -> bool {
    let DeliveryOutcome::Answered { status, .. } = outcome else { return false };
    match status {
        200..=399 => true,
        400..=499 => !deviations.has(Deviation::ClientErrorFailsRetry),
        500..=599 => false,
        _ => deviations.has(Deviation::UnusualStatusEndsRetries),
    }
}

/// The notification as JSON, or `post_data` with the quoted token replaced by it. Observed: zaqar 23.0.1.
fn body(post_data: Option<&Value>, notification: &Bytes) -> Bytes {
    match post_data {
        Some(Value::String(template)) => {
            let notification = std::str::from_utf8(notification).expect("JSON is text");
            template.replace("\"$zaqar_message$\"", notification).into()
        }
        _ => notification.clone(),
    }
}

/// What the reference sends in retries for `post_data` that is no text: an object as a form, nothing for what is empty.
/// Anything else fails before it is sent, on every attempt. Observed: zaqar 23.0.1.
fn odd_form(post_data: &Value) -> Option<String> {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pair = |(key, value): (&String, &Value)| format!("{}={}", form(key), form(&plain(value)));
    match post_data {
        Value::String(_) => None,
        Value::Object(keys) => Some(keys.iter().map(pair).collect::<Vec<_>>().join("&")),
        _ => Some(String::new()),
    }
}

/// Whether nothing can be sent for this `post_data`, not even by a retry. Observed: zaqar 23.0.1.
pub(super) fn is_unsendable(post_data: &Value) -> bool {
    !matches!(post_data, Value::String(_) | Value::Object(_)) && !is_falsy(post_data)
}

/// A text as a form holds it. Source: the URL standard, "application/x-www-form-urlencoded percent-encode set".
fn form(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b' ');
    utf8_percent_encode(text, KEPT).to_string().replace(' ', "+")
}

/// `content-type: application/json` and the subscription's `post_headers`, which may replace it in any spelling.
/// Observed: zaqar 23.0.1.
fn headers(post_headers: Option<&Value>) -> Vec<(String, String)> {
    let mut headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    for (name, value) in post_headers.and_then(Value::as_object).into_iter().flatten() {
        let name = name.to_lowercase();
        headers.retain(|(other, _)| *other != name);
        if let Value::String(value) = value {
            headers.push((name, value.clone()));
        }
    }
    headers
}
