//! Takes an HTTP request.
//! Gives the protocol request it stands for, or the fault that answers it.
//! Never looks inside a document further than "is it JSON": the model does.

use uuid::Uuid;

use super::HttpRequest;
use super::route::Route;
use crate::protocol::{ClientId, Fault, FaultKind, ProjectId, Request};

/// Reads a request in the order in which Zaqar checks one: route, client, project, queue name, method, body.
/// Observed: zaqar 23.0.1.
///
/// # Errors
/// The fault to answer with.
pub fn decode(request: &HttpRequest) -> Result<Request, Fault> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let route = Route::find(path).ok_or(const { Fault::bare(FaultKind::NoRoute) })?;
    let client = client(request)?;
    let project = project(request)?;
    let operation = route.operation(request, query)?;
    let is_admin = request.header("x-roles").is_some_and(|roles| roles.split(',').any(|role| role.trim() == "admin"));
    Ok(Request { project, client, is_admin, operation })
}

fn client(request: &HttpRequest) -> Result<ClientId, Fault> {
    let client = request
        .header("client-id")
        .ok_or_else(|| Fault::new(FaultKind::MissingHeader, "The \"Client-Id\" header is required."))?;
    match Uuid::try_parse(client) {
        Ok(uuid) => Ok(ClientId::of_uuid(uuid)),
        Err(_) => Err(Fault::new(FaultKind::WrongUuid, "Malformed hexadecimal UUID.")),
    }
}

fn project(request: &HttpRequest) -> Result<ProjectId, Fault> {
    match request.header("x-project-id") {
        None => Err(Fault::new(FaultKind::MissingProject, "The header X-PROJECT-ID was missing")),
        Some("") => Err(Fault::new(FaultKind::EmptyProject, "The \"X-Project-ID\" header is empty.")),
        Some(text) => ProjectId::parse(text).ok_or_else(badly_named),
    }
}

pub(super) fn badly_named() -> Fault {
    Fault::new(FaultKind::InvalidQueueName, "The format of the submitted queue name or project id is not valid.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, target: &str, headers: &[(&str, &str)], body: &str, expected: Result<(), u16>) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let request = HttpRequest { method: method.into(), target: target.into(), headers, body: body.into() };
        let got = decode(&request).map(|_| ()).map_err(|fault| fault.kind.status());
        assert_eq!(got, expected, "{method} {target}");
    }

    const WHO: [(&str, &str); 2] = [("client-id", "4ef3da41-af53-4c07-96d5-7b89af752778"), ("x-project-id", "p")];

    #[test]
    fn checks_come_in_the_order_of_the_reference() {
        check("GET", "/v1/queues", &[], "", Err(404));
        check("GET", "/v2/queues/a b", &[], "", Err(400));
        check("HEAD", "/v2/queues/a", &[], "", Err(400));
        check("HEAD", "/v2/queues/a", &WHO, "", Err(405));
        check("PUT", "/v2/queues/a", &WHO, "", Ok(()));
        check("PUT", "/v2/queues/a", &WHO, "{", Err(400));
        check("PUT", "/v2/queues/a", &WHO, "3", Err(400));
        check("PUT", "/v2/queues/a", &WHO, "{\"n\": 9223372036854775808}", Err(400));
        check("PATCH", "/v2/queues/a", &WHO, "[]", Err(415));
        check("GET", "/v2/queues/a/subscriptions/x", &WHO, "", Err(404));
    }
}
