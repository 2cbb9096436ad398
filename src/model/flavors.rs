//! Takes requests about flavors, the kinds of pools that a tenant can choose for a queue.
//! Gives them registered, described, changed and taken away; the pools of a flavor know it by name.
//! Never lets a flavor name a pool that is not there.

use serde_json::{Map, Value, json};

use super::page::links;
use super::pools::{bad_body, check_keys, details, listed, object, pool_missing};
use super::repr::repr;
use super::{Caller, Model, done};
use crate::protocol::{Deviation, Fault, FaultKind, Page, Reply};

impl Model {
    pub(super) fn list_flavors(&self, caller: &Caller, page: &Page, detailed: Option<bool>) -> Result<Reply, Fault> {
        let own = self.catalogue.flavors.iter().filter(|(project, _)| *project == caller.project);
        let most = self.settings.options.max_flavors_per_page;
        let names = listed(page, most, own.map(|(_, name)| name.as_str()))?;
        let mut links = links("/v2/flavors", page, &[], names.last());
        if let (Some(link), Some(more)) = (links.first_mut(), details(detailed).first()) {
            link["href"] = format!("{}&{more}", link["href"].as_str().unwrap_or_default()).into();
        }
        let entry = |name: &&str| {
            let mut entry = json!({"name": name, "href": format!("/v2/flavors/{name}")});
            let pools = self.pools_of_flavor(name);
            if pools != json!([]) {
                entry["pool_list"] = pools;
            }
            if detailed == Some(true) {
                entry["capabilities"] = json!(self.catalogue.capabilities(name));
            }
            entry
        };
        let flavors: Vec<Value> = names.iter().map(entry).collect();
        Ok(done(200, None, Some(json!({"flavors": flavors, "links": links}))))
    }

    pub(super) fn show_flavor(&self, caller: &Caller, name: &str) -> Result<Reply, Fault> {
        if !self.has_flavor(caller, name) {
            return Err(flavor_missing(name));
        }
        Ok(done(200, None, Some(self.flavor_document(name))))
    }

    pub(super) fn create_flavor(&mut self, caller: &Caller, name: String, document: &Value) -> Result<Reply, Fault> {
        self.check_admin_name(&name)?;
        let keys = check_flavor(document)?;
        let none = || bad_body(format!("{} is not valid under any of the given schemas", repr(document)));
        let pools = keys.get("pool_list").ok_or_else(none)?;
        check_keys(keys, &["capabilities", "pool_list"])?;
        let path = format!("/v2/flavors/{name}");
        let refused = |text: String| {
            Fault::new(FaultKind::UnableToCreate, format!("Flavor {name} could not be created, error:{text}"))
        };
        let pools = self.check_pools(pools, &path, refused)?;
        self.catalogue.flavors.insert((caller.project.clone(), name.clone()));
        self.give_flavor(&name, &pools);
        Ok(done(201, Some(path), None))
    }

    pub(super) fn update_flavor(&mut self, caller: &Caller, name: &str, document: &Value) -> Result<Reply, Fault> {
        let pools = document.get("pool_list").ok_or_else(|| bad_body("`pool_list` needs to be specified"))?;
        check_flavor(document)?;
        let path = format!("/v2/flavors/{name}");
        if *pools != json!([]) && !self.has_flavor(caller, name) {
            return Err(flavor_missing(name));
        }
        let refused =
            |text: String| Fault::new(FaultKind::UpdateFailed, format!("Flavor {name} cant be updated, error:{text}"));
        let pools = self.check_pools(pools, &path, refused)?;
        self.take_flavor(name);
        self.give_flavor(name, &pools);
        let mut answer = self.flavor_document(name);
        answer["pool_list"] = json!(pools);
        Ok(done(200, None, Some(answer)))
    }

    pub(super) fn delete_flavor(&mut self, caller: &Caller, name: &str) -> Reply {
        self.take_flavor(name);
        self.catalogue.flavors.remove(&(caller.project.clone(), name.to_owned()));
        done(204, None, None)
    }

    pub(super) fn has_flavor(&self, caller: &Caller, name: &str) -> bool {
        self.catalogue.flavors.contains(&(caller.project.clone(), name.to_owned()))
    }

    fn flavor_document(&self, name: &str) -> Value {
        json!({
            "name": name, "capabilities": self.catalogue.capabilities(name),
            "pool_list": self.pools_of_flavor(name), "href": format!("/v2/flavors/{name}"),
        })
    }

    fn pools_of_flavor(&self, name: &str) -> Value {
        self.catalogue.pools_of(name).map(|(pool, _)| pool.as_str()).collect()
    }

    /// The pools that a flavor is to have, all of them registered.
    fn check_pools(&self, pools: &Value, path: &str, refused: impl Fn(String) -> Fault) -> Result<Vec<String>, Fault> {
        let pools = pools.as_array().map(Vec::as_slice).unwrap_or_default();
        if pools.is_empty() {
            return Err(Fault::new(FaultKind::UnableToCreate, "Bad Request").at(path));
        }
        if self.stumbles_over_catalogue() {
            return Err(Fault::new(FaultKind::Internal, "'pl'"));
        }
        let registered = |pool: &Value| {
            let name = pool.as_str().filter(|name| self.catalogue.pools.contains_key(*name));
            let missing = || pool_missing(pool.as_str().map_or_else(|| repr(pool), str::to_owned));
            name.map(str::to_owned).ok_or_else(|| refused(missing().description.unwrap_or_default()))
        };
        pools.iter().map(registered).collect()
    }

    fn give_flavor(&mut self, flavor: &str, pools: &[String]) {
        for (_, pool) in self.catalogue.pools.iter_mut().filter(|(name, _)| pools.contains(name)) {
            pool.flavor = Some(flavor.into());
        }
    }

    /// Observed: zaqar 23.0.1, which leaves an empty name behind in its SQL store.
    fn take_flavor(&mut self, flavor: &str) {
        let left = self.settings.deviations.has(Deviation::SqlCatalogueCareless).then(String::new);
        for pool in self.catalogue.pools.values_mut().filter(|pool| pool.flavor.as_deref() == Some(flavor)) {
            pool.flavor.clone_from(&left);
        }
    }
}

fn flavor_missing(name: &str) -> Fault {
    Fault::new(FaultKind::NotFound, format!("Flavor {name} does not exist"))
}

/// Checks what creating and changing a flavor have in common. Observed: zaqar 23.0.1, which adds the schema itself.
fn check_flavor(document: &Value) -> Result<&Map<String, Value>, Fault> {
    let keys = object(document)?;
    for (key, fits, kind) in
        [("pool_list", Value::is_array as fn(&Value) -> bool, "array"), ("capabilities", Value::is_object, "object")]
    {
        if let Some(value) = keys.get(key).filter(|value| !fits(value)) {
            return Err(bad_body(format!("{} is not of type '{kind}'", repr(value))));
        }
    }
    Ok(keys)
}
