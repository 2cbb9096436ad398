//! Takes a JSON value.
//! Gives it as text in the one layout that files of this project have.
//! Never changes a value, or the order of keys.

use serde_json::Value;

/// The longest line, unless a single text is longer.
const WIDTH: usize = 120;
/// How far what is inside is indented.
const INDENT: usize = 2;
/// What always has a line for each element: the whole, the steps, the deliveries.
const OPEN: [&str; 3] = ["", "steps", "expect.deliveries"];

/// The text of a file that holds `value`: whatever fits on a line is on one, but for the whole, its steps and its
/// deliveries, which have a line for each element.
///
/// ```
/// use zaqarcheck::scenario::layout;
/// let value = serde_json::json!({"format": 1, "steps": [{"list_queues": {}}]});
/// assert_eq!(layout(&value), "{\n  \"format\": 1,\n  \"steps\": [\n    { \"list_queues\": {} }\n  ]\n}\n");
/// ```
pub fn layout(value: &Value) -> String {
    let mut out = String::new();
    write(value, &Place { path: String::new(), indent: 0, before: 0, after: 0 }, &mut out);
    out.push('\n');
    out
}

/// Where a value stands.
struct Place {
    path: String,
    indent: usize,
    /// How many characters stand before it on its line, and after it.
    before: usize,
    after: usize,
}

fn write(value: &Value, place: &Place, out: &mut String) {
    let line = on_one_line(value);
    let fits = place.indent + place.before + line.chars().count() + place.after <= WIDTH;
    if fits && !is_open(value, &place.path) {
        return out.push_str(&line);
    }
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            let elements = elements.iter().enumerate().map(|(index, element)| (None, index.to_string(), element));
            block(['[', ']'], elements.collect(), place, out);
        }
        Value::Object(entries) if !entries.is_empty() => {
            let entries = entries.iter().map(|(key, value)| (Some(text(key) + ": "), key.clone(), value));
            block(['{', '}'], entries.collect(), place, out);
        }
        _ => out.push_str(&line),
    }
}

fn block(brackets: [char; 2], parts: Vec<(Option<String>, String, &Value)>, place: &Place, out: &mut String) {
    out.push(brackets[0]);
    let last = parts.len() - 1;
    for (index, (key, name, value)) in parts.into_iter().enumerate() {
        let key = key.unwrap_or_default();
        let indent = place.indent + INDENT;
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        out.push_str(&key);
        let path = if place.path.is_empty() { name } else { format!("{}.{name}", place.path) };
        let after = usize::from(index < last);
        write(value, &Place { path, indent, before: key.chars().count(), after }, out);
        out.extend((index < last).then_some(','));
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', place.indent));
    out.push(brackets[1]);
}

/// Whether a value is never on one line, or something in it is not.
fn is_open(value: &Value, path: &str) -> bool {
    let is_filled = |value: &Value| match value {
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        _ => false,
    };
    let inside = |open: &str| {
        let below = if path.is_empty() { Some(open) } else { open.strip_prefix(path)?.strip_prefix('.') };
        value.get(below?).filter(|value| is_filled(value))
    };
    OPEN.contains(&path) || OPEN.iter().any(|open| inside(open).is_some())
}

fn on_one_line(value: &Value) -> String {
    match value {
        Value::Array(elements) => {
            format!("[{}]", elements.iter().map(on_one_line).collect::<Vec<_>>().join(", "))
        }
        Value::Object(entries) if entries.is_empty() => "{}".into(),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", text(key), on_one_line(value));
            format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, expected: &str) {
        assert_eq!(layout(&value), expected);
    }

    #[test]
    fn what_fits_is_on_one_line() {
        check(json!({}), "{}\n");
        check(json!([]), "[]\n");
        check(json!("é\n"), "\"é\\n\"\n");
        check(json!({"b": [1, 2.5], "a": {"x": null}}), "{\n  \"b\": [1, 2.5],\n  \"a\": { \"x\": null }\n}\n");
        check(
            json!({"steps": [], "expect": {"quiet_s": 0}}),
            "{\n  \"steps\": [],\n  \"expect\": { \"quiet_s\": 0 }\n}\n",
        );
    }

    #[test]
    fn deliveries_have_a_line_each() {
        let value = json!({"expect": {"deliveries": [{"attempts": 1}], "quiet_s": 1}});
        let inside = "    \"deliveries\": [\n      { \"attempts\": 1 }\n    ],\n    \"quiet_s\": 1\n";
        check(value, &format!("{{\n  \"expect\": {{\n{inside}  }}\n}}\n"));
    }

    /// A line of exactly the width, with and without what comes after it.
    #[test]
    fn a_line_is_as_long_as_it_may_be() {
        let of = |length: usize| json!({"a": ["x".repeat(length)], "b": 1});
        let lines = |length: usize| layout(&of(length)).lines().count();
        let longest = WIDTH - "  \"a\": [\"\"],".len();
        assert_eq!((lines(longest), lines(longest + 1)), (4, 6));
    }
}
