//! Takes the types of the file format.
//! Gives the JSON Schemas that editors check scenario files and the register with.
//! Never stricter than the parser: what it accepts, they accept.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::file::{AnswerFile, ScenarioFile};
use super::register::Requirement;
use super::script::UNITS;
use super::step::ACTIONS;
use crate::protocol::{Deviation, Origin};

/// The schema of scenario files, as `scenario.schema.json` holds it.
pub fn schema() -> String {
    let mut schema = generate::<ScenarioFile>("A scenario of zaqarcheck, format 1");
    allow_references(&mut schema);
    pretty(&schema)
}

/// The schema of another kind of file, generated from the type that reads it.
pub fn schema_of<T: JsonSchema>(title: &str) -> String {
    pretty(&generate::<T>(title))
}

/// The schema of the register, as `requirements.schema.json` holds it.
pub fn register_schema() -> String {
    schema_of::<Vec<Requirement>>("The requirements that scenarios of zaqarcheck cite")
}

pub(crate) fn generate<T: JsonSchema>(title: &str) -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>().to_value();
    schema["title"] = title.into();
    schema
}

pub(crate) fn pretty(schema: &Value) -> String {
    format!("{schema:#}\n")
}

/// A step has exactly one action; the type says so by many options, the schema by this.
pub(super) fn exactly_one_action(schema: &mut Schema) {
    exactly_one(schema, ACTIONS);
}

/// A subscription goes to a subscriber of the scenario or to a literal address.
pub(super) fn either_to_or_uri(schema: &mut Schema) {
    exactly_one(schema, &["to", "uri"]);
}

fn exactly_one(schema: &mut Schema, keys: &[&str]) {
    let alternatives = keys.iter().map(|key| json!({"required": [key]})).collect();
    schema.insert("oneOf".into(), Value::Array(alternatives));
}

/// No element twice.
pub(super) fn unique(schema: &mut Schema) {
    schema.insert("uniqueItems".into(), true.into());
}

/// The values of one axis of the matrix.
pub(super) struct Axis;

impl JsonSchema for Axis {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Axis".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "array", "minItems": 1, "uniqueItems": true})
    }
}

/// One entry of a script.
pub(super) struct BehaviourFile;

impl JsonSchema for BehaviourFile {
    fn schema_name() -> Cow<'static, str> {
        "Behaviour".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let answer = generator.subschema_for::<AnswerFile>();
        json_schema!({
            "description": "What the subscriber does with one attempt.",
            "anyOf": [
                {"type": "string", "pattern": behaviour_pattern()},
                {"description": "With parts from the matrix.", "type": "string", "pattern": REFERENCE_WITHIN},
                answer,
            ],
            "examples": ["status 503", "read_then_close", "hang 20s", "redirect 307 other"],
        })
    }
}

/// The name of a deviation that a scenario can catch.
pub(super) struct PlantedDeviation;

impl JsonSchema for PlantedDeviation {
    fn schema_name() -> Cow<'static, str> {
        "PlantedDeviation".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let planted = Deviation::ALL.iter().filter(|deviation| deviation.origin() == Origin::Planted);
        let alternatives: Vec<Value> =
            planted.map(|deviation| json!({"const": deviation.name(), "description": deviation.sentence()})).collect();
        json_schema!({"type": "string", "oneOf": alternatives})
    }
}

/// How long something takes, as a string.
pub(super) struct DurationText;

impl JsonSchema for DurationText {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": format!("^{}$|{REFERENCE_WITHIN}", duration_pattern())})
    }
}

/// An HTTP status.
#[derive(PartialEq)]
pub(super) struct Status;

impl JsonSchema for Status {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Status".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 100, "maximum": 999})
    }
}

/// Names of subscribers: they stand in addresses and in `redirect 307 name`.
pub(super) fn named(schema: &mut Schema) {
    schema.insert("propertyNames".into(), json!({"pattern": format!("^{NAME}$")}));
}

fn behaviour_pattern() -> String {
    let duration = duration_pattern();
    format!(
        "^(garbage|partial_reply|read_then_close|reset|(hang|refuse|slow_body) {duration}\
         |redirect 3[0-9][0-9] {NAME}|status [1-9][0-9][0-9])$"
    )
}

pub(crate) fn duration_pattern() -> String {
    let part = format!("[0-9]+({})", UNITS.join("|"));
    format!("{part}( {part})*")
}

/// Lets every value below the matrix also be a reference to an axis, which takes the type of its value.
fn allow_references(schema: &mut Value) {
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        for (_, definition) in definitions.iter_mut() {
            *definition = or_reference(definition.take());
        }
        definitions.insert(
            "Reference".into(),
            json!({
                "description": "The value of an axis of the matrix.",
                "type": "string",
                "pattern": REFERENCE
            }),
        );
    }
    for key in ["subscribers", "steps", "expect"] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{key}")) {
            *property = or_reference(property.take());
        }
    }
}

fn or_reference(mut schema: Value) -> Value {
    let Some(keywords) = schema.as_object_mut() else { return schema };
    // In the types absence is an option; in the file `null` is a value like any other.
    if keywords.get("default") == Some(&Value::Null) {
        keywords.shift_remove("default");
    }
    for key in ["items", "additionalProperties"] {
        if let Some(child) = keywords.get_mut(key).filter(|child| child.is_object()) {
            *child = or_reference(child.take());
        }
    }
    if let Some(properties) = keywords.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(|property| *property = or_reference(property.take()));
    }
    if let Some(alternatives) = keywords.get_mut("anyOf").and_then(Value::as_array_mut) {
        alternatives.iter_mut().for_each(|alternative| *alternative = or_reference(alternative.take()));
    }
    if !keywords.get("type").is_some_and(|kind| kind != "string") {
        return schema;
    }
    // The description stays outside, where editors look for it.
    let outside: Map<String, Value> =
        ["description", "default"].into_iter().filter_map(|key| keywords.shift_remove_entry(key)).collect();
    let mut either = Value::Object(outside);
    either["anyOf"] = json!([schema, {"$ref": "#/$defs/Reference"}]);
    either
}

/// A string that is nothing but a reference.
const REFERENCE: &str = r"^\$\{[A-Za-z0-9_-]+\}$";

/// A string with a reference somewhere in it.
const REFERENCE_WITHIN: &str = r"\$\{[A-Za-z0-9_-]+\}";

/// The name of a subscriber.
const NAME: &str = "[A-Za-z0-9_.-]+";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_stand_for_anything_but_strings() {
        let schema = or_reference(json!({
            "type": "object",
            "properties": {"n": {"description": "d", "type": "integer"}, "s": {"type": "string"}, "any": true}
        }));
        assert_eq!(
            schema,
            json!({"anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "n": {"description": "d", "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/Reference"}]},
                        "s": {"type": "string"},
                        "any": true
                    }
                },
                {"$ref": "#/$defs/Reference"}
            ]})
        );
    }
}
