//! Takes the exchanges of the client and the attempts at subscribers.
//! Gives one list in order of time, the middle of a long one folded.
//! Never shows headers: they may carry a token, and the recorded stream has what may be kept of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fit;
use super::verdict::{DIM, Paint};
use crate::runner::{AttemptRecord, ExchangeRecord, ScenarioFinished};

/// The lines of a case: `->` a request of the client, `<-` its answer, `=>` an attempt and what the subscriber did.
pub(super) fn lines(case: &ScenarioFinished, width: usize, paint: Paint) -> Vec<String> {
    let mut moments: Vec<Moment> = case.exchanges.iter().flat_map(exchange).collect();
    moments.extend(attempts(&case.attempts));
    // Stable: at equal times a request stays before its answer and before the attempts it caused.
    moments.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    let left_out = if moments.len() > MOMENTS_MAX { moments.len() - HEAD - TAIL } else { 0 };
    let mut lines = Vec::new();
    for (index, moment) in moments.iter().enumerate() {
        if left_out > 0 && index == HEAD {
            let note = format!("{:TIME_WIDTH$}  ... {left_out} more; an ndjson report has them all ...", "");
            lines.push(paint.on(DIM, &note));
        }
        if !(HEAD..HEAD + left_out).contains(&index) {
            lines.extend(moment.lines(width));
        }
    }
    lines
}

/// One thing that happened.
struct Moment {
    at_s: f64,
    arrow: &'static str,
    text: String,
}

impl Moment {
    fn lines(&self, width: usize) -> Vec<String> {
        // The stream has no time for an answer, only for its request.
        let time = if self.arrow == "<-" { String::new() } else { format!("{:.3} s", self.at_s) };
        let mut start = format!("{time:>TIME_WIDTH$}  {} ", self.arrow);
        let wrapped = fit::wrap(&self.text, width.saturating_sub(start.len()));
        let under = " ".repeat(start.len());
        wrapped.iter().map(|text| std::mem::replace(&mut start, under.clone()) + text).collect()
    }
}

fn exchange(exchange: &ExchangeRecord) -> [Moment; 2] {
    let moment = |arrow, what: &str, body: Option<&Value>| {
        let body = body.map_or_else(String::new, |body| format!(" {}", fit::cut(&fit::json(body), BODY_LIMIT)));
        Moment { at_s: exchange.at_s, arrow, text: format!("{}{body}", fit::printable(what)) }
    };
    [
        moment("->", &exchange.request, exchange.body.as_ref()),
        moment("<-", &exchange.status.to_string(), exchange.answer.as_ref()),
    ]
}

fn attempts(attempts: &[AttemptRecord]) -> impl Iterator<Item = Moment> {
    let mut counts: BTreeMap<(&str, Option<usize>, &Option<String>), usize> = BTreeMap::new();
    attempts.iter().map(move |attempt| {
        let AttemptRecord { subscriber, message, confirmation, at_s, ended_s, method, behaviour, .. } = attempt;
        let count = counts.entry((subscriber, *message, confirmation)).or_default();
        *count += 1;
        let subject = match (message, confirmation) {
            (_, Some(confirmation)) => confirmation.clone(),
            (Some(number), None) => format!("message {number}"),
            (None, None) => "message ?".to_owned(),
        };
        // Nearly all are POST, and then the word says nothing.
        let method = if method == "POST" { String::new() } else { format!("{method} ") };
        let took = ended_s - at_s;
        let took = if took < 0.001 { String::new() } else { format!(", {}", fit::seconds(took, 3)) };
        let text = format!("{subscriber}: {method}{subject}, attempt {count}: {behaviour}{took}");
        Moment { at_s: *at_s, arrow: "=>", text: fit::printable(&text) }
    })
}

/// Enough for the default schedule with the requests that start it.
const MOMENTS_MAX: usize = 28;
const HEAD: usize = 12;
const TAIL: usize = 12;
const TIME_WIDTH: usize = 11;
/// Two lines beside the request: enough for a whole policy.
const BODY_LIMIT: usize = 160;

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn requests_answers_and_attempts_are_in_order_of_time() {
        let mut case = samples::fail();
        case.attempts.truncate(3);
        case.attempts[1].method = "GET".into();
        case.attempts[2].message = None;
        case.attempts[2].ended_s += 20.0;
        case.exchanges[1].at_s = 3.0;
        insta::assert_snapshot!(lines(&case, 78, Paint::PLAIN).join("\n"), @r#"
        0.000 s  -> PUT /v2/queues/orders
                    {"_retry_policy": {"retries_with_no_delay": 1,
                    "minimum_delay_retries": 4, "maximum_delay": 30}}
                 <- 201
        0.000 s  => hook: message 0, attempt 1: read_then_close
        0.000 s  => hook: GET message 0, attempt 2: read_then_close
        3.000 s  -> POST /v2/queues/orders/messages
                    {"messages": [{"body": {"n": 1}}]}
                 <- 201 {"resources": ["/v2/queues/orders/messages/0"]}
        5.000 s  => hook: message ?, attempt 1: read_then_close, 20 s
        "#);
    }

    #[test]
    fn the_middle_of_a_long_list_is_folded() {
        let mut case = samples::fail();
        case.exchanges.clear();
        let attempt = case.attempts[0].clone();
        case.attempts = vec![attempt; MOMENTS_MAX];
        assert_eq!(lines(&case, 78, Paint::PLAIN).len(), MOMENTS_MAX);
        case.attempts = vec![case.attempts[0].clone(); 500];
        let lines = lines(&case, 78, Paint::PLAIN);
        assert_eq!(lines.len(), HEAD + 1 + TAIL);
        assert!(lines[HEAD].contains("476 more"), "{}", lines[HEAD]);
        assert!(lines[HEAD + TAIL].contains("attempt 500:"));
    }
}
