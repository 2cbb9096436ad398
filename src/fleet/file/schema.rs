//! Takes the keys of a world file.
//! Gives the JSON Schema that editors check such files with.
//! Never stricter than the reader: what it accepts, the schema accepts.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::keys::WorldKeys;
use crate::protocol::Profile;
use crate::scenario::{duration_pattern, generate, pretty};

/// The schema of world files, as `world.schema.json` holds it.
pub fn schema() -> String {
    pretty(&generate::<WorldKeys<'_>>("A world of deliveries for `zaqarcheck fleet`, format 1"))
}

macro_rules! values {
    ($($(#[doc = $doc:literal])* $name:ident = $schema:expr;)*) => {$(
        $(#[doc = $doc])*
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )*};
}

values! {
    /// What a request meets at a subscriber that does not work.
    AsText = json_schema!({"type": "string", "pattern": "^(refuse|hang|status [1-9][0-9][0-9])$"});
    /// The status of a request too many.
    CapacityStatus = failing_status();
    /// Who of a group gets a post.
    Deal = json_schema!({"type": "string", "enum": ["each", "one"]});
    /// A status that is no success.
    FailingStatus = failing_status();
    /// The version.
    Format = json_schema!({"type": "integer", "minimum": 1, "maximum": 1});
    /// How a delay is spread.
    JitterText = json_schema!({
        "type": "string",
        "pattern": "^(none|full|equal|mean-preserving|decorrelated|[1-9][0-9]?%|100%)$",
        "examples": ["none", "full", "20%"],
    });
    /// A rate.
    PerSecond = json_schema!({"type": "number", "exclusiveMinimum": 0});
    /// A policy: Zaqar's own rules say what it may hold.
    PolicyValue = json_schema!({});
    /// A part of all.
    Rate = json_schema!({"type": "number", "minimum": 0, "maximum": 1});
    /// Whose rules count.
    Rules = json_schema!({"type": "string", "enum": Profile::ALL.map(Profile::name)});
    /// A time.
    Time = json_schema!({"type": "string", "pattern": format!("^{}$", duration_pattern())});
    /// Times, or where they are.
    TraceValue = json_schema!({"anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "minItems": 1, "items": {"anyOf": [
            {"type": "number", "minimum": 0},
            {"type": "string", "pattern": format!("^{}$", duration_pattern())},
        ]}},
    ]});
    /// A number of workers.
    WorkersValue = json_schema!({"anyOf": [
        {"type": "integer", "minimum": 1, "maximum": u32::MAX},
        {"const": "unlimited"},
    ]});
}

fn failing_status() -> Schema {
    json_schema!({"type": "integer", "minimum": 100, "maximum": 999, "not": {"minimum": 200, "maximum": 399}})
}
