//! Takes dice.
//! Gives policies as a client may send them: valid ones, and ones that test what is refused.
//! Never says which is which: `policy::validate` does.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use crate::policy::{BackoffFunction, KEYS, validate};
use crate::protocol::Deviations;

/// A policy that the documents accept: counts and delays small enough for a run, keys left out at random.
pub(super) fn valid(dice: &mut Dice) -> Value {
    loop {
        let policy = candidate(dice);
        if validate(&policy, Deviations::NONE).is_ok() {
            return policy;
        }
    }
}

fn candidate(dice: &mut Dice) -> Value {
    if dice.chance(8) {
        return json!({});
    }
    let minimum = dice.pick(&[0, 1, 2, 3, 5, 7, 10, 20]);
    let function = dice.pick(&BackoffFunction::ALL).name();
    let mut policy = Map::new();
    let drawn: [Value; 7] = [
        dice.between(0, 3).into(),
        dice.between(0, 3).into(),
        minimum.into(),
        (minimum + dice.pick(&[10, 11, 12, 15, 20, 25, 30])).into(),
        dice.between(0, 3).into(),
        function.into(),
        dice.chance(30).into(),
    ];
    let whole = dice.chance(50);
    for (key, value) in KEYS.into_iter().zip(drawn) {
        if whole || dice.chance(60) {
            policy.insert(key.into(), value);
        }
    }
    policy.into()
}

/// A policy with one thing in it that a server must refuse or must not stumble over.
pub(super) fn odd(dice: &mut Dice) -> Value {
    let mut policy = valid(dice);
    let odd_count = [json!(-1), json!("3"), json!(2.5), json!(null), json!(true), json!([])];
    let (key, value) = match dice.between(0, 6) {
        0 => return dice.pick(&[json!([]), json!("x"), json!(7), json!(null), json!(false)]),
        1 => (
            dice.pick(&["retries_with_no_delay", "minimum_delay_retries", "maximum_delay_retries"]),
            dice.pick(&odd_count),
        ),
        2 => (dice.pick(&["minimum_delay", "maximum_delay"]), dice.pick(&odd_count)),
        3 => ("retry_backoff_function", dice.pick(&[json!("Linear"), json!("none"), json!(1), json!("GEOMETRIC")])),
        4 => ("ignore_subscription_override", dice.pick(&[json!("true"), json!(1), json!(null)])),
        5 => ("a_key_of_another_release", json!(1)),
        _ => return range(dice),
    };
    policy.as_object_mut().map(|keys| keys.insert(key.into(), value));
    policy
}

/// Delays that are too close together, or just not.
fn range(dice: &mut Dice) -> Value {
    let minimum = dice.pick(&[0, 5, 21, 25]);
    match dice.between(0, 2) {
        0 => json!({ "minimum_delay": minimum }),
        _ => json!({ "minimum_delay": minimum, "maximum_delay": minimum + dice.pick(&[-5, 0, 9, 10]) }),
    }
}
