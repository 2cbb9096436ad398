//! Takes the document of a queue PATCH.
//! Gives the changes of the metadata that it asks for, or the first reason to refuse it.
//! Never changes the metadata of a queue: a change is made on a copy, and the whole is checked after the last.

use serde_json::{Map, Value};

use super::Settings;
use super::metadata::is_reserved;
use super::repr::repr;
use crate::protocol::{Deviation, Fault, FaultKind};

/// One operation on the metadata. Source: api-ref, "Update queue", and the JSON patch draft 10 it names.
pub(super) enum Change {
    Add(String, Value),
    Remove(String),
    Replace(String, Value),
}

impl Change {
    /// Changes metadata. A key that a queue shows without storing it can be replaced and removed as well.
    pub(super) fn apply(self, metadata: &mut Map<String, Value>, settings: &Settings) -> Result<(), Fault> {
        let known = |metadata: &Map<String, Value>, key: &str| metadata.contains_key(key) || is_reserved(key, settings);
        let absent = |verb, key| Fault::new(FaultKind::Conflict, format!("Can't {verb} non-existent object {key}."));
        match self {
            Self::Add(key, value) => {
                metadata.insert(key, value);
            }
            Self::Replace(key, value) if known(metadata, &key) => {
                metadata.insert(key, value);
            }
            Self::Replace(key, _) => return Err(absent("replace", key)),
            Self::Remove(key) if known(metadata, &key) => {
                metadata.shift_remove(&key);
            }
            Self::Remove(key) => return Err(absent("remove", key)),
        }
        Ok(())
    }
}

/// Reads the document; nothing is done unless all of it is well-formed. Observed: zaqar 23.0.1 (texts, order).
pub(super) fn read_changes(document: Option<Value>, settings: &Settings) -> Result<Vec<Change>, Fault> {
    match document {
        None => Err(refused("PATCH body could not be empty for update.")),
        Some(Value::Array(changes)) => changes.iter().map(|change| read_change(change, settings)).collect(),
        Some(_) if settings.deviations.has(Deviation::UnexpectedTypeCrashes) => {
            Err(super::unavailable("Request body could not be read."))
        }
        Some(_) => Err(refused("Request body must be a JSON array of operation objects.")),
    }
}

fn read_change(change: &Value, settings: &Settings) -> Result<Change, Fault> {
    let crashes = settings.deviations.has(Deviation::UnexpectedTypeCrashes);
    let change = change.as_object().ok_or_else(|| refused("Operations must be JSON objects."))?;
    let op = operation(change.get("op"))?;
    let path = match change.get("path") {
        Some(Value::String(path)) => path,
        Some(_) if crashes => return Err(super::unavailable("Queue could not be updated.")),
        _ => return Err(refused("Unable to find 'path' in JSON Schema change")),
    };
    let (root, key) = parts(path)?;
    let value = change.get("value").cloned();
    let missing = || refused(format!("Operation \"{op}\" requires a member named \"value\"."));
    let value = if op == "remove" { Value::Null } else { value.ok_or_else(missing)? };
    let any_root = op == "remove" && settings.deviations.has(Deviation::RemoveIgnoresRoot);
    if !any_root && root.to_lowercase() != "metadata" {
        return Err(refused("The root of path must be metadata, e.g /metadata/key."));
    }
    Ok(match op {
        "add" => Change::Add(key, value),
        "remove" => Change::Remove(key),
        _ => Change::Replace(key, value),
    })
}

fn operation(op: Option<&Value>) -> Result<&str, Fault> {
    let known = "It must be one of the following: add, remove, replace.";
    let written = match op {
        None | Some(Value::Null) => {
            return Err(refused(format!("Unable to find `op` in JSON Schema change. {known}")));
        }
        Some(Value::String(op)) if ["add", "remove", "replace"].contains(&op.as_str()) => return Ok(op),
        Some(Value::String(op)) => op.clone(),
        Some(op) => repr(op),
    };
    Err(refused(format!("Invalid operation: `{written}`. {known}")))
}

/// The root and the key that a path such as `/metadata/_retry_policy` names. Slashes before the root count as one, and
/// blanks around a part do not count. Source: the draft (escapes); observed: zaqar 23.0.1 (the rest).
fn parts(pointer: &str) -> Result<(String, String), Fault> {
    let Some(rest) = pointer.strip_prefix('/') else {
        return Err(refused(format!("Pointer `{pointer}` does not start with \"/\".")));
    };
    if has_adjacent_slashes(rest) {
        return Err(refused(format!("Pointer `{pointer}` contains adjacent \"/\".")));
    }
    if rest.ends_with('/') {
        return Err(refused(format!("Pointer `{pointer}` end with \"/\".")));
    }
    if rest.split('~').skip(1).any(|after| !after.starts_with(['0', '1'])) {
        let text = format!("Pointer `{pointer}` contains \"~\" not part of a recognized escape sequence.");
        return Err(refused(text));
    }
    let part = |part: &str| part.replace("~1", "/").replace("~0", "~").trim().to_owned();
    let parts: Vec<String> = pointer.trim_start_matches('/').split('/').map(part).collect();
    match <[String; 2]>::try_from(parts) {
        Ok([root, key]) => Ok((root, key)),
        Err(parts) => {
            let text = format!("Invalid JSON pointer for this resource: '/{}, e.g /metadata/key'", parts.join("/"));
            Err(refused(text))
        }
    }
}

/// Whether two slashes have nothing or only blanks between them.
fn has_adjacent_slashes(text: &str) -> bool {
    let mut parts = text.split('/');
    let (_, _) = (parts.next(), parts.next_back());
    parts.any(|part| part.trim().is_empty())
}

fn refused(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::InvalidRequestBody, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pointer: &str, expected: Result<(&str, &str), &str>) {
        let got = parts(pointer).map_err(|fault| fault.description.unwrap_or_default());
        let expected = expected.map(|(root, key)| (root.to_owned(), key.to_owned())).map_err(str::to_owned);
        assert_eq!(got, expected, "{pointer:?}");
    }

    #[test]
    fn a_pointer_has_two_parts() {
        check("/metadata/a", Ok(("metadata", "a")));
        check("//metadata/a", Ok(("metadata", "a")));
        check("/ metadata / a", Ok(("metadata", "a")));
        check("/metadata/a~1b~0c~01", Ok(("metadata", "a/b~c~1")));
        check("metadata/a", Err("Pointer `metadata/a` does not start with \"/\"."));
        check("/metadata//a", Err("Pointer `/metadata//a` contains adjacent \"/\"."));
        check("/metadata/ /a", Err("Pointer `/metadata/ /a` contains adjacent \"/\"."));
        check("/metadata/a/", Err("Pointer `/metadata/a/` end with \"/\"."));
        check("/metadata/a~2", Err("Pointer `/metadata/a~2` contains \"~\" not part of a recognized escape sequence."));
        check("/metadata/a~", Err("Pointer `/metadata/a~` contains \"~\" not part of a recognized escape sequence."));
        check("/", Err("Invalid JSON pointer for this resource: '/, e.g /metadata/key'"));
        check("/metadata/a/b", Err("Invalid JSON pointer for this resource: '/metadata/a/b, e.g /metadata/key'"));
    }
}
