//! Takes what values a field is to have, as it is written: `1s..6h*2`, `10..100:10`, `5,7,11`.
//! Gives the values, as they would stand in the file.
//! Never gives so many that nobody would wait for them.

use serde_json::Value;

use super::metric::Measured;

/// The most values of a sweep.
pub const VALUES_MAX: usize = 1_000;
/// Without a step, so many values are spread over the range.
const VALUES_USUAL: u32 = 10;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// As it stands in the file.
    pub value: Value,
    /// As a number, for an axis: seconds, if it is a time; none if it is neither.
    pub number: Option<f64>,
}

impl Setting {
    /// As people write it.
    pub fn text(&self) -> String {
        self.value.as_str().map_or_else(|| self.value.to_string(), str::to_owned)
    }

    /// Whether it is a time.
    pub fn is_time(&self) -> bool {
        self.number.is_some() && self.value.is_string()
    }
}

/// What became of worlds that differ in one field.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The field, as it was named.
    pub field: String,
    /// Its values.
    pub settings: Vec<Setting>,
    /// A line for each policy, or one for all.
    pub lines: Vec<Line>,
}

/// What became of a world for each value.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// In the order of the values; fewer if somebody interrupted.
    pub points: Vec<Measured>,
}

/// Reads values: a list with commas, or `FIRST..LAST`, with `:STEP` or `*FACTOR`.
///
/// # Errors
/// What is wrong, in a sentence.
///
/// ```
/// use zaqarcheck::fleet::read_values;
/// let texts = |text: &str| read_values(text).unwrap().iter().map(|setting| setting.value.to_string()).collect::<Vec<_>>();
/// assert_eq!(texts("5..20:5"), ["5", "10", "15", "20"]);
/// assert_eq!(texts("30s..2m*2"), [r#""30s""#, r#""1m""#, r#""2m""#]);
/// assert_eq!(texts("linear,geometric"), [r#""linear""#, r#""geometric""#]);
/// ```
pub fn read_values(text: &str) -> Result<Vec<Setting>, String> {
    let settings = match text.split_once("..") {
        Some((first, rest)) => range(first.trim(), rest)?,
        None => text.split(',').map(|item| single(item.trim())).collect::<Result<_, _>>()?,
    };
    if settings.len() > VALUES_MAX { Err(too_many()) } else { Ok(settings) }
}

fn too_many() -> String {
    format!("more than {VALUES_MAX} values; take longer steps")
}

fn single(item: &str) -> Result<Setting, String> {
    if item.is_empty() {
        return Err("a value is missing; write for example 5,10 or 1s..1h*2".into());
    }
    if let Ok(quantity) = Quantity::read(item) {
        return Ok(quantity.setting());
    }
    // What is neither number nor time stands for itself: a word, or JSON.
    let value = serde_json::from_str(item).unwrap_or_else(|_| Value::from(item));
    Ok(Setting { value, number: None })
}

fn range(first: &str, rest: &str) -> Result<Vec<Setting>, String> {
    let (last, step) = match rest.split_once([':', '*']) {
        Some((last, step)) => (last, Some((rest.contains('*'), step.trim()))),
        None => (rest, None),
    };
    let (first, last) = (Quantity::read(first)?, Quantity::read(last.trim())?);
    if first.is_time != last.is_time {
        return Err(format!("{} and {} are not of one kind", first.text(), last.text()));
    }
    if last.value < first.value {
        return Err(format!("the range ends before it begins: {} is less than {}", last.text(), first.text()));
    }
    match step {
        Some((true, factor)) => multiplied(first, last, factor),
        Some((false, step)) => stepped(first, last, Quantity::read(step)?),
        None => spread(first, last),
    }
}

fn multiplied(first: Quantity, last: Quantity, factor: &str) -> Result<Vec<Setting>, String> {
    let factor: f64 = factor
        .parse()
        .ok()
        .filter(|factor: &f64| factor.is_finite() && *factor > 1.0)
        .ok_or_else(|| format!("`{factor}` is no factor; it has to be a number above 1"))?;
    if first.value <= 0.0 {
        return Err("0 times a factor stays 0; begin above it, or write a step after a colon".into());
    }
    collected((0..).map(|power| first.value * factor.powi(power)), first, last)
}

fn stepped(first: Quantity, last: Quantity, step: Quantity) -> Result<Vec<Setting>, String> {
    if step.value <= 0.0 || (step.is_time && !first.is_time) {
        return Err(format!("`{}` is no step from {} to {}", step.text(), first.text(), last.text()));
    }
    collected((0..).map(|count| first.value + f64::from(count) * step.value), first, last)
}

/// Evenly, and in whole numbers if both ends are.
fn spread(first: Quantity, last: Quantity) -> Result<Vec<Setting>, String> {
    let part = |count| first.value + (last.value - first.value) * f64::from(count) / f64::from(VALUES_USUAL - 1);
    let mut values: Vec<f64> = (0..VALUES_USUAL).map(part).collect();
    if first.value.fract() == 0.0 && last.value.fract() == 0.0 {
        values.iter_mut().for_each(|value| *value = value.round());
    }
    values.dedup();
    collected(values.into_iter(), first, last)
}

fn collected(values: impl Iterator<Item = f64>, first: Quantity, last: Quantity) -> Result<Vec<Setting>, String> {
    // What is not representable must not take the last value away.
    let end = last.value * (1.0 + 1e-9);
    let values = values.take_while(|value| *value <= end).take(VALUES_MAX + 1);
    let settings: Vec<Setting> = values.map(|value| Quantity { value, ..first }.setting()).collect();
    if settings.len() > VALUES_MAX { Err(too_many()) } else { Ok(settings) }
}

/// A number, or a time in seconds.
#[derive(Clone, Copy, Debug)]
struct Quantity {
    value: f64,
    is_time: bool,
}

impl Quantity {
    fn read(text: &str) -> Result<Self, String> {
        if let Some(value) = text.parse::<f64>().ok().filter(|value| value.is_finite()) {
            return Ok(Self { value, is_time: false });
        }
        let time = humantime::parse_duration(text);
        let time = time.map_err(|_| format!("`{text}` is neither a number nor a time such as 90s"))?;
        Ok(Self { value: time.as_secs_f64(), is_time: true })
    }

    fn text(self) -> String {
        if self.is_time {
            // The files have milliseconds at most.
            let time = std::time::Duration::from_millis((self.value * 1_000.0).round() as u64);
            humantime::format_duration(time).to_string()
        } else {
            self.number().to_string()
        }
    }

    /// Whole numbers have no point.
    fn number(self) -> Value {
        let whole = self.value.fract() == 0.0 && self.value.abs() < 2_f64.powi(53);
        if whole { Value::from(self.value as i64) } else { Value::from(self.value) }
    }

    fn setting(self) -> Setting {
        let value = if self.is_time { Value::from(self.text()) } else { self.number() };
        Setting { value, number: Some(self.value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[&str], &str>) {
        let plain = |setting: &Setting| setting.value.as_str().map_or_else(|| setting.value.to_string(), str::to_owned);
        let seen = read_values(text).map(|all| all.iter().map(plain).collect::<Vec<_>>());
        let seen = seen.as_ref().map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(seen.as_deref().map_err(|error| error.as_str()), expected, "{text}");
    }

    #[test]
    fn ranges_have_both_ends() {
        check("1..5:2", Ok(&["1", "3", "5"]));
        check("0.1..0.3:0.1", Ok(&["0.1", "0.2", "0.30000000000000004"]));
        check("10s..1m:10s", Ok(&["10s", "20s", "30s", "40s", "50s", "1m"]));
        check("1m .. 10m * 3", Ok(&["1m", "3m", "9m"]));
        check("1..1", Ok(&["1"]));
        check("0..9", Ok(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]));
        check("90s, 3m", Ok(&["1m 30s", "3m"]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        check("5..1", Err("the range ends before it begins: 1 is less than 5"));
        check("1..10s", Err("1 and 10s are not of one kind"));
        check("1..x", Err("`x` is neither a number nor a time such as 90s"));
        check("0..8*2", Err("0 times a factor stays 0; begin above it, or write a step after a colon"));
        check("1..8*1", Err("`1` is no factor; it has to be a number above 1"));
        check("1..8:0", Err("`0` is no step from 1 to 8"));
        check("1..1000000:1", Err("more than 1000 values; take longer steps"));
        check("1,,2", Err("a value is missing; write for example 5,10 or 1s..1h*2"));
        check("1..1e308:1e-300", Err("more than 1000 values; take longer steps"));
    }
}
