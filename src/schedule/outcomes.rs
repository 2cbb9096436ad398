//! Takes a list such as `fail*6,ok`.
//! Gives the outcome of every attempt; the last of the list repeats.
//! Never accepts a word that it would not heed.

use std::fmt;
use std::str::FromStr;

use crate::protocol::DeliveryOutcome;
use crate::spelling::hint;

/// What comes of the attempts at one subscriber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Each with the number of the last attempt that it is for, from 1.
    until: Vec<(u64, DeliveryOutcome)>,
}

impl Outcomes {
    /// A subscriber that nobody ever reaches.
    pub fn never() -> Self {
        Self { until: vec![(1, DeliveryOutcome::ConnectionError)] }
    }

    /// What comes of the attempt of this number, from 1.
    pub fn of(&self, attempt: u64) -> &DeliveryOutcome {
        let found = self.until.iter().find(|(until, _)| attempt <= *until).or_else(|| self.until.last());
        &found.expect("there is always one").1
    }

    /// The outcomes one after the other; the last, which repeats, once.
    pub fn one_by_one(&self) -> impl Iterator<Item = &DeliveryOutcome> {
        let before = self.until.len().checked_sub(2).map_or(0, |place| self.until[place].0);
        (1..=before.saturating_add(1)).map(|attempt| self.of(attempt))
    }
}

/// The list as it is written, which reads back as the same outcomes.
impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = 0;
        for (place, (until, outcome)) in self.until.iter().enumerate() {
            let word = match outcome {
                DeliveryOutcome::Answered { status: 200, .. } => "ok".to_owned(),
                DeliveryOutcome::Answered { status, .. } => status.to_string(),
                _ => "fail".to_owned(),
            };
            let count = until - before;
            let times = if count == 1 { String::new() } else { format!("*{count}") };
            write!(f, "{}{word}{times}", if place == 0 { "" } else { "," })?;
            before = *until;
        }
        Ok(())
    }
}

impl FromStr for Outcomes {
    type Err = String;

    /// `fail` and `ok`, or a status, each with `*COUNT` if it stands for several.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut until, mut last) = (Vec::new(), 0_u64);
        for (place, item) in (1..).zip(text.split(',')) {
            let (count, outcome) = read_item(item.trim()).map_err(|error| format!("outcome {place}: {error}"))?;
            last = last.saturating_add(count);
            until.push((last, outcome));
        }
        Ok(Self { until })
    }
}

fn read_item(item: &str) -> Result<(u64, DeliveryOutcome), String> {
    let (word, count) = item.split_once('*').map_or((item, None), |(word, count)| (word.trim(), Some(count.trim())));
    let count = match count {
        None => 1,
        Some(text) => text
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or_else(|| format!("`{text}` is no count; write {word}*6 for six of them"))?,
    };
    Ok((count, read_word(word)?))
}

fn read_word(word: &str) -> Result<DeliveryOutcome, String> {
    let answered = |status| DeliveryOutcome::Answered { status, location: None };
    match word {
        "fail" => Ok(DeliveryOutcome::ConnectionError),
        "ok" => Ok(answered(200)),
        "" => Err("it is empty; write ok, fail or a status such as 503".into()),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => match digits.parse() {
            Ok(status @ 200..=599) => Ok(answered(status)),
            _ => Err(format!("{digits} is no status from 200 to 599")),
        },
        _ => Err(format!("no such outcome: {word}; there are ok, fail and statuses{}", hint(word, ["ok", "fail"]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[u16], &str>) {
        let outcomes: Result<Outcomes, String> = text.parse();
        let status = |outcome: &DeliveryOutcome| match outcome {
            DeliveryOutcome::Answered { status, .. } => *status,
            _ => 0,
        };
        let seen = outcomes.map(|outcomes| (1..=4).map(|attempt| status(outcomes.of(attempt))).collect::<Vec<_>>());
        assert_eq!(seen.as_deref().map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn the_last_outcome_repeats() {
        check("fail*2,ok", Ok(&[0, 0, 200, 200]));
        check(" 503 * 3 , 404", Ok(&[503, 503, 503, 404]));
        check("fail", Ok(&[0, 0, 0, 0]));
        check("fail*18446744073709551615,ok*2", Ok(&[0, 0, 0, 0]));
    }

    #[test]
    fn a_list_reads_back_and_can_be_gone_through() {
        let check = |text: &str, expected: &str, count: usize| {
            let outcomes: Outcomes = text.parse().expect("it is right");
            assert_eq!((outcomes.to_string().as_str(), outcomes.one_by_one().count()), (expected, count), "{text}");
            assert_eq!(expected.parse(), Ok(outcomes), "{text}");
        };
        check("fail*2, 200", "fail*2,ok", 3);
        check("503 *3,404,ok*7", "503*3,404,ok*7", 5);
        check("fail*18446744073709551615", "fail*18446744073709551615", 1);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        check("", Err("outcome 1: it is empty; write ok, fail or a status such as 503"));
        check("ok,,ok", Err("outcome 2: it is empty; write ok, fail or a status such as 503"));
        check("fial*6", Err("outcome 1: no such outcome: fial; there are ok, fail and statuses; did you mean fail?"));
        check("fail*0", Err("outcome 1: `0` is no count; write fail*6 for six of them"));
        check("fail*-1", Err("outcome 1: `-1` is no count; write fail*6 for six of them"));
        check("ok,999", Err("outcome 2: 999 is no status from 200 to 599"));
    }
}
