//! Takes the document of a request that creates or changes a subscription.
//! Gives what it asks for, checked in the order of the reference, or the fault that refuses it.
//! Never looks at what is stored.

use serde_json::{Map, Value};

use super::subscriptions::scheme;
use super::{Settings, invalid};
use crate::policy::{self, Refusal, is_falsy};
use crate::protocol::{Deviation, Fault, FaultKind, SubscriptionId};
use crate::time::Instant;

/// Seconds a subscription lives at least. Source: api-ref, "Create Subscription", ttl.
const TTL_MIN_S: i64 = 60;
/// The last second of the calendar, counted from 1970. Observed: zaqar 23.0.1.
const LAST_SECOND: i64 = 253_402_300_799;

/// What a document asks of a subscription; nothing stands for a key that it leaves out.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) subscriber: Option<String>,
    pub(super) ttl_s: Option<i64>,
    pub(super) options: Option<Value>,
    /// The reference breaks down over it, but only when it is about to store it.
    pub(super) crashes: bool,
}

impl Wish {
    /// Reads what creating and changing have in common. Source: api-ref, "Create Subscription", "Update Subscription";
    /// commit (the policy); observed: zaqar 23.0.1 (order and texts).
    pub(super) fn read(
        settings: &Settings,
        now: Instant,
        keys: &Map<String, Value>,
        unchecked: Deviation,
        crashed: &dyn Fn() -> Fault,
    ) -> Result<Self, Fault> {
        let mut wish = Self::default();
        let mut read = || {
            wish.read_subscriber(settings, keys.get("subscriber"))?;
            wish.read_options(settings, keys.get("options"), unchecked)?;
            wish.read_ttl(settings, now, keys.get("ttl"))
        };
        read().map_err(|refusal| match refusal {
            Refusal::Invalid(text) => invalid(text),
            Refusal::Crash(_) => crashed(),
        })?;
        Ok(wish)
    }

    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.subscriber.is_none() && self.ttl_s.is_none() && self.options.is_none() && !self.crashes
    }

    fn read_subscriber(&mut self, settings: &Settings, subscriber: Option<&Value>) -> Result<(), Refusal> {
        let has = |deviation| settings.deviations.has(deviation);
        let odd = has(Deviation::OddSubscriptionCrashes);
        match subscriber {
            None => Ok(()),
            Some(Value::String(uri)) if is_supported(uri, settings) && !(odd && is_broken(uri)) => {
                self.subscriber = Some(uri.clone());
                Ok(())
            }
            Some(Value::String(uri)) if odd && is_broken(uri) => Err(crash()),
            // It can't be created, and a change to it is stored.
            Some(Value::String(uri)) if uri.is_empty() && has(Deviation::EmptySubscriberStopsPosts) => {
                self.subscriber = Some(String::new());
                Ok(())
            }
            Some(falsy) if odd && is_falsy(falsy) => {
                self.crashes = true;
                Ok(())
            }
            Some(Value::String(_)) => Err(Refusal::Invalid(unsupported(settings))),
            Some(_) if odd => Err(crash()),
            Some(_) => Err(Refusal::Invalid(unsupported(settings))),
        }
    }

    fn read_options(
        &mut self,
        settings: &Settings,
        options: Option<&Value>,
        unchecked: Deviation,
    ) -> Result<(), Refusal> {
        let deviations = settings.deviations;
        let Some(options) = options else { return Ok(()) };
        let falsy = is_falsy(options) && deviations.has(Deviation::FalsyOptionsAccepted);
        if !options.is_object() && !falsy {
            return Err(Refusal::Invalid("Options must be a dict.".into()));
        }
        let policy = options.get("_retry_policy").filter(|_| !deviations.has(unchecked));
        policy.map_or(Ok(()), |policy| policy::validate(policy, deviations))?;
        self.options = Some(options.clone());
        Ok(())
    }

    fn read_ttl(&mut self, settings: &Settings, now: Instant, ttl: Option<&Value>) -> Result<(), Refusal> {
        let has = |deviation| settings.deviations.has(deviation);
        let refuse = |text: &str| Err(Refusal::Invalid(text.into()));
        let ttl_s = match ttl {
            None => return Ok(()),
            Some(ttl) if is_falsy(ttl) && has(Deviation::SubscriptionTtlZeroCrashes) => {
                self.ttl_s = ttl.as_i64();
                self.crashes |= self.ttl_s.is_none();
                return Ok(());
            }
            Some(Value::Bool(true)) if has(Deviation::BooleansPassAsIntegers) => 1,
            Some(ttl) => match ttl.as_i64() {
                Some(ttl_s) => ttl_s,
                None => return refuse("TTL must be an integer."),
            },
        };
        if ttl_s < TTL_MIN_S {
            return refuse("The TTL for a subscription must be at least 60 seconds long.");
        }
        let today = i64::try_from(settings.since_1970(now).as_secs()).unwrap_or(LAST_SECOND);
        if ttl_s > LAST_SECOND - today {
            return refuse(
                "The TTL seconds for a subscription plus current time must be less than 9999-12-31 23:59:59.999999.",
            );
        }
        self.ttl_s = Some(ttl_s);
        Ok(())
    }
}

fn is_supported(uri: &str, settings: &Settings) -> bool {
    settings.options.subscriber_types.contains(&scheme(uri))
}

fn unsupported(settings: &Settings) -> String {
    let types: Vec<String> = settings.options.subscriber_types.iter().map(|one| format!("'{one}'")).collect();
    format!("The subscriber type of subscription must be supported in the list [{}].", types.join(", "))
}

/// Whether the brackets of an address do not match, over which the reference breaks down. Observed: zaqar 23.0.1.
fn is_broken(uri: &str) -> bool {
    let host = uri.split_once("//").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host.contains('[') != host.contains(']')
}

fn crash() -> Refusal {
    Refusal::Crash(String::new())
}

/// What a client sees where the reference breaks down over a new subscription. Observed: zaqar 23.0.1.
pub(super) fn crashed() -> Fault {
    let text = "Subscription could not be created. Please try again in a few seconds.";
    Fault::new(FaultKind::ServiceUnavailable, text)
}

/// What a client sees where the reference breaks down over a stored one. Observed: zaqar 23.0.1.
pub(super) fn could_not(kind: FaultKind, id: &SubscriptionId, what: &str) -> Fault {
    Fault::new(kind, format!("Subscription {id} could not be {what}."))
}

/// What creating and changing a subscription answer differs by the blank between the sentences. Observed: zaqar 23.0.1.
pub(super) fn already_exists(blank: &str) -> Fault {
    let unique = "Subscriptions are unique by project + queue + subscriber URI.";
    Fault::new(FaultKind::Conflict, format!("Such subscription already exists.{blank}{unique}"))
}
