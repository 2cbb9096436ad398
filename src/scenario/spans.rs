//! Takes the text of a JSON file.
//! Gives [`Spans`]: where each key and value stands, which keys stand twice, which numbers lose digits.
//! Never repairs: whatever strict JSON forbids is a [`SyntaxError`].

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jsonc_parser::ast::{self, ObjectProp, Value};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

/// One part of the way from the root of a JSON text to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// Into an array.
    Index(usize),
    /// Into an object. Compared as it is, so keys with dots or brackets are no trouble.
    Key(String),
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// Writes a path as people say it: `steps[1].post.ttl`.
pub(crate) fn display(path: &[Segment]) -> String {
    path.iter().enumerate().fold(String::new(), |mut text, (position, segment)| {
        if position > 0 && matches!(segment, Segment::Key(_)) {
            text.push('.');
        }
        text + &segment.to_string()
    })
}

/// Where one value stands, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its key with the quotes; nothing for array elements and for the root.
    pub key: Option<Range<usize>>,
    /// The value.
    pub value: Range<usize>,
}

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The bytes in question.
    pub range: Range<usize>,
    /// What is wrong, a lower-case fragment.
    pub message: String,
}

/// The place of every key and value of one JSON text.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    places: BTreeMap<Vec<Segment>, Place>,
    duplicates: Vec<(Range<usize>, String)>,
    unrepresentable: Vec<(Range<usize>, String)>,
}

impl Spans {
    /// Reads `text` with every leniency of the reader switched off.
    pub fn read(text: &str) -> Result<Self, SyntaxError> {
        let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|error| SyntaxError {
            range: error.range().start..error.range().end,
            message: fragment(&error.kind().to_string()),
        })?;
        let root = parsed.value.ok_or_else(|| SyntaxError { range: 0..0, message: "the file is empty".into() })?;
        let mut spans = Self::default();
        spans.enter(&mut Vec::new(), None, &root);
        Ok(spans)
    }

    /// Where the value at `path` stands, or the nearest value around it: a path may lead into a value that an axis
    /// of the matrix has put there.
    pub fn value(&self, path: &[Segment]) -> Range<usize> {
        self.nearest(path).value.clone()
    }

    /// Where the key at the end of `path` stands; the value if it has no key.
    pub fn key(&self, path: &[Segment]) -> Range<usize> {
        let exact = self.places.get(path).and_then(|place| place.key.clone());
        exact.unwrap_or_else(|| self.value(path))
    }

    /// The keys that repeat an earlier key of the same object, in order.
    pub fn duplicates(&self) -> impl Iterator<Item = (Range<usize>, &str)> {
        self.duplicates.iter().map(|(range, key)| (range.clone(), key.as_str()))
    }

    /// The numbers that no 64 bits hold, in order, as they are written.
    pub fn unrepresentable(&self) -> impl Iterator<Item = (Range<usize>, &str)> {
        self.unrepresentable.iter().map(|(range, number)| (range.clone(), number.as_str()))
    }

    fn nearest(&self, path: &[Segment]) -> &Place {
        (0..=path.len())
            .rev()
            .find_map(|length| self.places.get(&path[..length]))
            .expect("a text that could be read has a root, and the empty path leads to it")
    }

    fn enter(&mut self, path: &mut Vec<Segment>, key: Option<Range<usize>>, value: &Value<'_>) {
        self.places.insert(path.clone(), Place { key, value: range(value) });
        match value {
            Value::Object(object) => self.enter_object(path, object),
            Value::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    path.push(Segment::Index(index));
                    self.enter(path, None, element);
                    path.pop();
                }
            }
            Value::NumberLit(number) if !fits(number.value) => {
                self.unrepresentable.push((range(value), number.value.to_owned()));
            }
            _ => {}
        }
    }

    fn enter_object(&mut self, path: &mut Vec<Segment>, object: &ast::Object<'_>) {
        for (position, property) in object.properties.iter().enumerate() {
            let key = key_range(property);
            let name = property.name.as_str();
            if object.properties[..position].iter().any(|earlier| earlier.name.as_str() == name) {
                self.duplicates.push((key.clone(), name.to_owned()));
            }
            path.push(Segment::from(name));
            self.enter(path, Some(key), &property.value);
            path.pop();
        }
    }
}

/// Whether reading `number` keeps its value: integers beyond 64 bits would silently become floating point.
fn fits(number: &str) -> bool {
    if number.contains(['.', 'e', 'E']) {
        return number.parse::<f64>().is_ok_and(f64::is_finite);
    }
    number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok()
}

fn range(value: &Value<'_>) -> Range<usize> {
    use jsonc_parser::common::Ranged;
    value.range().start..value.range().end
}

fn key_range(property: &ObjectProp<'_>) -> Range<usize> {
    use jsonc_parser::common::Ranged;
    property.name.range().start..property.name.range().end
}

/// Makes a sentence of the reader a fragment of ours.
fn fragment(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"é": {"a.b": [1, {"c": "ü"}]}, "n": null}"#;

    #[track_caller]
    fn check(path: &[Segment], key: &str, value: &str) {
        let spans = Spans::read(TEXT).expect("the text is JSON");
        assert_eq!((&TEXT[spans.key(path)], &TEXT[spans.value(path)]), (key, value));
    }

    #[test]
    fn every_key_and_value_is_found() {
        check(&[], TEXT, TEXT);
        check(&["n".into()], "\"n\"", "null");
        check(&["é".into()], "\"é\"", r#"{"a.b": [1, {"c": "ü"}]}"#);
        check(&["é".into(), "a.b".into(), 0.into()], "1", "1");
        check(&["é".into(), "a.b".into(), 1.into(), "c".into()], "\"c\"", "\"ü\"");
    }

    #[test]
    fn a_path_that_leads_nowhere_ends_at_the_nearest_value() {
        check(&["n".into(), "x".into(), 3.into()], "null", "null");
        check(&["m".into()], TEXT, TEXT);
    }

    #[test]
    fn a_path_reads_as_people_say_it() {
        assert_eq!(display(&["steps".into(), 1.into(), "post".into(), "ttl".into()]), "steps[1].post.ttl");
    }

    #[test]
    fn duplicates_are_found_at_any_depth() {
        let spans = Spans::read(r#"{"a": [{"b": 1, "c": 2, "b": 3}], "a": 4}"#).expect("the text is JSON");
        let found: Vec<_> = spans.duplicates().map(|(range, key)| (range.start, key.to_owned())).collect();
        assert_eq!(found, [(24, "b".to_owned()), (34, "a".to_owned())]);
    }

    #[test]
    fn numbers_beyond_64_bits_are_found() {
        let text = "[18446744073709551615, -9223372036854775808, 1e300, 0.1, 18446744073709551616, 1e999]";
        let spans = Spans::read(text).expect("the text is JSON");
        let found: Vec<_> = spans.unrepresentable().map(|(_, number)| number.to_owned()).collect();
        assert_eq!(found, ["18446744073709551616", "1e999"]);
    }

    #[track_caller]
    fn check_refused(text: &str) {
        assert!(Spans::read(text).is_err(), "{text} was accepted");
    }

    #[test]
    fn no_leniency_is_left() {
        check_refused("");
        check_refused("{} {}");
        check_refused("[1,]");
        check_refused("[1 2]");
        check_refused("{a: 1}");
        check_refused("['a']");
        check_refused("[+1]");
        check_refused("[.5]");
        check_refused("[0x1]");
        check_refused("[NaN]");
        check_refused("[1] // one");
        check_refused(r#"["\x41"]"#);
    }
}
