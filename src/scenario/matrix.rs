//! Takes the value of a scenario file.
//! Gives its [`Matrix`]: the axes, every combination of their values, and the file with one combination filled in.
//! Never touches keys, nor anything but the subscribers, the steps and what is expected.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::decode::describe;
use super::diagnostic::suggest;
use super::document::Problem;
use super::spans::Segment;

/// The axes of a scenario, in alphabetical order.
#[derive(Clone, Debug, Default)]
pub(super) struct Matrix {
    axes: BTreeMap<String, Vec<Value>>,
}

/// One value for each axis.
#[derive(Clone, Debug, Default)]
pub(super) struct Combination<'a> {
    values: BTreeMap<&'a str, &'a Value>,
}

impl Matrix {
    /// Reads the axes of `file` and holds them against the references to them.
    pub(super) fn read(file: &Value) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut axes = BTreeMap::new();
        match file.get("matrix") {
            None => {}
            Some(Value::Object(written)) => {
                for (name, values) in written {
                    match read_axis(name, values) {
                        Ok(values) => {
                            axes.insert(name.clone(), values);
                        }
                        Err(problem) => problems.push(problem),
                    }
                }
            }
            Some(other) => {
                let message = format!("expected an object of axes, found {}", describe(other));
                let help = "as in `\"matrix\": {\"fn\": [\"linear\", \"geometric\"]}`".to_owned();
                problems.push(Problem::at_value(root("matrix"), message, Some(help)));
            }
        }
        let matrix = Self { axes };
        // A reference to an axis that could not be read is no second mistake.
        if problems.is_empty() {
            problems = matrix.misuses(file);
        }
        if problems.is_empty() { Ok(matrix) } else { Err(problems) }
    }

    /// Every combination; the last axis varies fastest. One empty combination if there is no axis.
    pub(super) fn combinations(&self) -> Vec<Combination<'_>> {
        let mut combinations = vec![Combination::default()];
        for (name, values) in &self.axes {
            combinations = combinations
                .iter()
                .flat_map(|combination| values.iter().map(|value| combination.with(name, value)))
                .collect();
        }
        combinations
    }

    /// References without an axis, axes without a reference, references where nothing is replaced, too many cases.
    fn misuses(&self, file: &Value) -> Vec<Problem> {
        let mut search = Search { matrix: self, used: BTreeSet::new(), problems: Vec::new() };
        if let Some(title) = file.get("title").and_then(Value::as_str) {
            search.title(title);
        }
        for key in FILLED {
            if let Some(value) = file.get(key) {
                search.value(&mut root(key), value);
            }
        }
        let Search { used, mut problems, .. } = search;
        let unused = self.axes.keys().filter(|name| !used.contains(name.as_str()));
        problems.extend(unused.map(|name| {
            let help = format!("write `${{{name}}}` where its values belong, or take the axis away");
            Problem::at_key(axis(name), format!("the axis `{name}` is never used"), Some(help))
        }));
        let cases = self.axes.values().fold(1, |cases: usize, values| cases.saturating_mul(values.len()));
        if cases > CASES_MAX {
            let message = format!("the matrix has {cases} cases, more than {CASES_MAX}");
            problems.push(Problem::at_key(root("matrix"), message, None));
        }
        problems
    }
}

impl<'a> Combination<'a> {
    fn with(&self, name: &'a str, value: &'a Value) -> Self {
        let mut values = self.values.clone();
        values.insert(name, value);
        Self { values }
    }

    /// `[fn=geometric,n=3]`; nothing without axes.
    pub(super) fn suffix(&self) -> String {
        if self.values.is_empty() {
            return String::new();
        }
        let axes: Vec<String> = self.values.iter().map(|(name, value)| format!("{name}={}", label(value))).collect();
        format!("[{}]", axes.join(","))
    }

    /// The file with every reference replaced.
    pub(super) fn fill(&self, file: &Value) -> Value {
        let mut filled = file.clone();
        for key in FILLED {
            if let Some(value) = filled.get_mut(key) {
                self.fill_value(value);
            }
        }
        filled
    }

    fn fill_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *value = self.fill_text(text),
            Value::Array(elements) => elements.iter_mut().for_each(|element| self.fill_value(element)),
            Value::Object(entries) => entries.values_mut().for_each(|entry| self.fill_value(entry)),
            _ => {}
        }
    }

    /// A string that is nothing but a reference becomes the value itself, with its type.
    fn fill_text(&self, text: &str) -> Value {
        let pieces = pieces(text);
        if let [Piece::Reference(name)] = pieces[..] {
            return self.values[name].clone();
        }
        let text_of = |piece: &Piece<'_>| match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Reference(name) => text_of(self.values[name]),
        };
        Value::String(pieces.iter().map(text_of).collect())
    }
}

fn read_axis(name: &str, values: &Value) -> Result<Vec<Value>, Problem> {
    if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter)) {
        let help = "axis names are made of letters, digits, `_` and `-`".to_owned();
        return Err(Problem::at_key(axis(name), format!("`{name}` can't name an axis"), Some(help)));
    }
    let Value::Array(values) = values else {
        let message = format!("the axis `{name}` needs a list of values, found {}", describe(values));
        let help = format!("as in `\"{name}\": [1, 2]`");
        return Err(Problem::at_value(axis(name), message, Some(help)));
    };
    if values.is_empty() {
        let help = "give it a value, or take the axis away: as it is, no case is left".to_owned();
        return Err(Problem::at_value(axis(name), format!("the axis `{name}` has no values"), Some(help)));
    }
    let same = |index: &usize| values[..*index].iter().any(|earlier| label(earlier) == label(&values[*index]));
    if let Some(index) = (1..values.len()).find(same) {
        let mut path = axis(name);
        path.push(index.into());
        let message = format!("the axis `{name}` has the value {} twice", label(&values[index]));
        return Err(Problem::at_value(path, message, Some("two cases would have the same name".into())));
    }
    Ok(values.clone())
}

/// Looks for references below one value.
struct Search<'a> {
    matrix: &'a Matrix,
    used: BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Search<'_> {
    fn title(&mut self, title: &str) {
        if let Some(name) = references(title).next().filter(|name| self.matrix.axes.contains_key(*name)) {
            let help = "a title is the same in all cases; each case's name holds its values".to_owned();
            let message = format!("`${{{name}}}` is not replaced in titles");
            self.problems.push(Problem::at_value(root("title"), message, Some(help)));
        }
    }

    fn value(&mut self, path: &mut Vec<Segment>, value: &Value) {
        match value {
            Value::String(text) => references(text).for_each(|name| self.reference(path, name)),
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    path.push(index.into());
                    self.value(path, element);
                    path.pop();
                }
            }
            Value::Object(entries) => {
                for (key, entry) in entries {
                    path.push(key.as_str().into());
                    self.key(path, key);
                    self.value(path, entry);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, path: &[Segment], key: &str) {
        if let Some(name) = references(key).next().filter(|name| self.matrix.axes.contains_key(*name)) {
            let help = format!("replace the object as a whole: give the axis `{name}` objects as values");
            let message = format!("`${{{name}}}` is not replaced in keys");
            self.problems.push(Problem::at_key(path.to_vec(), message, Some(help)));
        }
    }

    fn reference(&mut self, path: &[Segment], name: &str) {
        if self.matrix.axes.contains_key(name) {
            self.used.insert(name.to_owned());
            return;
        }
        let help = match suggest(name, self.matrix.axes.keys().map(String::as_str)) {
            Some(help) => help,
            None => format!("as in `\"matrix\": {{\"{name}\": [1, 2]}}`"),
        };
        let message = format!("`${{{name}}}` names no axis of the matrix");
        self.problems.push(Problem::at_value(path.to_vec(), message, Some(help)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Reference(&'a str),
}

fn references(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).into_iter().filter_map(|piece| match piece {
        Piece::Reference(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// Splits at `${name}`; a `${` that nothing closes is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Reference(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The text that replaces a reference inside a longer string.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The value as case names show it; the empty string needs its quotes to be seen.
fn label(value: &Value) -> String {
    value.as_str().filter(|text| !text.is_empty()).map_or_else(|| value.to_string(), str::to_owned)
}

fn root(key: &str) -> Vec<Segment> {
    vec![key.into()]
}

fn axis(name: &str) -> Vec<Segment> {
    vec!["matrix".into(), name.into()]
}

/// Where references are replaced; the rest of a file holds for all its cases.
const FILLED: [&str; 3] = ["subscribers", "steps", "expect"];

/// More cases than anybody wants, fewer than a slip of the matrix makes.
const CASES_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(matrix: Value, steps: Value, expected: &[(&str, Value)]) {
        let file = json!({"title": "t", "matrix": matrix, "steps": steps});
        let matrix = Matrix::read(&file).expect("the matrix is right");
        let found: Vec<_> =
            matrix.combinations().iter().map(|c| (c.suffix(), c.fill(&file)["steps"].clone())).collect();
        let expected: Vec<_> = expected.iter().map(|(suffix, steps)| ((*suffix).to_owned(), steps.clone())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn without_axes_there_is_one_case() {
        check(json!({}), json!(["a ${ b"]), &[("", json!(["a ${ b"]))]);
    }

    #[test]
    fn a_lone_reference_keeps_the_type_and_a_nested_one_becomes_text() {
        let expected = [("[n=1]", json!([1, "n1"])), ("[n=[2,\"x\"]]", json!([[2, "x"], "n[2,\"x\"]"]))];
        check(json!({"n": [1, [2, "x"]]}), json!(["${n}", "n${n}"]), &expected);
    }

    #[test]
    fn the_last_axis_varies_fastest() {
        let expected = [
            ("[a=x,b=\"\"]", json!("x/")),
            ("[a=x,b=null]", json!("x/null")),
            ("[a=y,b=\"\"]", json!("y/")),
            ("[a=y,b=null]", json!("y/null")),
        ];
        check(json!({"b": ["", null], "a": ["x", "y"]}), json!("${a}/${b}"), &expected);
    }

    #[test]
    fn keys_stay_as_they_are() {
        check(json!({"n": [1]}), json!({"n": "${n}"}), &[("[n=1]", json!({"n": 1}))]);
    }

    #[track_caller]
    fn check_refused(matrix: Value, steps: Value, expected: &str) {
        let problems = Matrix::read(&json!({"matrix": matrix, "steps": steps})).expect_err("the matrix is wrong");
        let messages: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages, [expected]);
    }

    #[test]
    fn misuse_is_refused() {
        check_refused(json!([]), json!([]), "expected an object of axes, found an array");
        check_refused(json!({"n": 1}), json!("${n}"), "the axis `n` needs a list of values, found the number 1");
        check_refused(json!({"n": []}), json!("${n}"), "the axis `n` has no values");
        check_refused(json!({"n": [1, "1"]}), json!("${n}"), "the axis `n` has the value 1 twice");
        check_refused(json!({"n": [1]}), json!([]), "the axis `n` is never used");
        check_refused(json!({}), json!("${n}"), "`${n}` names no axis of the matrix");
        check_refused(json!({"n": [1]}), json!([{"${n}": "${n}"}]), "`${n}` is not replaced in keys");
        check_refused(json!({"a b": [1]}), json!([]), "`a b` can't name an axis");
    }
}
