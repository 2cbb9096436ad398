//! Takes what the real functions of zaqar 23.0.1 answered, as recorded in `tests/oracle`.
//! Gives nothing if the policy and the model under that profile answer the same, row by row.
//! Never leaves a row out.

use num_bigint::BigInt;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use zaqarcheck::policy::{Backoff, BackoffFunction, Schedule, Selected, Stop, select, validate};
use zaqarcheck::protocol::{DeliveryOutcome, Deviations, Profile};

use crate::drive::{Driven, Sent, answered, create_queue, post, subscribe};

/// One call of a backoff function.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackoffRow {
    function: String,
    minimum_delay: Value,
    maximum_delay: Value,
    interval: i64,
    validator_accepts: Option<bool>,
    len: Option<usize>,
    sum: Option<i64>,
    result: Option<Vec<i64>>,
    head: Option<Vec<i64>>,
    tail: Option<Vec<i64>>,
    sha256_of_compact_json: Option<String>,
    exception: Option<String>,
    message: Option<String>,
    #[serde(rename = "near_integer_indexes")]
    _near_integer_indexes: Option<Vec<usize>>,
}

/// One call of `WebhookTask.execute`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeliveryRow {
    queue_retry_policy: Value,
    subscription_retry_policy: Value,
    messages: usize,
    outcomes: Vec<Value>,
    attempts: usize,
    total_sleep: u64,
    end: String,
    events: Vec<Vec<Value>>,
}

#[test]
fn backoff_under_the_profile_of_the_reference_is_the_reference_bit_for_bit() {
    let rows = backoff_rows();
    assert_eq!(rows.len(), 415);
    for row in rows {
        check_recorded(&row, delays(&row, Profile::Zaqar23.deviations()));
    }
}

#[track_caller]
fn check_recorded(row: &BackoffRow, delays: Result<Vec<i64>, String>) {
    let delays = match (delays, &row.exception) {
        (Err(observed), Some(exception)) => {
            let message = row.message.as_deref().expect("an exception has a message");
            return assert_eq!(observed, format!("{exception}: {message}"), "{row:?}");
        }
        (delays, _) => delays.unwrap_or_else(|undefined| panic!("{undefined} for {row:?}")),
    };
    assert_eq!((Some(delays.len()), Some(delays.iter().sum())), (row.len, row.sum), "{row:?}");
    match (&row.result, &row.head, &row.tail, &row.sha256_of_compact_json) {
        (Some(result), None, None, None) => assert_eq!(delays, *result, "{row:?}"),
        (None, Some(head), Some(tail), Some(digest)) => {
            assert!(delays.starts_with(head) && delays.ends_with(tail), "{row:?}");
            let compact = serde_json::to_string(&delays).expect("numbers are JSON");
            assert_eq!(hex(&Sha256::digest(compact)), *digest, "{row:?}");
        }
        _ => panic!("a row is a result, a digest or an exception: {row:?}"),
    }
}

/// The backoff phase of a row; bounds that are no integers reach the functions through a policy.
fn delays(row: &BackoffRow, deviations: Deviations) -> Result<Vec<i64>, String> {
    let function = BackoffFunction::named(&row.function).expect("the function is known");
    if let (Some(minimum), Some(maximum)) = (row.minimum_delay.as_i64(), row.maximum_delay.as_i64()) {
        let backoff = Backoff::new(function, minimum, maximum, row.interval, deviations);
        return backoff.map(Iterator::collect).map_err(|undefined| undefined.to_string());
    }
    let keys = json!({
        "retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0,
        "minimum_delay": row.minimum_delay, "maximum_delay": row.maximum_delay, "retry_backoff_function": row.function,
    });
    let retries: Result<Vec<_>, _> = Schedule::new(Selected::Policy(object(&keys)), deviations).collect();
    let whole = |delay_s: u64| i64::try_from(delay_s).expect("the delay is short");
    retries
        .map(|retries| retries.into_iter().map(|retry| whole(retry.delay_s)).collect())
        .map_err(|stop| stop.to_string())
}

#[test]
fn validation_accepts_the_ranges_that_the_reference_accepts() {
    let mut judged = 0;
    for row in backoff_rows() {
        let Some(accepts) = row.validator_accepts else { continue };
        let policy = json!({
            "minimum_delay": row.minimum_delay, "maximum_delay": row.maximum_delay,
            "retry_backoff_function": row.function,
        });
        assert_eq!(validate(&policy, Profile::Zaqar23.deviations()).is_ok(), accepts, "{row:?}");
        judged += 1;
    }
    assert_eq!(judged, 372);
}

/// The documents' delays are the formula's own values, so they never fall short of the reference's, which rounds on the
/// way and truncates in the end. Where the reference gives up over a short range, the formula has one value or none.
/// Bounds of `false`, `true` and `0.0` are left out: by the documents nobody can store them.
#[test]
fn documented_backoff_is_the_reference_or_one_second_more() {
    let (mut equal, mut longer) = (0, 0);
    for row in backoff_rows().into_iter().filter(|row| row.minimum_delay.is_i64() && row.maximum_delay.is_i64()) {
        let Ok(reference) = delays(&row, Profile::Zaqar23.deviations()) else {
            let documented = delays(&row, Deviations::NONE).unwrap_or_default();
            assert!(documented.len() <= 1, "{documented:?} for {row:?}");
            continue;
        };
        let documented = delays(&row, Deviations::NONE).unwrap_or_else(|undefined| panic!("{undefined} for {row:?}"));
        assert_eq!(documented.len(), reference.len(), "{row:?}");
        for (documented, reference) in documented.iter().zip(&reference) {
            // Truncation goes toward zero, so a negative delay falls short on the other side.
            match documented.abs() - reference.abs() {
                0 => equal += 1,
                1 => longer += 1,
                _ => panic!("{documented} is not {reference} or one more in {row:?}"),
            }
        }
    }
    assert!(equal > 0 && longer > 0, "{equal} equal, {longer} longer");
}

/// Every delay against exact arithmetic: whole numbers and comparisons of powers, no floating point and no logarithm.
#[test]
fn documented_backoff_is_the_exact_value_of_the_formula() {
    let mut judged = 0;
    for row in backoff_rows() {
        let (Some(m), Some(big_m), t) = (row.minimum_delay.as_i64(), row.maximum_delay.as_i64(), row.interval) else {
            continue;
        };
        let Ok(documented) = delays(&row, Deviations::NONE) else { continue };
        let n = (big_m - m) / t;
        let expected = if row.function == "linear" { linear_count(m, big_m, t) } else { n.max(0) };
        assert_eq!(documented.len() as i64, expected, "{row:?}");
        // Powers with thousands of factors take their time: of a long sequence every k-th delay, and always both ends.
        let step = if n > 100 && !matches!(row.function.as_str(), "linear" | "arithmetic") { n / 16 } else { 1 };
        for (a, delay) in (1..).zip(documented).filter(|(a, _)| (a - 1) % step == 0 || *a == n) {
            let exact = match row.function.as_str() {
                "linear" => delay == m + (a - 1) * t,
                "arithmetic" if n == 1 => delay == m,
                "arithmetic" => {
                    let (numerator, denominator) = (m * n * (n - 1) + a * (a - 1) * (big_m - m), n * (n - 1));
                    delay == settled_quotient(numerator, denominator)
                }
                _ => is_settled_power(delay, m, big_m, a, n),
            };
            assert!(exact, "element {a} of {n} is {delay} in {row:?}");
            judged += 1;
        }
    }
    assert!(judged > 10_000, "only {judged} delays");
}

/// m, m + t, ... short of M: counted, not divided.
fn linear_count(m: i64, big_m: i64, t: i64) -> i64 {
    let short = |delay: &i64| if t > 0 { *delay < big_m } else { *delay > big_m };
    std::iter::successors(Some(m), |delay| Some(delay + t)).take_while(short).count() as i64
}

/// The quotient truncated, unless it is within a millionth of a whole number.
fn settled_quotient(numerator: i64, denominator: i64) -> i64 {
    let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
    let (whole, rest) = (numerator / denominator, (numerator % denominator).abs());
    let close = (denominator - rest) * 1_000_000 <= denominator;
    (whole + if close { numerator.signum() } else { 0 }) as i64
}

/// Whether |delay| <= |v| + 10^-6 < |delay| + 1 for v = m (M/m)^((a-1)/(n-1)).
fn is_settled_power(delay: i64, m: i64, big_m: i64, a: i64, n: i64) -> bool {
    if n == 1 {
        return delay == m;
    }
    let exponent = |count: i64| u32::try_from(count).expect("a count of elements is small");
    let power = |base: i64, count: i64| BigInt::from(base.abs()).pow(exponent(count));
    // |v|^(n-1) = |m|^(n-a) |M|^(a-1); both sides times 10^6(n-1) to hold the millionth.
    let value = power(m, n - a) * power(big_m, a - 1) * power(1_000_000, n - 1);
    let reaches = |whole: i64| BigInt::from(whole * 1_000_000 - 1).pow(exponent(n - 1)) <= value;
    let whole = delay.abs();
    (delay == 0 || delay.signum() == m.signum()) && (whole == 0 || reaches(whole)) && !reaches(whole + 1)
}

#[test]
fn deliveries_under_the_profile_of_the_reference_are_those_of_the_reference() {
    let rows = delivery_rows();
    assert_eq!(rows.len(), 143);
    for row in rows {
        let sent = deliver(&row);
        assert_eq!(sent.len(), row.attempts, "{row:?}");
        let waited: u64 = sent.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_secs()).sum();
        assert_eq!(waited, row.total_sleep, "{row:?}");
        assert_eq!(events(&row, &sent), without_zero_sleeps(&row.events), "{row:?}");
    }
}

/// Every row goes the way of a client: a policy that the real server would not store could not be recorded here.
fn deliver(row: &DeliveryRow) -> Vec<Sent> {
    let mut server = Driven::new(Profile::Zaqar23.deviations());
    server.expect("p", create_queue("q", holder(&row.queue_retry_policy)));
    let options = holder(&row.subscription_retry_policy);
    server.expect("p", subscribe("q", json!({ "subscriber": "http://hook.test/", "options": options })));
    server.expect("p", post("q", (0..row.messages).map(|number| format!("m{number}"))));
    server.run(|number, _| outcome(scripted(row, number)))
}

fn holder(policy: &Value) -> Value {
    if policy == "<absent>" { json!({}) } else { json!({ "_retry_policy": policy }) }
}

fn scripted(row: &DeliveryRow, number: usize) -> &Value {
    row.outcomes.get(number).or_else(|| row.outcomes.last()).expect("a row has an outcome")
}

fn outcome(scripted: &Value) -> DeliveryOutcome {
    scripted.as_u64().map_or(DeliveryOutcome::ConnectionError, |status| answered(status as u16))
}

fn events(row: &DeliveryRow, sent: &[Sent]) -> Vec<Vec<Value>> {
    let mut events = Vec::new();
    for (number, attempt) in sent.iter().enumerate() {
        let gap = number.checked_sub(1).map_or(0, |before| attempt.at.since(sent[before].at).as_secs());
        if gap > 0 {
            events.push(vec![json!("sleep"), json!(gap)]);
        }
        events.push(vec![json!("post"), attempt.message(), scripted(row, number).clone()]);
    }
    events
}

/// The reference sleeps for 0 seconds, or for `False`, where the model goes on at once: nobody can see the difference.
fn without_zero_sleeps(events: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let zero = |event: &&Vec<Value>| event[0] == "sleep" && (event[1] == 0 || event[1] == false);
    events.iter().filter(|event| !zero(event)).cloned().collect()
}

/// What ended the reference's call ends the schedule; rows in which every attempt fails draw it to its end.
#[test]
fn schedules_stop_over_the_exception_that_stops_the_reference() {
    let present = |policy: &Value| Some(policy).filter(|policy| **policy != "<absent>").cloned();
    let mut stopped = 0;
    for row in delivery_rows().into_iter().filter(|row| row.outcomes == [json!("exc")]) {
        let (queue, subscription) = (present(&row.queue_retry_policy), present(&row.subscription_retry_policy));
        let deviations = Profile::Zaqar23.deviations();
        let selected = select(queue.as_ref(), subscription.as_ref(), deviations);
        let stop: Option<Stop> = Schedule::new(selected, deviations).find_map(Result::err);
        let observed = stop.map_or_else(|| "returned".to_owned(), |stop| format!("aborted:{stop}"));
        let exception = observed.split_once(": ").map_or(observed.as_str(), |(exception, _)| exception);
        assert_eq!(exception, row.end, "{row:?}");
        stopped += usize::from(stop.is_some());
    }
    assert_eq!(stopped, 33);
}

fn backoff_rows() -> Vec<BackoffRow> {
    serde_json::from_str(include_str!("../oracle/backoff-vectors.json")).expect("every row has this form")
}

fn delivery_rows() -> Vec<DeliveryRow> {
    serde_json::from_str(include_str!("../oracle/delivery-vectors.json")).expect("every row has this form")
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("it is an object").clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
