//! Takes nothing.
//! Gives the scenario file (format 1) as types: serde reads them, and the published JSON Schema is generated from them.
//! Never accepts a key that is not enforced; `null` is a value, never a way to leave a key out.
//!
//! The expanded, checked counterparts of these types are in [`case`](super::case).

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::{self, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::confirmation::{ConfirmByLink, Confirmation};
use super::network::NetworkFile;
use super::schema::{Axis, BehaviourFile, DurationText, PlantedDeviation, Status};

/// One scenario: what the client does, how the subscribers answer, and what must be seen.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// Where editors find the schema; not used otherwise.
    #[serde(default, rename = "$schema", deserialize_with = "present")]
    #[schemars(with = "String")]
    pub schema: Option<String>,
    /// The version of this format.
    #[schemars(range(min = 1, max = 1))]
    pub format: u32,
    /// The behaviour under test, as a sentence without a full stop.
    #[schemars(length(min = 1), regex(pattern = r"[^.\s]\s*$"))]
    pub title: String,
    /// Ids from `scenarios/requirements.json`; the scenario's level is the highest among them.
    #[schemars(length(min = 1), transform = super::schema::unique)]
    pub requirements: Vec<String>,
    /// What a target must be able to do; a target that does not declare it is not applicable.
    #[serde(default)]
    #[schemars(transform = super::schema::unique)]
    pub needs: Vec<Capability>,
    /// Axes and their values: one case for every combination, `${axis}` is replaced in every string below.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Axis>")]
    pub matrix: BTreeMap<String, Vec<Value>>,
    /// The endpoints that receive notifications, by name.
    #[serde(default)]
    #[schemars(transform = super::schema::named)]
    pub subscribers: BTreeMap<String, SubscriberFile>,
    /// What the client does, in order.
    #[schemars(length(min = 1))]
    pub steps: Vec<StepFile>,
    /// What must be seen besides the answers to the steps.
    #[serde(default)]
    pub expect: Expect,
    /// Planted deviations that make this scenario fail; `lint` proves each.
    #[serde(default)]
    #[schemars(with = "Vec<PlantedDeviation>", transform = super::schema::unique)]
    pub killed_by: Vec<String>,
    /// For the reader.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pub notes: Option<String>,
}

/// What a target may or may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// The server asks subscribers to confirm before it delivers to them.
    Confirmation,
    /// The scenario's network can be cut, slowed and healed.
    SimulatedNetwork,
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmation => "confirmation",
            Self::SimulatedNetwork => "simulated-network",
        })
    }
}

/// A subscriber and the script it plays: one entry per attempt, the last one repeating.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriberFile {
    /// `"status 503"`, `"read_then_close"`, `"reset"`, `"refuse 12s"`, `"hang 20s"`, `"redirect 307 other"`,
    /// `"slow_body 2s"`, `"partial_reply"`, `"garbage"`, or an object with a status, headers, body and delay.
    #[schemars(with = "Vec<BehaviourFile>", length(min = 1))]
    pub script: Vec<Value>,
}

/// A complete answer of a subscriber, as an object in its script.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerFile {
    /// The status.
    #[schemars(with = "Status")]
    pub status: u16,
    /// Headers besides `content-length`, `connection` and `transfer-encoding`, which the body decides.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub body: String,
    /// How long the subscriber waits before it answers: `"2s"`, `"500ms"`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "DurationText")]
    pub delay: Option<String>,
}

/// One step: exactly one action, when to do it, and what its answer must be.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = super::schema::exactly_one_action)]
pub struct StepFile {
    /// `PUT /v2/queues/{queue}` with the metadata as body; without `metadata` the body is empty.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PutQueue")]
    pub put_queue: Option<PutQueue>,
    /// `GET /v2/queues/{queue}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfQueue")]
    pub get_queue: Option<OfQueue>,
    /// `PATCH /v2/queues/{queue}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PatchQueue")]
    pub patch_queue: Option<PatchQueue>,
    /// `DELETE /v2/queues/{queue}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfQueue")]
    pub delete_queue: Option<OfQueue>,
    /// `GET /v2/queues`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfProject")]
    pub list_queues: Option<OfProject>,
    /// `POST /v2/queues/{queue}/messages`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Post")]
    pub post: Option<Post>,
    /// `GET /v2/queues/{queue}/messages?echo=true`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfQueue")]
    pub list_messages: Option<OfQueue>,
    /// `POST /v2/queues/{queue}/subscriptions`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Subscribe")]
    pub subscribe: Option<Subscribe>,
    /// `GET /v2/queues/{queue}/subscriptions/{id}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfSubscription")]
    pub get_subscription: Option<OfSubscription>,
    /// `GET /v2/queues/{queue}/subscriptions`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ListSubscriptions")]
    pub list_subscriptions: Option<ListSubscriptions>,
    /// `PATCH /v2/queues/{queue}/subscriptions/{id}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "PatchSubscription")]
    pub patch_subscription: Option<PatchSubscription>,
    /// `PUT /v2/queues/{queue}/subscriptions/{id}/confirm`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Confirm")]
    pub confirm: Option<Confirm>,
    /// The request that a confirmation asks a subscriber to send, as the subscriber would send it: method, path,
    /// project and signature are those of the confirmation. Waits for it if it has not arrived.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ConfirmByLink")]
    pub confirm_by_link: Option<ConfirmByLink>,
    /// `DELETE /v2/queues/{queue}/subscriptions/{id}`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "OfSubscription")]
    pub delete_subscription: Option<OfSubscription>,
    /// Disrupts the simulated network, which the scenario `needs` then.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "NetworkFile")]
    pub network: Option<NetworkFile>,
    /// Waits this many seconds before the next step.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "f64", range(min = 0))]
    pub advance: Option<f64>,

    /// Seconds after the start of the case before which the step is not taken.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "f64", range(min = 0))]
    pub at_s: Option<f64>,
    /// What the answer must be; without it, any status from 200 to 299.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "ExpectedAnswer")]
    pub expect: Option<ExpectedAnswer>,
}

/// A request about the project as a whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfProject {
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
}

/// A request about a queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfQueue {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
}

/// Lists the subscriptions of a queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSubscriptions {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// How many entries to ask for, any whole number; nothing is asked for without it.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "i64")]
    pub limit: Option<i64>,
}

/// Creates a queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutQueue {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The metadata, any JSON.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub metadata: Option<Value>,
}

/// Changes a queue's metadata.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchQueue {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The patch document: an array of `{"op", "path", "value"}`, or any JSON that is refused.
    pub changes: Value,
}

/// Posts messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The messages, in order. Numbered through the whole scenario from 0; no two may have equal bodies.
    #[schemars(length(min = 1))]
    pub messages: Vec<NewMessage>,
}

/// One message.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The body, any JSON.
    pub body: Value,
    /// Seconds to live, any JSON.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub ttl: Option<Value>,
}

/// Subscribes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = super::schema::either_to_or_uri)]
pub struct Subscribe {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The subscriber's name; its address is filled in.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pub to: Option<String>,
    /// A literal subscriber URI, any JSON, instead of `to`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub uri: Option<Value>,
    /// Seconds to live, any JSON.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub ttl: Option<Value>,
    /// The options, any JSON.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub options: Option<Value>,
    /// The name under which later steps speak of this subscription; the subscriber's name unless said otherwise.
    #[serde(default, deserialize_with = "present", rename = "as")]
    #[schemars(with = "String")]
    pub name: Option<String>,
}

/// A request about a subscription made earlier.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfSubscription {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The name given by an earlier `subscribe`.
    pub subscription: String,
}

/// Changes a subscription.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchSubscription {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The name given by an earlier `subscribe`.
    pub subscription: String,
    /// The body, any JSON.
    pub changes: Value,
}

/// Confirms or unsubscribes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The queue's name.
    pub queue: String,
    /// The tenant, `"main"` unless said otherwise; each name is a project of its own in every run.
    #[serde(default = "main_project")]
    pub project: String,
    /// The name given by an earlier `subscribe`.
    pub subscription: String,
    /// The value sent as `confirmed`, any JSON.
    pub confirmed: Value,
}

/// What the answer to a step must be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAnswer {
    /// The status, or a list of those accepted.
    #[schemars(with = "OneOrMany<Status>")]
    pub status: OneOrMany<u16>,
    /// Parts of the body: every key listed must be there and match, keys not listed are free.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub body: Option<Value>,
}

/// What must be seen besides the answers to the steps.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// One entry for each message or confirmation and the subscriber that it is to meet; what is listed nowhere must
    /// not arrive.
    #[serde(default)]
    pub deliveries: Vec<ExpectedDelivery>,
    /// The order in which messages arrive at a subscriber, every attempt counted, by message number; confirmations
    /// are not counted.
    #[serde(default)]
    pub arrivals: BTreeMap<String, Vec<usize>>,
    /// Seconds of silence after the last attempt that make a count mean something; 35 unless said otherwise.
    #[serde(default = "default_quiet_s")]
    #[schemars(range(min = 0))]
    pub quiet_s: f64,
}

/// How one message, or every confirmation of one type, is delivered to one subscriber.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedDelivery {
    /// The subscriber's name.
    pub subscriber: String,
    /// The message's number, counted through the whole scenario from 0; 0 unless said otherwise.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "usize")]
    pub message: Option<usize>,
    /// The type of the confirmations, instead of a message: all those that this subscriber is sent, in one row.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Confirmation")]
    pub confirmation: Option<Confirmation>,
    /// How many requests arrive in all, the first included.
    pub attempts: u32,
    /// Seconds from the end of each attempt to the arrival of the next, one fewer than attempts; a list inside the
    /// list names the values accepted at that place.
    #[serde(default)]
    pub delays_s: Vec<OneOrMany<u64>>,
    /// Seconds from the post to the first arrival, where that is not at once.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "f64", range(min = 0))]
    pub first_at_s: Option<f64>,
    /// Parts of the JSON body of every request: keys listed must be there and match.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Value")]
    pub body: Option<Value>,
    /// The exact text of the body of every request.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pub body_text: Option<String>,
    /// Headers of every request: those listed must be there with this value.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// One value, or the list of those accepted.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum OneOrMany<T> {
    /// Only this value.
    One(T),
    /// Any of these values.
    Many(#[schemars(length(min = 1))] Vec<T>),
}

impl<T: PartialEq> OneOrMany<T> {
    /// The accepted values.
    pub fn accepted(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// By hand, because an untagged enum forgets which element of the list is wrong.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Both<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Both<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or the list of those accepted")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                T::deserialize(number.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(elements)).map(OneOrMany::Many)
            }
        }

        deserializer.deserialize_any(Both(PhantomData))
    }
}

/// The tenant of a step that names none.
pub const MAIN_PROJECT: &str = "main";

fn main_project() -> String {
    MAIN_PROJECT.into()
}

impl Default for Expect {
    fn default() -> Self {
        Self { deliveries: Vec::new(), arrivals: BTreeMap::new(), quiet_s: default_quiet_s() }
    }
}

fn default_quiet_s() -> f64 {
    35.0
}

/// Reads a value that is there, `null` included, instead of taking `null` for absent as serde does for options.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
