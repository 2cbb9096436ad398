//! Takes text and numbers as they were seen, of any length and with any character.
//! Gives what fits a line of a terminal: cut, wrapped, rounded, quoted.
//! Never lets a control character through: what a server sends must not move the reader's cursor.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

/// The width that text is made for.
pub(super) const WIDTH: usize = 80;

/// `text` in one line, control characters spelled out.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

/// `value` in one line with a space after each comma and colon, so that it can be wrapped.
pub(super) fn json(value: &Value) -> String {
    let mut line = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut line, Spaced))
        .expect("a Value is JSON, a Vec takes everything");
    printable(&String::from_utf8(line).expect("JSON is UTF-8"))
}

struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

/// `text` in at most `limit` characters, with an ellipsis in the middle if need be.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.to_owned();
    }
    let kept = limit.saturating_sub(ELLIPSIS.len());
    let (head, tail) = (kept - kept / 2, kept / 2);
    text.chars().take(head).chain(ELLIPSIS.chars()).chain(text.chars().skip(length - tail)).collect()
}

/// Both cut to `limit`, in such a way that they still look different if they are.
pub(super) fn cut_both(expected: &str, observed: &str, limit: usize) -> (String, String) {
    let short = (cut(expected, limit), cut(observed, limit));
    if short.0 != short.1 || expected == observed {
        return short;
    }
    let same = expected.chars().zip(observed.chars()).take_while(|(e, o)| e == o).count();
    let from = |text: &str| {
        let rest: String = text.chars().skip(same.saturating_sub(limit / 4)).collect();
        format!("{ELLIPSIS}{}", cut(&rest, limit - ELLIPSIS.len()))
    };
    (from(expected), from(observed))
}

/// `text` in lines of at most `width` characters; a word that is longer has a line of its own.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let length = word.chars().count();
        let line = lines.last_mut().expect("there is always one");
        if used == 0 {
            line.push_str(word);
            used = length;
        } else if used + 1 + length <= width {
            line.push(' ');
            line.push_str(word);
            used += 1 + length;
        } else {
            lines.push(word.to_owned());
            used = length;
        }
    }
    lines
}

/// The words of `text`; a key of JSON and its value are one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let is_gap = |at: &usize| !text[..*at].ends_with("\":");
        let end = text.match_indices(' ').map(|(at, _)| at).find(is_gap);
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// Seconds with at most `digits` decimals, e.g. `180 s`, `4.98 s`.
pub(super) fn seconds(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    // A clock that is off by less than a digit must not show as "-0 s".
    format!("{} s", if text == "-0" { "0" } else { text })
}

/// `text` as one word of a shell, quoted whether or not it needs to be.
pub fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

const ELLIPSIS: &str = "...";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        assert_eq!(printable("a\u{1b}[2Jb\r\n\u{9b}\u{7f}é"), r"a\u{1b}[2Jb\r\n\u{9b}\u{7f}é");
        assert_eq!(json(&json!({"a": "\u{1b}\u{7f}", "b": [1, 2]})), r#"{"a": "\u001b\u{7f}", "b": [1, 2]}"#);
    }

    #[test]
    fn long_text_is_cut_in_the_middle() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk", 10), "abcd...ijk");
        assert_eq!(cut("äöüäöüäöüäö", 10), "äöüä...üäö");
    }

    #[test]
    fn a_cut_does_not_hide_the_difference() {
        let expected = format!("{}5{}", "x".repeat(500), "y".repeat(500));
        let observed = format!("{}6{}", "x".repeat(500), "y".repeat(500));
        let (expected, observed) = cut_both(&expected, &observed, 40);
        assert_eq!(expected, "...xxxxxxxxxx5yyyyyy...yyyyyyyyyyyyyyyyy");
        assert_eq!(observed, "...xxxxxxxxxx6yyyyyy...yyyyyyyyyyyyyyyyy");
        assert_eq!(cut_both("same", "same", 3), ("...".into(), "...".into()));
    }

    #[test]
    fn words_are_wrapped_and_none_is_lost() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 7), ["a-very-long-word", "b"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("{\"a\": 1, \"b\": 2}", 8), ["{\"a\": 1,", "\"b\": 2}"]);
    }

    #[test]
    fn seconds_are_rounded_and_trimmed() {
        let check = |value, digits, expected| assert_eq!(seconds(value, digits), expected);
        check(180.0, 3, "180 s");
        check(4.98, 3, "4.98 s");
        check(4.98765, 3, "4.988 s");
        check(0.04, 1, "0 s");
        check(100.0, 0, "100 s");
        check(-0.0001, 3, "0 s");
    }

    #[test]
    fn ids_survive_a_shell() {
        assert_eq!(shell_quoted("a/b[fn=x y]"), "'a/b[fn=x y]'");
        assert_eq!(shell_quoted("it's"), r"'it'\''s'");
    }
}
