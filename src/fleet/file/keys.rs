//! Takes the objects of a world file.
//! Gives a type for each: its keys, read by [`Keys`], and the JSON Schema, generated from the same lines.
//! Never says what a value has to be beyond its schema: whoever reads the value does.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::page::Spot;
use super::schema::{
    AsText, CapacityStatus, FailingStatus, Format, JitterText, PerSecond, PolicyValue, Rate, Rules, Time, TraceValue,
    WorkersValue,
};
use crate::scenario::OneOrMany;

/// An object whose keys are known.
pub(super) trait Keys<'a> {
    /// The keys, in the order of the documents.
    const KEYS: &'static [&'static str];

    /// The object made of what stands at its keys.
    fn pick(at: impl FnMut(&str) -> Option<Spot<'a>>) -> Self;
}

/// Objects by name.
type Named<T> = BTreeMap<String, T>;

macro_rules! keys {
    (
        $(#[doc = $about:literal])*
        $name:ident, requires $required:tt, one of $alternatives:tt {
            $($(#[doc = $doc:literal])* $field:ident $key:literal: $kind:ty $(= $default:tt)?,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug)]
        pub(super) struct $name<'a> {
            $($(#[doc = $doc])* pub $field: Option<Spot<'a>>,)*
        }

        impl<'a> Keys<'a> for $name<'a> {
            const KEYS: &'static [&'static str] = &[$($key,)*];

            fn pick(mut at: impl FnMut(&str) -> Option<Spot<'a>>) -> Self {
                Self { $($field: at($key),)* }
            }
        }

        impl JsonSchema for $name<'_> {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).trim_end_matches("Keys").into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut properties = Map::new();
                $(
                    let default: Option<Value> = None $(.or(Some(json!($default))))?;
                    let schema = generator.subschema_for::<$kind>();
                    properties.insert($key.into(), property(schema, concat!($($doc,)*), default));
                )*
                object(concat!($($about,)*), properties, &$required, &$alternatives)
            }
        }
    };
}

/// The same with the keys of a window, of which one of three sets is used.
macro_rules! windowed {
    (
        $(#[doc = $about:literal])*
        $name:ident, requires $required:tt { $($rest:tt)* }
    ) => {
        keys! {
            $(#[doc = $about])*
            $name, requires $required, one of [] {
                /// One window: it begins here, or with the world.
                from "from": Time = "0s",
                /// One window: it ends here; without it, it lasts to the horizon and beyond.
                until "until": Time,
                /// Windows that return: the first begins here.
                first "first": Time = "0s",
                /// Windows that return: from the beginning of one to that of the next.
                every "every": Time,
                /// Windows that return: how long each lasts.
                lasting "for": Time,
                /// Windows drawn at random: the mean time between two; exponential, and never at first.
                mean_up "mean_up": Time,
                /// Windows drawn at random: the mean time that one lasts, exponential.
                mean_down "mean_down": Time,
                $($rest)*
            }
        }
    };
}

keys! {
    /// A population of deliveries and all that happens to it. Times are texts such as `"20ms"`, `"100s"` or `"1h 30m"`,
    /// counted from the start of the world.
    WorldKeys, requires ["format", "subscribers", "arrivals"], one of [] {
        /// Where editors find the schema; not used otherwise.
        schema "$schema": String,
        /// The version of this format.
        format "format": Format,
        /// What the world is about, for the reader.
        title "title": String,
        /// From which every random draw follows: the same seed, the same world.
        seed "seed": u64 = 0,
        /// When watching ends. A delivery that is not over then is unfinished: neither delivered nor lost.
        horizon "horizon": Time = "1h",
        /// What the sender does where the documents and Zaqar 23.0.1 differ.
        rules "rules": Rules = "documented",
        /// The policies that subscribers name. One called `default` is there without being written: Zaqar's defaults,
        /// without jitter.
        policies "policies": Named<PolicyKeys<'static>>,
        /// The groups of subscribers, at least one.
        subscribers "subscribers": Named<SubscriberKeys<'static>>,
        /// The streams of posts, at least one.
        arrivals "arrivals": Vec<ArrivalKeys<'static>>,
        /// Who brings the messages to the subscribers; Zaqar's pool of ten workers without it.
        sender "sender": SenderKeys<'static>,
    }
}

keys! {
    /// A delivery policy, and what a sender could do to it that Zaqar does not.
    PolicyKeys, requires [], one of [] {
        /// The policy as Zaqar takes it under `_retry_policy`; a key that is left out has Zaqar's default.
        policy "policy": PolicyValue = {},
        /// How each delay is spread, as a what-if.
        jitter "jitter": JitterText = "none",
    }
}

keys! {
    /// A group of subscribers that behave alike.
    SubscriberKeys, requires [], one of [] {
        /// How many there are; each has its own random outages and its own capacity.
        count "count": NonZeroU32 = 1,
        /// Which of the policies counts for it.
        policy "policy": String = "default",
        /// How long a request takes that nothing delays; a refused connection takes as long.
        latency "latency": Time = "20ms",
        /// When it does not work.
        down "down": Vec<DownKeys<'static>> = [],
        /// When it answers some of the requests with an error.
        brownouts "brownouts": Vec<BrownoutKeys<'static>> = [],
        /// When it answers slowly.
        slow "slow": Vec<SlowKeys<'static>> = [],
        /// How many requests it can take; any number without it.
        capacity "capacity": CapacityKeys<'static>,
    }
}

windowed! {
    /// A time at which a subscriber does not work.
    DownKeys, requires [] {
        /// What a request meets: `"refuse"` (no connection), `"hang"` (no answer), or a status such as `"status 503"`.
        fails "as": AsText = "refuse",
    }
}

windowed! {
    /// A time at which a part of the requests is answered with an error.
    BrownoutKeys, requires ["rate"] {
        /// Which part, from 0 to 1.
        rate "rate": Rate,
        /// With which status.
        status "status": FailingStatus = 503,
    }
}

windowed! {
    /// A time at which answers take longer.
    SlowKeys, requires ["latency"] {
        /// How long a request takes then.
        latency "latency": Time,
    }
}

keys! {
    /// How many requests a subscriber can take before it fails.
    CapacityKeys, requires ["per_second"], one of [] {
        /// Requests a second; as many may come at once after a quiet second.
        per_second "per_second": NonZeroU32,
        /// What those beyond it are answered with.
        status "status": CapacityStatus = 503,
        /// After an outage the capacity grows from nothing to all of it in this time.
        cold "cold": Time = "0s",
    }
}

keys! {
    /// A stream of posts.
    ArrivalKeys, requires [], one of ["burst", "even", "poisson", "trace"] {
        /// The groups it is for; all of them without it.
        to "to": OneOrMany<String>,
        /// `each`: the members of a group subscribe to one queue, and each gets every post. `one`: they have queues of
        /// their own, and each post goes to one of them, drawn.
        deal "deal": super::schema::Deal = "each",
        /// How many messages a post holds.
        batch "batch": NonZeroU32 = 1,
        /// So many posts at once.
        burst "burst": BurstKeys<'static>,
        /// Posts at equal distances.
        even "even": EvenKeys<'static>,
        /// Posts independent of each other, so many a second in the mean.
        poisson "poisson": PoissonKeys<'static>,
        /// Posts at these times: an array, or the name of a file with one time in seconds on each line, relative to
        /// this file.
        trace "trace": TraceValue,
    }
}

keys! {
    /// So many posts at once.
    BurstKeys, requires ["posts"], one of [] {
        /// When.
        at "at": Time = "0s",
        /// How many.
        posts "posts": NonZeroU64,
    }
}

keys! {
    /// Posts at equal distances.
    EvenKeys, requires [], one of ["posts", "per_second"] {
        /// The first comes here.
        from "from": Time = "0s",
        /// The last comes before here; the horizon without it.
        until "until": Time,
        /// How many.
        posts "posts": NonZeroU64,
        /// How many a second.
        per_second "per_second": PerSecond,
    }
}

keys! {
    /// Posts independent of each other.
    PoissonKeys, requires ["per_second"], one of [] {
        /// From here.
        from "from": Time = "0s",
        /// Until before here; the horizon without it.
        until "until": Time,
        /// How many a second in the mean, in thousandths.
        per_second "per_second": PerSecond,
    }
}

keys! {
    /// Who brings the messages to the subscribers.
    SenderKeys, requires [], one of ["sleeping", "rescheduling"] {
        /// A pool of workers as Zaqar has it: a worker takes one post for one subscriber, brings its messages one after
        /// the other, and sleeps through the delays between attempts.
        sleeping "sleeping": SleepingKeys<'static>,
        /// Every message has a timer of its own, and takes a place only while its request is open.
        rescheduling "rescheduling": ReschedulingKeys<'static>,
    }
}

keys! {
    /// A pool of workers that sleep.
    SleepingKeys, requires [], one of [] {
        /// How many there are, or `"unlimited"`.
        workers "workers": WorkersValue = 10,
        /// How many of them may be with one subscriber; all of them without it.
        per_subscriber "per_subscriber": NonZeroU32,
        /// After how long a request is given up; never without it, as in Zaqar.
        timeout "timeout": Time,
    }
}

keys! {
    /// Timers instead of workers that sleep.
    ReschedulingKeys, requires [], one of [] {
        /// How many requests may be open at once; any number without it.
        in_flight "in_flight": NonZeroU32,
        /// How many of them to one subscriber; any number without it.
        per_subscriber "per_subscriber": NonZeroU32,
        /// After how long a request is given up; never without it.
        timeout "timeout": Time,
    }
}

fn property(schema: Schema, doc: &str, default: Option<Value>) -> Value {
    let mut schema = schema.to_value();
    schema["description"] = doc.trim().into();
    if let Some(default) = default {
        schema["default"] = default;
    }
    schema
}

fn object(about: &str, properties: Map<String, Value>, required: &[&str], one_of: &[&str]) -> Schema {
    let mut schema = json!({
        "description": about.trim(), "type": "object", "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if !one_of.is_empty() {
        schema["oneOf"] = one_of.iter().map(|key| json!({"required": [key]})).collect();
    }
    schema.try_into().expect("an object is a schema")
}
