//! Takes the value of one case.
//! Gives the [`ScenarioFile`] it holds, and every place where its shape is wrong, in plain words.
//! Never stops at the first mistake: what is wrong is taken out or replaced, and the rest is read again.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serde_path_to_error::Segment as SerdeSegment;

use super::diagnostic::suggest;
use super::document::Problem;
use super::file::ScenarioFile;
use super::spans::{Segment, display};
use super::step::ACTIONS;

/// What could be read of one case.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    /// Nothing if no repair helped.
    pub file: Option<ScenarioFile>,
    pub problems: Vec<Problem>,
    /// What is below these paths is not what the author wrote, so nothing more is said about it.
    pub damaged: Vec<Vec<Segment>>,
}

/// Reads a whole scenario, repairing it until it can be read.
pub(super) fn decode_file(mut value: Value) -> Decoded {
    let mut decoded = Decoded::default();
    for path in arrays_for_objects(&value) {
        let problem = Problem::at_value(path.clone(), "expected an object, found an array", None);
        decoded.problems.push(problem);
        repair(&mut value, &path, &mut decoded.damaged);
    }
    loop {
        match decode(&value) {
            Ok(file) => return Decoded { file: Some(file), ..decoded },
            Err(mistake) => {
                if !decoded.take_in(mistake, &mut value) {
                    return decoded;
                }
            }
        }
    }
}

/// Reads a value that is small enough for one mistake at a time.
pub(super) fn decode_part<T: DeserializeOwned>(value: &Value) -> Result<T, Problem> {
    decode(value).map_err(|mistake| mistake.problem)
}

impl Decoded {
    /// Notes a mistake and repairs it; says whether there is hope.
    fn take_in(&mut self, mistake: Mistake, value: &mut Value) -> bool {
        let Mistake { kind, problem } = mistake;
        let path = problem.path.clone();
        match kind {
            MistakeKind::UnknownKey => {
                self.problems.push(problem);
                self.mark_unit_of(&path);
                remove(value, &path)
            }
            MistakeKind::MissingKey(key) => {
                // A misspelled key is unknown and the right one missing: that is one mistake.
                if !self.has_suggested(&path, &key) {
                    self.problems.push(problem);
                }
                let missing = [&path[..], &[Segment::Key(key)]].concat();
                repair(value, &missing, &mut self.damaged)
            }
            MistakeKind::Other => {
                self.problems.push(problem);
                repair(value, &path, &mut self.damaged)
            }
        }
    }

    fn has_suggested(&self, object: &[Segment], key: &str) -> bool {
        let wanted = format!("did you mean `{key}`?");
        self.problems.iter().any(|problem| {
            problem.path.split_last().is_some_and(|(_, parent)| parent == object)
                && problem.help.as_deref() == Some(&wanted)
        })
    }

    /// An unknown key makes its step or subscriber doubtful; around them it makes nothing doubtful.
    fn mark_unit_of(&mut self, path: &[Segment]) {
        if let Some((unit, _)) = unit_of(path).filter(|(unit, _)| unit.len() > 1 && unit.len() < path.len()) {
            self.damaged.push(unit.to_vec());
        }
    }
}

#[derive(Debug)]
struct Mistake {
    kind: MistakeKind,
    problem: Problem,
}

#[derive(Debug)]
enum MistakeKind {
    UnknownKey,
    MissingKey(String),
    Other,
}

fn decode<T: DeserializeOwned>(value: &Value) -> Result<T, Mistake> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path: Vec<Segment> = error.path().iter().filter_map(segment).collect();
        mistake(value, path, &error.inner().to_string())
    })
}

fn segment(segment: &SerdeSegment) -> Option<Segment> {
    match segment {
        SerdeSegment::Seq { index } => Some(Segment::Index(*index)),
        SerdeSegment::Map { key } => Some(Segment::Key(key.clone())),
        SerdeSegment::Enum { .. } | SerdeSegment::Unknown => None,
    }
}

/// Says what serde says in the words of this format.
fn mistake(root: &Value, path: Vec<Segment>, message: &str) -> Mistake {
    let mut words = message.split('`').skip(1).step_by(2);
    let mut first = || words.next().unwrap_or_default().to_owned();
    if message.starts_with("unknown field") {
        let key = first();
        let help = suggest(&key, words);
        return Mistake {
            kind: MistakeKind::UnknownKey,
            problem: Problem::at_key(path, format!("unknown key `{key}`"), help),
        };
    }
    if message.starts_with("missing field") {
        let key = first();
        let message = match display(&path).as_str() {
            "" => format!("the key `{key}` is missing"),
            object => format!("the key `{key}` is missing in `{object}`"),
        };
        let problem = Problem::at_value(path, message, None);
        return Mistake { kind: MistakeKind::MissingKey(key), problem };
    }
    if message.starts_with("unknown variant") {
        let name = first();
        let help = suggest(&name, words);
        let problem = Problem::at_value(path.clone(), format!("unknown {} `{name}`", kind_of_name(&path)), help);
        return Mistake { kind: MistakeKind::Other, problem };
    }
    let found = look_up(root, &path).map_or_else(|| "nothing".to_owned(), describe);
    let text = match message.split_once(", expected ") {
        Some((_, expected)) => format!("expected {}, found {found}", plain(expected)),
        None => message.to_owned(),
    };
    Mistake { kind: MistakeKind::Other, problem: Problem::at_value(path, text, None) }
}

/// What the names at `path` are names of: the keys that hold names say it themselves, except one.
fn kind_of_name(path: &[Segment]) -> &str {
    let key = path.iter().rev().find_map(|segment| match segment {
        Segment::Key(key) => Some(key.as_str()),
        Segment::Index(_) => None,
    });
    match key {
        Some("needs") | None => "capability",
        Some(key) => key,
    }
}

/// What serde expected, without its jargon.
fn plain(expected: &str) -> &str {
    match expected {
        // The only numbers of 16 bits in the format are statuses.
        "u16" => "a status from 100 to 999",
        "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "f64" => "a number",
        "a sequence" => "an array",
        "a map" => "an object",
        "string or map" | "enum Capability" | "enum Confirmation" | "enum NetworkEvent" | "enum Way" => "a string",
        other if other.starts_with("struct ") => "an object",
        other if other.starts_with("variant identifier") => "a string",
        other => other,
    }
}

/// The value as messages name it.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) if text.chars().count() > SHOWN_MAX => {
            format!("the string \"{}...\"", text.chars().take(SHOWN_MAX).collect::<String>())
        }
        Value::String(text) => format!("the string \"{text}\""),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

/// The places where serde would take an array for an object, its elements in the order of the fields.
fn arrays_for_objects(file: &Value) -> Vec<Vec<Segment>> {
    let mut found = Vec::new();
    for pattern in OBJECTS {
        collect_arrays(file, pattern, &mut Vec::new(), &mut found);
    }
    found
}

fn collect_arrays(value: &Value, pattern: &[&str], path: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
    let Some((first, rest)) = pattern.split_first() else {
        if value.is_array() {
            found.push(path.clone());
        }
        return;
    };
    for (segment, child) in children(value) {
        let matches = match &segment {
            Segment::Key(key) if *first == "<request>" => is_request(key),
            Segment::Key(key) => *first == "*" || first == key,
            Segment::Index(_) => *first == "[]",
        };
        if matches {
            path.push(segment);
            collect_arrays(child, rest, path, found);
            path.pop();
        }
    }
}

fn is_request(key: &str) -> bool {
    key != "advance" && ACTIONS.contains(&key)
}

fn children(value: &Value) -> Vec<(Segment, &Value)> {
    match value {
        Value::Array(elements) => elements.iter().enumerate().map(|(index, child)| (index.into(), child)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, child)| (key.as_str().into(), child)).collect(),
        _ => Vec::new(),
    }
}

/// Puts a harmless value in place of the smallest unit around `path`, once; says whether that is any use.
fn repair(value: &mut Value, path: &[Segment], damaged: &mut Vec<Vec<Segment>>) -> bool {
    let Some((unit, harmless)) = unit_of(path) else { return false };
    let repaired = place(value, unit, harmless);
    damaged.push(unit.to_vec());
    repaired
}

/// The smallest part of a scenario around `path` that can be replaced as a whole, and what to replace it with.
fn unit_of(path: &[Segment]) -> Option<(&[Segment], Value)> {
    use Segment::{Index, Key};
    let key = |position: usize| match path.get(position) {
        Some(Key(key)) => key.as_str(),
        _ => "",
    };
    let (length, harmless) = match (key(0), path.get(1), path.get(2)) {
        ("steps", Some(Index(_)), _) => (2, json!({"advance": 0})),
        ("subscribers", Some(Key(_)), _) => (2, json!({"script": ["reset"]})),
        ("expect", Some(Key(deliveries)), Some(Index(_))) if deliveries == "deliveries" => {
            (3, json!({"subscriber": "", "attempts": 0}))
        }
        ("expect", Some(Key(part)), _) if part == "quiet_s" => (2, json!(0)),
        ("expect", Some(Key(part)), _) if part == "deliveries" => (2, json!([])),
        ("expect", Some(Key(part)), _) if part == "arrivals" => (2, json!({})),
        ("needs", Some(Index(_)), _) => (2, json!("confirmation")),
        ("requirements" | "killed_by", Some(Index(_)), _) => (2, json!("")),
        ("steps", _, _) => (1, json!([{"advance": 0}])),
        ("subscribers" | "expect" | "matrix", _, _) => (1, json!({})),
        ("needs" | "requirements" | "killed_by", _, _) => (1, json!([])),
        ("title" | "notes" | "$schema", _, _) => (1, json!("")),
        _ => return None,
    };
    Some((&path[..length], harmless))
}

fn place(root: &mut Value, path: &[Segment], new: Value) -> bool {
    let Some((last, parents)) = path.split_last() else { return false };
    let Some(parent) = parents.iter().try_fold(root, step_mut) else { return false };
    match (parent, last) {
        (Value::Object(entries), Segment::Key(key)) => entries.insert(key.clone(), new.clone()) != Some(new),
        (Value::Array(elements), Segment::Index(index)) if *index < elements.len() => {
            std::mem::replace(&mut elements[*index], new.clone()) != new
        }
        _ => false,
    }
}

fn remove(root: &mut Value, path: &[Segment]) -> bool {
    let Some((Segment::Key(key), parents)) = path.split_last() else { return false };
    let parent = parents.iter().try_fold(root, step_mut).and_then(Value::as_object_mut);
    parent.is_some_and(|entries| entries.shift_remove(key).is_some())
}

fn step_mut<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match segment {
        Segment::Key(key) => value.get_mut(key),
        Segment::Index(index) => value.get_mut(index),
    }
}

fn look_up<'a>(root: &'a Value, path: &[Segment]) -> Option<&'a Value> {
    path.iter().try_fold(root, |value, segment| match segment {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => value.get(index),
    })
}

/// Every place below the root where the format has an object with named keys.
const OBJECTS: &[&[&str]] = &[
    &["subscribers", "*"],
    &["steps", "[]"],
    &["steps", "[]", "<request>"],
    &["steps", "[]", "expect"],
    &["steps", "[]", "post", "messages", "[]"],
    &["expect"],
    &["expect", "deliveries", "[]"],
];

/// How much of a string a message repeats.
const SHOWN_MAX: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: Value, expected: &[(&str, &str)]) {
        let mut file = json!({"format": 1, "title": "t", "requirements": ["r"], "steps": [{"advance": 1}]});
        for (key, value) in part.as_object().expect("tests give an object") {
            file[key] = value.clone();
        }
        let decoded = decode_file(file);
        let found: Vec<_> = decoded.problems.iter().map(|p| (display(&p.path), p.message.clone())).collect();
        let expected: Vec<_> = expected.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(found, expected);
        assert!(decoded.file.is_some(), "it could not be repaired");
    }

    #[test]
    fn all_mistakes_are_found_at_once() {
        let steps = json!([{"post": {"queue": 1, "messages": []}}, {"put_queue": {"queu": "q"}}, {"advance": "x"}]);
        check(
            json!({"title": 5, "steps": steps}),
            &[
                ("title", "expected a string, found the number 5"),
                ("steps[0].post.queue", "expected a string, found the number 1"),
                ("steps[1].put_queue.queu", "unknown key `queu`"),
                ("steps[2].advance", "expected a number, found the string \"x\""),
            ],
        );
    }

    #[test]
    fn expectations_are_read_in_plain_words() {
        check(json!({"expect": {"quiet_s": null}}), &[("expect.quiet_s", "expected a number, found null")]);
        check(json!({"expect": {"arrivals": []}}), &[("expect.arrivals", "expected an object, found an array")]);
        let delivery = json!({"subscriber": "s", "attempts": 2, "delays_s": [[-1]]});
        check(
            json!({"expect": {"deliveries": [delivery]}}),
            &[("expect.deliveries[0].delays_s[0][0]", "expected a whole number, 0 or more, found the number -1")],
        );
        let delivery = json!({"subscriber": "s", "attempts": 2, "delays_s": ["5"]});
        check(
            json!({"expect": {"deliveries": [delivery]}}),
            &[(
                "expect.deliveries[0].delays_s[0]",
                "expected a number or the list of those accepted, found the string \"5\"",
            )],
        );
    }

    #[test]
    fn an_array_is_no_object() {
        check(json!({"expect": []}), &[("expect", "expected an object, found an array")]);
        check(
            json!({"steps": [{"put_queue": ["q"]}]}),
            &[("steps[0].put_queue", "expected an object, found an array")],
        );
        let post = json!({"queue": "q", "messages": [[1]]});
        check(
            json!({"steps": [{"post": post}]}),
            &[("steps[0].post.messages[0]", "expected an object, found an array")],
        );
    }

    #[test]
    fn null_is_no_way_to_leave_a_key_out() {
        check(json!({"notes": null}), &[("notes", "expected a string, found null")]);
        check(json!({"steps": [{"advance": null}]}), &[("steps[0].advance", "expected a number, found null")]);
    }

    #[test]
    fn unknown_names_are_refused() {
        check(
            json!({"needs": ["confirmatoin", "simulated-network"]}),
            &[("needs[0]", "unknown capability `confirmatoin`")],
        );
        check(json!({"needs": [1]}), &[("needs[0]", "expected a string, found the number 1")]);
    }
}
