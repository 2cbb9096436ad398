//! Takes a case that is to be played in a project that all cases share.
//! Gives that project without the queues of the case.
//! Never deletes a queue that the case does not name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Access, Bindings, Error, client, fill};
use crate::scenario::{Case, MAIN_PROJECT};
use crate::wire::HttpRequest;

/// More pages of subscriptions than any case makes.
const PAGES_MAX: usize = 100;

/// Why the case can't be played in one project; nothing if it can.
pub(super) fn unable(case: &Case) -> Option<String> {
    let other = requests(case).find_map(|request| {
        let (_, project) = request.header("x-project-id")?.split_once('-')?;
        (project != MAIN_PROJECT).then(|| project.to_owned())
    });
    other.map(|other| format!("the target is one project, and the case has another one, {other}"))
}

/// Deletes the queues that the case names, and their subscriptions: a queue that is deleted leaves those behind.
/// Observed: zaqar 23.0.1.
pub(super) async fn sweep(case: &Case, address: &str, access: &Access) -> Result<(), Error> {
    for queue in queues(case) {
        let subscriptions = format!("{queue}/subscriptions");
        for _ in 0..PAGES_MAX {
            let (_, listed) = ask("GET", &subscriptions, address, access).await?;
            let listed = listed.as_ref().and_then(|listed| listed.get("subscriptions")?.as_array());
            let ids: Vec<&str> = listed.into_iter().flatten().filter_map(|one| one.get("id")?.as_str()).collect();
            if ids.is_empty() {
                break;
            }
            for id in ids {
                ask("DELETE", &format!("{subscriptions}/{id}"), address, access).await?;
            }
        }
        ask("DELETE", &queue, address, access).await?;
    }
    Ok(())
}

/// `/v2/queues/NAME` for each name, once.
fn queues(case: &Case) -> BTreeSet<String> {
    let queue = |request: HttpRequest| {
        let below = request.target.strip_prefix("/v2/queues/")?;
        let name = below.split(['/', '?']).next().filter(|name| !name.is_empty())?;
        Some(format!("/v2/queues/{name}"))
    };
    requests(case).filter_map(queue).collect()
}

/// What the client asks for in the case, but for what it does by pre-signed links.
fn requests(case: &Case) -> impl Iterator<Item = HttpRequest> {
    let bindings = Bindings::new("", case, std::collections::BTreeMap::new());
    let steps = case.steps.iter().filter(|step| step.action.asks());
    let requests = steps.map(move |step| fill(&step.action, &bindings));
    requests.filter(|request| request.header("url-signature").is_none())
}

async fn ask(method: &str, path: &str, address: &str, access: &Access) -> Result<(u16, Option<Value>), Error> {
    let project = access.project.clone().unwrap_or_default();
    let headers = [("client-id", CLIENT.to_owned()), ("x-project-id", project), ("accept", "application/json".into())];
    let mut request = HttpRequest {
        method: method.into(),
        target: path.into(),
        headers: headers.map(|(name, value)| (name.to_owned(), value)).to_vec(),
        ..HttpRequest::default()
    };
    access.admit(&mut request);
    let response = client::send(address, &request).await?;
    Ok((response.status, response.json()))
}

/// Who sweeps; any identity may.
const CLIENT: &str = "00000000-0000-4000-8000-000000000001";
