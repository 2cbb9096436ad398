//! Takes a document, and the path of a field such as `subscribers.hook.down[0].until`.
//! Gives the document with another value there.
//! Never makes a part of a path that is not there: a slip would go unheard.

use serde_json::Value;

use crate::spelling::hint;

/// Sets a field. The last key of a path may be new: a default can be varied that is not written.
///
/// # Errors
/// Which part of the path is not there, and what is.
///
/// ```
/// use zaqarcheck::fleet::set_field;
/// let mut document = serde_json::json!({"sender": {"workers": 10}, "list": [1, 2]});
/// set_field(&mut document, "sender.workers", 20.into()).unwrap();
/// set_field(&mut document, "list[1]", 7.into()).unwrap();
/// assert_eq!(document, serde_json::json!({"sender": {"workers": 20}, "list": [1, 7]}));
/// ```
pub fn set_field(document: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let parts = parts(path)?;
    let (last, way) = parts.split_last().ok_or("the path is empty; write for example sender.workers")?;
    let mut place = document;
    let mut walked = String::new();
    for part in way {
        place = step(place, part, &walked)?;
        walked += &part.written(walked.is_empty());
    }
    match (last, place) {
        (Part::Key(key), Value::Object(keys)) => {
            keys.insert(key.clone(), value);
        }
        (part, place) => *step(place, part, &walked)? = value,
    }
    Ok(())
}

enum Part {
    Key(String),
    Index(usize),
}

impl Part {
    fn written(&self, first: bool) -> String {
        match self {
            Self::Key(key) if first => key.clone(),
            Self::Key(key) => format!(".{key}"),
            Self::Index(index) => format!("[{index}]"),
        }
    }
}

fn step<'v>(place: &'v mut Value, part: &Part, walked: &str) -> Result<&'v mut Value, String> {
    let at = if walked.is_empty() { "the file".to_owned() } else { format!("`{walked}`") };
    match (part, place) {
        (Part::Key(key), Value::Object(keys)) => {
            let known: Vec<String> = keys.keys().cloned().collect();
            let names = known.iter().map(String::as_str);
            let missing = format!("{at} has no `{key}`{}; it has {}", hint(key, names), known.join(", "));
            keys.get_mut(key).ok_or(missing)
        }
        (Part::Index(index), Value::Array(items)) => {
            let count = items.len();
            items.get_mut(*index).ok_or_else(|| format!("{at} has {count} entries, counted from 0, and no [{index}]"))
        }
        (Part::Key(key), _) => Err(format!("{at} has no keys, so no `{key}`")),
        (Part::Index(index), _) => Err(format!("{at} is no list, so there is no [{index}]")),
    }
}

fn parts(path: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for dotted in path.split('.') {
        let (key, indexes) = dotted.split_once('[').map_or((dotted, ""), |(key, rest)| (key, rest));
        if key.is_empty() {
            return Err("a key is missing in the path; write for example sender.workers".into());
        }
        parts.push(Part::Key(key.to_owned()));
        if indexes.is_empty() && !dotted.contains('[') {
            continue;
        }
        let inner = indexes.strip_suffix(']').ok_or_else(|| format!("`{dotted}` has a [ without its ]"))?;
        for index in inner.split("][") {
            let index = index.parse().map_err(|_| format!("[{index}] is no number of an entry"))?;
            parts.push(Part::Index(index));
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Result<Value, &str>) {
        let mut document = json!({"sender": {"workers": 10}, "down": [{"until": "3s"}], "seed": 1});
        let set = set_field(&mut document, path, json!(7)).map(|()| document);
        assert_eq!(set.as_ref().map_err(String::as_str), expected.as_ref().map_err(|e| *e), "{path}");
    }

    #[test]
    fn a_path_leads_to_its_field() {
        check("seed", Ok(json!({"sender": {"workers": 10}, "down": [{"until": "3s"}], "seed": 7})));
        check("down[0].until", Ok(json!({"sender": {"workers": 10}, "down": [{"until": 7}], "seed": 1})));
        check("down[0]", Ok(json!({"sender": {"workers": 10}, "down": [7], "seed": 1})));
        check(
            "sender.per_subscriber",
            Ok(json!({"sender": {"workers": 10, "per_subscriber": 7}, "down": [{"until": "3s"}], "seed": 1})),
        );
    }

    #[test]
    fn what_is_not_there_is_said() {
        check("sendr.workers", Err("the file has no `sendr`; did you mean sender?; it has sender, down, seed"));
        check("down[1].until", Err("`down` has 1 entries, counted from 0, and no [1]"));
        check("seed.x", Err("`seed` has no keys, so no `x`"));
        check("sender[0]", Err("`sender` is no list, so there is no [0]"));
        check("down[0", Err("`down[0` has a [ without its ]"));
        check("down[x]", Err("[x] is no number of an entry"));
        check("", Err("a key is missing in the path; write for example sender.workers"));
        check("a..b", Err("a key is missing in the path; write for example sender.workers"));
    }
}
