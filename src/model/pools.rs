//! Takes requests about pools, the stores that an operator gives a server to put queues in.
//! Gives them registered, described, changed and taken away; and whether a new queue finds one.
//! Never connects to a pool: whatever its address, everything stays in this process's memory.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::page::{QUEUE_LIMIT_TEXT, limit, links, parameter};
use super::repr::repr;
use super::{Caller, Model, done, invalid, unavailable};
use crate::protocol::{Deviation, Fault, FaultKind, Operation, Page, ProjectId, Reply};

/// The pools and flavors that administrators have registered.
#[derive(Clone, Debug, Default)]
pub(super) struct Catalogue {
    pub(super) pools: BTreeMap<String, Pool>,
    pub(super) flavors: BTreeSet<(ProjectId, String)>,
}

/// A registered pool.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    uri: String,
    weight: i64,
    pub(super) flavor: Option<String>,
    options: Map<String, Value>,
}

impl Catalogue {
    pub(super) fn pool_names(&self) -> impl Iterator<Item = &str> {
        self.pools.keys().map(String::as_str)
    }

    /// The pools of a flavor, in the order of their names.
    pub(super) fn pools_of(&self, flavor: &str) -> impl Iterator<Item = (&String, &Pool)> {
        self.pools.iter().filter(move |(_, pool)| pool.flavor.as_deref() == Some(flavor))
    }

    /// What the first pool of a flavor is capable of.
    pub(super) fn capabilities(&self, flavor: &str) -> &'static [&'static str] {
        self.pools_of(flavor).next().map_or(&[], |(_, pool)| pool.capabilities())
    }
}

impl Pool {
    /// Observed: zaqar 23.0.1; of stores other than MongoDB nothing says that they are durable.
    pub(super) fn capabilities(&self) -> &'static [&'static str] {
        match scheme(&self.uri) {
            "mongodb" => &["FIFO", "CLAIMS", "DURABILITY", "AOD", "HIGH_THROUGHPUT"],
            _ => &["FIFO", "CLAIMS", "AOD", "HIGH_THROUGHPUT"],
        }
    }

    fn document(&self, name: &str, detailed: bool) -> Value {
        let mut document = json!({
            "name": name, "uri": self.uri, "weight": self.weight, "flavor": self.flavor,
            "href": format!("/v2/pools/{name}"),
        });
        if detailed {
            document["options"] = self.options.clone().into();
        }
        document
    }
}

impl Model {
    pub(super) fn list_pools(&self, page: &Page, detailed: Option<bool>) -> Result<Reply, Fault> {
        let most = self.settings.options.max_pools_per_page;
        let pools = listed(page, most, self.catalogue.pools.keys().map(String::as_str))?;
        let links = links("/v2/pools", page, &details(detailed), pools.last());
        let document = |name: &&str| self.catalogue.pools[*name].document(name, detailed.unwrap_or_default());
        let pools: Vec<Value> = pools.iter().map(document).collect();
        Ok(done(200, None, Some(json!({"pools": pools, "links": links}))))
    }

    pub(super) fn show_pool(&self, name: &str, detailed: bool) -> Result<Reply, Fault> {
        let pool = self.catalogue.pools.get(name).ok_or_else(|| pool_missing(name))?;
        Ok(done(200, None, Some(pool.document(name, detailed))))
    }

    pub(super) fn create_pool(&mut self, name: String, document: &Value) -> Result<Reply, Fault> {
        self.check_admin_name(&name)?;
        let keys = check_pool(document)?;
        for (key, what) in [("uri", "'uri'"), ("weight", "'weight'")] {
            if !keys.contains_key(key) {
                return Err(bad_body(format!("{what} is a required property")));
            }
        }
        check_keys(keys, &FIELDS)?;
        check_reachable(keys)?;
        if self.stumbles_over_catalogue() {
            let text = "unsupported operand type(s) for +: 'dict' and 'str'";
            return Err(Fault::new(FaultKind::Internal, text));
        }
        self.check_uri_unused(&name, keys)?;
        let mut pool = Pool { uri: String::new(), weight: 0, flavor: None, options: Map::new() };
        pool.take(keys);
        let location = format!("/v2/pools/{name}");
        self.catalogue.pools.insert(name, pool);
        Ok(done(201, Some(location), None))
    }

    pub(super) fn update_pool(&mut self, name: &str, document: &Value) -> Result<Reply, Fault> {
        let keys = document.as_object().filter(|keys| FIELDS.iter().any(|field| keys.contains_key(*field)));
        if keys.is_none() {
            return Err(bad_body("One of `uri`, `weight`, `flavor`, or `options` needs to be specified"));
        }
        let keys = check_pool(document)?;
        check_reachable(keys)?;
        if self.stumbles_over_catalogue() {
            return Err(Fault::new(FaultKind::Internal, "'pl'"));
        }
        if self.catalogue.pools.contains_key(name) {
            self.check_uri_unused(name, keys)?;
        }
        let pool = self.catalogue.pools.get_mut(name).ok_or_else(|| pool_missing(name))?;
        pool.take(keys);
        Ok(done(200, None, Some(pool.document(name, false))))
    }

    /// The only pool of a flavor is not taken away. Source: api-ref, "Delete pool" (403).
    pub(super) fn delete_pool(&mut self, name: &str) -> Result<Reply, Fault> {
        let flavor = self.catalogue.pools.get(name).and_then(|pool| pool.flavor.as_deref());
        let in_use = flavor.filter(|flavor| !flavor.is_empty() && self.catalogue.pools_of(flavor).count() == 1);
        if let Some(flavor) = in_use.filter(|_| !self.settings.deviations.has(Deviation::SqlCatalogueCareless)) {
            let text = format!("This pool is used by flavors {flavor}; It cannot be deleted.");
            return Err(Fault::new(FaultKind::PoolInUse, text));
        }
        self.catalogue.pools.remove(name);
        Ok(done(204, None, None))
    }

    /// Two pools may not have one address: it would be counted twice. Source: api-ref, "Create pool" (409).
    fn check_uri_unused(&self, name: &str, keys: &Map<String, Value>) -> Result<(), Fault> {
        let uri = keys.get("uri").and_then(Value::as_str);
        let used = self.catalogue.pools.iter().any(|(other, pool)| other != name && Some(pool.uri.as_str()) == uri);
        match used {
            false => Ok(()),
            true if self.settings.deviations.has(Deviation::SqlCatalogueCareless) => {
                Err(Fault::new(FaultKind::Internal, pool_missing(name).description.unwrap_or_default()))
            }
            true => Err(Fault::new(FaultKind::Conflict, "The database URI is in use by another pool.")),
        }
    }

    /// What documents say of the names of pools and flavors. Source: api-ref, "Create pool", "Create flavor".
    pub(super) fn check_admin_name(&self, name: &str) -> Result<(), Fault> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let well_formed = (1..=64).contains(&name.len()) && name.bytes().all(allowed);
        if well_formed || self.settings.deviations.has(Deviation::PoolNamesUnchecked) {
            return Ok(());
        }
        Err(invalid("Names of pools and flavors have 1 to 64 ASCII letters, digits, underscores and hyphens."))
    }

    /// Whether what is asked of the catalogue breaks down whatever it is. Observed: zaqar 23.0.1 on Redis.
    pub(super) fn stumbles_over_catalogue(&self) -> bool {
        self.settings.options.management_store == "redis"
            && self.settings.deviations.has(Deviation::RedisCatalogueCrashes)
    }

    /// What a request is answered that needs a queue which no pool can take.
    pub(super) fn refuse_unpooled(&self, caller: &Caller, operation: &Operation) -> Option<Fault> {
        if !self.settings.options.pooling {
            return None;
        }
        let (queue, text) = match operation {
            Operation::PostMessages { queue, .. } => (queue, "Messages could not be enqueued."),
            Operation::CreateSubscription { queue, .. } => (queue, "Subscription could not be created."),
            Operation::ListSubscriptions { queue, .. } => (queue, "Subscriptions could not be listed."),
            _ => return None,
        };
        if self.queue(&caller.project, queue).is_some() || self.has_pool(None) {
            return None;
        }
        let crashes = self.settings.deviations.has(Deviation::NoPoolCrashesPosts);
        if crashes && matches!(operation, Operation::PostMessages { .. }) {
            return Some(Fault::new(FaultKind::Internal, "No pools registered"));
        }
        Some(Fault::new(FaultKind::ServiceUnavailable, format!("{text} Please try again in a few seconds.")))
    }

    /// Checks that a queue with this metadata finds a pool of its flavor. A flavor that nobody knows is answered as `kind`;
    /// where there is no pool, the queue could not be `done`.
    pub(super) fn check_flavor(
        &self,
        caller: &Caller,
        metadata: &Map<String, Value>,
        (kind, done): (FaultKind, &str),
    ) -> Result<(), Fault> {
        if !self.settings.options.pooling {
            return Ok(());
        }
        let flavor = metadata.get("_flavor").filter(|flavor| !flavor.is_null());
        let name = flavor.and_then(Value::as_str);
        if let Some(flavor) = flavor.filter(|_| !name.is_some_and(|name| self.has_flavor(caller, name))) {
            let shown = name.map_or_else(|| repr(flavor), str::to_owned);
            return Err(Fault::new(kind, format!("Flavor {shown} does not exist")));
        }
        if self.has_pool(name) {
            return Ok(());
        }
        Err(unavailable(&format!("Queue could not be {done}.")))
    }

    /// Whether there is a pool of this flavor, or one of none, to put a queue in. A weight of 0 takes no queues.
    fn has_pool(&self, flavor: Option<&str>) -> bool {
        let any = flavor.is_none() && self.settings.deviations.has(Deviation::SqlCatalogueCareless);
        let mut pools = self.catalogue.pools.values();
        pools.any(|pool| pool.weight > 0 && (any || pool.flavor.as_deref().filter(|name| !name.is_empty()) == flavor))
    }
}

impl Pool {
    fn take(&mut self, keys: &Map<String, Value>) {
        if let Some(uri) = keys.get("uri").and_then(Value::as_str) {
            self.uri = uri.into();
        }
        if let Some(weight) = keys.get("weight").and_then(Value::as_i64) {
            self.weight = weight;
        }
        if let Some(flavor) = keys.get("flavor").and_then(Value::as_str) {
            self.flavor = Some(flavor.into());
        }
        if let Some(options) = keys.get("options").and_then(Value::as_object) {
            self.options.clone_from(options);
        }
    }
}

/// The page of names that a query asks for. Observed: zaqar 23.0.1.
pub(super) fn listed<'a>(page: &Page, most: i64, names: impl Iterator<Item = &'a str>) -> Result<Vec<&'a str>, Fault> {
    let limit = limit(page.limit, most, QUEUE_LIMIT_TEXT)?;
    let after = page.marker.as_deref().unwrap_or_default();
    Ok(names.filter(|name| *name > after).take(limit).collect())
}

/// The parameter that asks for details, where it was given.
pub(super) fn details(detailed: Option<bool>) -> Vec<String> {
    detailed.map(|detailed| parameter("detailed", if detailed { "true" } else { "false" })).into_iter().collect()
}

pub(super) fn pool_missing(name: impl std::fmt::Display) -> Fault {
    Fault::new(FaultKind::NotFound, format!("Pool {name} does not exist"))
}

pub(super) fn bad_body(text: impl Into<String>) -> Fault {
    Fault::new(FaultKind::InvalidRequestBody, text)
}

const FIELDS: [&str; 4] = ["weight", "flavor", "uri", "options"];

/// Checks what creating and changing a pool have in common, in the order of the reference, and says what is wrong as it
/// does: in the words of JSON Schema. Observed: zaqar 23.0.1, which adds the schema itself.
fn check_pool(document: &Value) -> Result<&Map<String, Value>, Fault> {
    let keys = object(document)?;
    for key in FIELDS {
        let Some(value) = keys.get(key) else { continue };
        let (fits, kind) = match key {
            "weight" => (value.is_i64(), "integer"),
            "options" => (value.is_object(), "object"),
            _ => (value.is_string(), "string"),
        };
        let shown = repr(value);
        if !fits {
            return Err(bad_body(format!("{shown} is not of type '{kind}'")));
        }
        if value.as_i64().is_some_and(|weight| weight < 0) {
            return Err(bad_body(format!("{shown} is less than the minimum of 0")));
        }
        if value.as_i64().is_some_and(|weight| weight > WEIGHT_MAX) {
            return Err(bad_body(format!("{shown} is greater than the maximum of {WEIGHT_MAX}")));
        }
        if value.as_str().is_some_and(|text| text.chars().count() > 255) {
            return Err(bad_body(format!("{shown} is too long")));
        }
    }
    Ok(keys)
}

/// The document as an object.
pub(super) fn object(document: &Value) -> Result<&Map<String, Value>, Fault> {
    document.as_object().ok_or_else(|| bad_body(format!("{} is not of type 'object'", repr(document))))
}

/// Refuses a document with any other key than these.
pub(super) fn check_keys(keys: &Map<String, Value>, known: &[&str]) -> Result<(), Fault> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(bad_body(format!("Additional properties are not allowed ('{key}' was unexpected)"))),
    }
}

const WEIGHT_MAX: i64 = 4_294_967_295;

/// Nothing is connected to here, so a store can be reached if it is of a known kind.
fn check_reachable(keys: &Map<String, Value>) -> Result<(), Fault> {
    let Some(uri) = keys.get("uri").and_then(Value::as_str) else { return Ok(()) };
    if ["mongodb", "redis", "swift"].contains(&scheme(uri)) {
        return Ok(());
    }
    Err(bad_body(format!("cannot connect to {uri}")))
}

fn scheme(uri: &str) -> &str {
    uri.split_once(':').map_or("", |(scheme, _)| scheme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Settings;
    use crate::protocol::Deviations;

    /// Which flavors, or none, find one of these pools: weight and flavor each.
    fn check(deviations: Deviations, pools: &[(i64, Option<&str>)], flavor: Option<&str>, expected: bool) {
        let mut model = Model::new(Settings::new(deviations));
        for (number, (weight, flavor)) in pools.iter().enumerate() {
            let flavor = flavor.map(str::to_owned);
            let pool = Pool { uri: format!("redis:{number}"), weight: *weight, flavor, options: Map::new() };
            model.catalogue.pools.insert(number.to_string(), pool);
        }
        assert_eq!(model.has_pool(flavor), expected, "{pools:?} {flavor:?}");
    }

    #[test]
    fn a_queue_finds_a_pool_of_its_flavor_that_has_a_weight() {
        let none = Deviations::NONE;
        check(none, &[], None, false);
        check(none, &[(1, None)], None, true);
        check(none, &[(0, None)], None, false);
        check(none, &[(1, Some(""))], None, true);
        check(none, &[(1, Some("f"))], None, false);
        check(none.with(Deviation::SqlCatalogueCareless), &[(1, Some("f"))], None, true);
        check(none, &[(0, Some("f")), (1, Some("f"))], Some("f"), true);
        check(none, &[(1, None), (1, Some("g"))], Some("f"), false);
    }
}
