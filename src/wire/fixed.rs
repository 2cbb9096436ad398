//! Takes nothing but what the operator set.
//! Gives the answers that are the same for everybody: the versions, the home document, which methods a resource takes.
//! Never asks the model.

use serde_json::{Map, Value, json};

use super::HttpResponse;
use super::encode::with_body;
use crate::model::Settings;
use crate::protocol::Deviation;
use Part::{Admin, Base, Forgotten, Mistaken};

/// The versions of the API. Source: api-ref, "List major versions".
pub(super) fn versions() -> HttpResponse {
    let document = json!({"versions": [{
        "id": "2",
        "status": "CURRENT",
        "updated": "2014-9-24T04:06:47Z",
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.messaging-v2+json",
        }],
        "links": [{"href": "/v2/", "rel": "self"}],
    }]});
    with_body(HttpResponse { status: 300, ..HttpResponse::default() }, "application/json", document.to_string())
}

/// Which methods a resource takes. A request that fails a check learns nothing and is not refused either: the reference
/// replaces every refusal of this method. Observed: zaqar 23.0.1.
pub(super) fn options(methods: &[&str], passed: bool) -> HttpResponse {
    let response = HttpResponse { status: 200, ..HttpResponse::default() };
    if !passed {
        return response;
    }
    let mut response = with_body(response, "application/json", String::new());
    response.headers.push(("allow".into(), methods.join(", ")));
    response
}

/// What the API offers, for programs that find their way through it. Source: draft-nottingham-json-home-03; what stands
/// in it, observed: zaqar 23.0.1.
pub(super) fn home_document(settings: &Settings) -> HttpResponse {
    let incomplete = settings.deviations.has(Deviation::HomeDocumentIncomplete);
    let served = |entry: &&Entry| match entry.part {
        Base => true,
        Admin => settings.options.admin_mode,
        Forgotten => !incomplete,
        Mistaken => incomplete,
    };
    let resources: Map<String, Value> =
        ENTRIES.iter().filter(served).map(|entry| (format!("rel/{}", entry.name), entry.document())).collect();
    let headers = vec![("cache-control".into(), "max-age=86400".into())];
    let response = HttpResponse { status: 200, headers, ..HttpResponse::default() };
    with_body(response, "application/json-home", json!({ "resources": resources }).to_string())
}

/// One resource of the home document.
struct Entry {
    part: Part,
    name: &'static str,
    template: &'static str,
    /// Parameters that are not called what the template calls them.
    renamed: &'static [(&'static str, &'static str)],
    allow: &'static [&'static str],
}

/// Who says so.
enum Part {
    /// Every release, everywhere.
    Base,
    /// Every release, where administrators are served.
    Admin,
    /// What is served and not said.
    Forgotten,
    /// What is said otherwise than it is served.
    Mistaken,
}

impl Entry {
    fn document(&self) -> Value {
        let mut hints = json!({"allow": self.allow, "formats": {"application/json": {}}});
        let posts = self.allow.contains(&"POST") && !self.allow.contains(&"GET") || self.allow == ["PATCH"];
        if posts {
            hints["accept-post"] = json!(["application/json"]);
        }
        let vars = self.vars();
        match self.name {
            "health" => json!({"href": self.template, "hints": hints}),
            _ if vars.is_empty() => json!({"href-template": self.template, "hints": hints}),
            _ => json!({"href-template": self.template, "href-vars": vars, "hints": hints}),
        }
    }

    /// The names between braces, and what each stands for.
    fn vars(&self) -> Map<String, Value> {
        let in_braces = self.template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let names = in_braces.flat_map(|(names, _)| names.trim_start_matches('?').split(','));
        let more = (self.name == "subscriptions_post").then_some("limit");
        let stands_for = |name: &str| {
            let renamed = self.renamed.iter().find(|(from, _)| *from == name);
            Value::from(format!("param/{}", renamed.map_or(name, |(_, to)| to)))
        };
        names.chain(more).map(|name| (name.to_owned(), stands_for(name))).collect()
    }
}

const fn entry(
    part: Part,
    name: &'static str,
    template: &'static str,
    renamed: &'static [(&'static str, &'static str)],
    allow: &'static [&'static str],
) -> Entry {
    Entry { part, name, template, renamed, allow }
}

const ITEM: &[&str] = &["GET", "PUT", "PATCH", "DELETE"];
const QUEUE_LIMIT: &[(&str, &str)] = &[("limit", "queue_limit")];
const MESSAGES_LIMIT: &[(&str, &str)] = &[("limit", "messages_limit")];
const SUBSCRIPTION_LIMIT: &[(&str, &str)] = &[("limit", "subscription_limit")];

#[rustfmt::skip] // A table.
const ENTRIES: &[Entry] = &[
    entry(Mistaken, "queues", "/v2/queues{?marker,limit,detailed}", QUEUE_LIMIT, &["GET"]),
    entry(Forgotten, "queues", "/v2/queues{?marker,limit,detailed,name,with_count}", QUEUE_LIMIT, &["GET"]),
    entry(Base, "queue", "/v2/queues/{queue_name}", &[], &["GET", "PUT", "DELETE", "PATCH"]),
    entry(Base, "queue_stats", "/v2/queues/{queue_name}/stats", &[], &["GET"]),
    entry(Base, "queue_share", "/v2/queues/{queue_name}/share", &[], &["POST"]),
    entry(Base, "queue_purge", "/v2/queues/{queue_name}/purge", &[], &["POST"]),
    entry(Mistaken, "messages", "/v2/queues/{queue_name}/messages{?marker,limit,echo,include_claimed}", MESSAGES_LIMIT, &["GET"]),
    entry(Forgotten, "messages", "/v2/queues/{queue_name}/messages{?marker,limit,echo,include_claimed,include_delayed}", MESSAGES_LIMIT, &["GET"]),
    entry(Base, "post_messages", "/v2/queues/{queue_name}/messages", &[], &["POST"]),
    entry(Mistaken, "messages_delete", "/v2/queues/{queue_name}/messages{?ids,pop}", &[], &["DELETE"]),
    entry(Forgotten, "messages_delete", "/v2/queues/{queue_name}/messages{?ids,claim_ids,pop}", &[], &["DELETE"]),
    entry(Forgotten, "messages_get", "/v2/queues/{queue_name}/messages{?ids}", &[], &["GET"]),
    entry(Mistaken, "message_delete", "/v2/queues/{queue_name}/messages/{message_id}{?claim}", &[("claim", "claim_id")], &["DELETE"]),
    entry(Forgotten, "message_delete", "/v2/queues/{queue_name}/messages/{message_id}{?claim_id}", &[], &["DELETE"]),
    entry(Base, "message_get", "/v2/queues/{queue_name}/messages/{message_id}", &[], &["GET"]),
    entry(Base, "claim", "/v2/queues/{queue_name}/claims/{claim_id}", &[], &["GET"]),
    entry(Base, "post_claim", "/v2/queues/{queue_name}/claims{?limit}", &[("limit", "claim_limit")], &["POST"]),
    entry(Base, "patch_claim", "/v2/queues/{queue_name}/claims/{claim_id}", &[], &["PATCH"]),
    entry(Base, "delete_claim", "/v2/queues/{queue_name}/claims/{claim_id}", &[], &["DELETE"]),
    entry(Base, "subscriptions_get", "/v2/queues/{queue_name}/subscriptions{?marker,limit}", SUBSCRIPTION_LIMIT, &["GET"]),
    entry(Base, "subscriptions_post", "/v2/queues/{queue_name}/subscriptions", SUBSCRIPTION_LIMIT, &["POST"]),
    entry(Base, "subscription", "/v2/queues/{queue_name}/subscriptions/{subscriptions_id}", &[], &["GET", "DELETE"]),
    entry(Base, "subscription_patch", "/v2/queues/{queue_name}/subscriptions/{subscriptions_id}", &[], &["PATCH"]),
    entry(Forgotten, "subscription_confirm", "/v2/queues/{queue_name}/subscriptions/{subscriptions_id}/confirm", &[], &["PUT"]),
    entry(Forgotten, "topics", "/v2/topics{?marker,limit,detailed,name}", QUEUE_LIMIT, &["GET"]),
    entry(Forgotten, "topic", "/v2/topics/{topic_name}", &[], ITEM),
    entry(Forgotten, "topic_stats", "/v2/topics/{topic_name}/stats", &[], &["GET"]),
    entry(Forgotten, "topic_purge", "/v2/topics/{topic_name}/purge", &[], &["POST"]),
    entry(Forgotten, "topic_messages", "/v2/topics/{topic_name}/messages{?marker,limit,echo}", MESSAGES_LIMIT, &["GET", "POST", "DELETE"]),
    entry(Forgotten, "topic_message", "/v2/topics/{topic_name}/messages/{message_id}", &[], &["GET", "DELETE"]),
    entry(Forgotten, "topic_subscriptions", "/v2/topics/{topic_name}/subscriptions{?marker,limit}", SUBSCRIPTION_LIMIT, &["GET", "POST"]),
    entry(Forgotten, "topic_subscription", "/v2/topics/{topic_name}/subscriptions/{subscriptions_id}", &[], &["GET", "PATCH", "DELETE"]),
    entry(Forgotten, "topic_subscription_confirm", "/v2/topics/{topic_name}/subscriptions/{subscriptions_id}/confirm", &[], &["PUT"]),
    entry(Base, "ping", "/v2/ping", &[], &["GET"]),
    entry(Admin, "pools", "/v2/pools{?detailed,limit,marker}", &[("limit", "pool_limit")], &["GET"]),
    entry(Admin, "pool", "/v2/pools/{pool_name}", &[], ITEM),
    entry(Admin, "flavors", "/v2/flavors{?detailed,limit,marker}", &[("limit", "flavor_limit")], &["GET"]),
    entry(Admin, "flavor", "/v2/flavors/{flavor_name}", &[], ITEM),
    entry(Admin, "health", "/v2/health", &[], &["GET"]),
];
