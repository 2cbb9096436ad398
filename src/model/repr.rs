//! Takes a JSON value.
//! Gives it as the reference's messages spell values, which are Python's.
//! Never shortens one.

use serde_json::Value;

/// The value as Python prints it. Observed: zaqar 23.0.1.
pub(super) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(keys) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", quoted(key), repr(value));
            format!("{{{}}}", keys.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\\' => quoted.push_str("\\\\"),
            character if character == quote => quoted.extend(['\\', character]),
            character => quoted.push(character),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_spelt_as_python_spells_them() {
        let check = |value: Value, expected: &str| assert_eq!(repr(&value), expected);
        check(json!(null), "None");
        check(json!([true, false, -1, 1.5]), "[True, False, -1, 1.5]");
        check(json!({"a": {}, "b": ["x"]}), "{'a': {}, 'b': ['x']}");
        check(json!("it's"), "\"it's\"");
        check(json!("it's \"so\"\\\n"), "'it\\'s \"so\"\\\\\\n'");
    }
}
