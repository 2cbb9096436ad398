//! Takes an HTTP request.
//! Gives the protocol request it stands for, or the finished answer if it never reaches the model.
//! Never looks inside a document further than "is it JSON": the model does.

use percent_encoding::percent_decode_str;

use super::encode::refusal;
use super::fixed::{home_document, options, versions};
use super::route::{Resource, Route};
use super::{HttpRequest, HttpResponse, checks};
use crate::model::Settings;
use crate::protocol::{Deviation, Fault, FaultKind, QueueKind, Request, Transport};
use crate::time::Instant;

/// Reads a request in the order in which Zaqar checks one: route, pre-signed URL, form, Accept, client, project, name,
/// method, role, and then what the method takes. Observed: zaqar 23.0.1.
///
/// # Errors
/// The answer: a document that never changes, or a refusal.
pub fn decode(request: &HttpRequest, settings: &Settings, now: Instant) -> Result<Request, HttpResponse> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let path = percent_decode_str(path).decode_utf8_lossy();
    let route = Route::find(&path, &settings.options);
    let methods = route.as_ref().map(|route| route.resource.methods()).unwrap_or_default();
    let allowed = checks::signature(request, &path, settings, now);
    let answer = read(request, route, allowed, query, settings);
    if request.method == "OPTIONS" {
        return Err(options(methods, !matches!(answer, Err(Answer::Fault(_)))));
    }
    answer.map_err(|answer| match answer {
        Answer::Fault(fault) => refusal(fault, request),
        Answer::Home => home_document(settings),
        Answer::NotAllowed => {
            let mut response = refusal(Fault::bare(FaultKind::MethodNotAllowed), request);
            response.headers.push(("allow".into(), format!("{}, OPTIONS", methods.join(", "))));
            response
        }
        Answer::Versions => versions(),
    })
}

/// What a request is answered with if the model is not asked.
enum Answer {
    Fault(Fault),
    Home,
    NotAllowed,
    Versions,
}

impl From<Fault> for Answer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

fn read(
    request: &HttpRequest,
    route: Option<Route>,
    signed: Result<(), Fault>,
    query: &str,
    settings: &Settings,
) -> Result<Request, Answer> {
    let route = route.ok_or(const { Fault::bare(FaultKind::NoRoute) })?;
    signed?;
    checks::content_type(request)?;
    checks::accept(request)?;
    if matches!(route.resource, Resource::Versions) {
        return Err(if request.method == "GET" { Answer::Versions } else { Answer::NotAllowed });
    }
    let client = checks::client(request, settings)?;
    let project = checks::project(request)?;
    route.check_name(&project, settings.deviations)?;
    checks::method(request)?;
    if !route.resource.methods().contains(&request.method.as_str()) {
        return Err(Answer::NotAllowed);
    }
    let is_admin = checks::is_admin(request);
    if route.resource.is_for_admins(&request.method) && !is_admin {
        let text = "You are not authorized to complete this action.";
        return Err(Fault::new(FaultKind::NotAuthorized, text).into());
    }
    if matches!(route.resource, Resource::Home) {
        return Err(Answer::Home);
    }
    if let Some(handler) = route.resource.handler().filter(|_| route.kind == QueueKind::Topic)
        && settings.deviations.has(Deviation::TopicPartsCrash)
    {
        let method = request.method.to_lowercase();
        let text = format!("{handler}.on_{method}() got an unexpected keyword argument 'topic_name'");
        return Err(Fault::new(FaultKind::Internal, text).into());
    }
    let operation = route.resource.operation(route.kind, request, query, settings)?;
    Ok(Request { project, client, is_admin, transport: Transport::Http, operation })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Deviations;

    fn check(method: &str, target: &str, headers: &[(&str, &str)], body: &str, expected: Result<(), u16>) {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let request =
            HttpRequest { method: method.into(), target: target.into(), headers, body: body.to_owned().into() };
        let settings = Settings::new(Deviations::NONE);
        let got = decode(&request, &settings, Instant::START).map(|_| ()).map_err(|response| response.status);
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
    }

    #[test]
    fn a_path_is_read_after_its_escapes() {
        check("GET", "/v2/%71ueues", &WHO, "", Ok(()));
        check("GET", "/v2/queues/a%2Fmessages", &WHO, "", Ok(()));
        check("GET", "/v2/queues/a%2Fb", &WHO, "", Err(404));
        check("GET", "/v2/queues/", &WHO, "", Err(400));
        check("GET", "/v2/queues/%ff", &WHO, "", Err(400));
        check("GET", "/v2/queues/a%0A", &WHO, "", Err(400));
    }

    #[test]
    fn what_is_for_operators_is_not_there_unless_switched_on() {
        check("GET", "/v2/health", &WHO, "", Err(404));
        check("GET", "/v2/pools", &WHO, "", Err(404));
    }
}
