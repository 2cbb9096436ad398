//! Takes a request whose resource is known.
//! Gives who asks, or the fault of the first check that it fails.
//! Never reads a body.

use uuid::Uuid;

use super::HttpRequest;
use super::accept::takes_json;
use crate::model::{Claim, Settings, opens};
use crate::protocol::{ClientId, Deviation, Fault, FaultKind, Options, ProjectId};
use crate::time::Instant;

/// A body may be anything but a form. Observed: zaqar 23.0.1, which lets a form with a charset through.
pub(super) fn content_type(request: &HttpRequest) -> Result<(), Fault> {
    let has_body = request.header("content-length").is_some() || !request.body.is_empty();
    let is_form = |text: &str| text.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if has_body && request.header("content-type").is_some_and(is_form) {
        let text = "Endpoint does not accept `application/x-www-form-urlencoded` content; currently supported media \
                    type is `application/json`; specify proper client-side media type with the \"Content-Type\" header.";
        return Err(Fault::new(FaultKind::InvalidContentType, text));
    }
    Ok(())
}

/// The client has to take JSON.
pub(super) fn accept(request: &HttpRequest) -> Result<(), Fault> {
    if takes_json(request) {
        return Ok(());
    }
    let text =
        "Endpoint only serves `application/json`; specify client-side media type support with the \"Accept\" header.";
    Err(Fault::new(FaultKind::NotAcceptable, text))
}

/// The program that asks: a UUID, or any text of a certain length where the operator said so.
pub(super) fn client(request: &HttpRequest, settings: &Settings) -> Result<ClientId, Fault> {
    let text = request
        .header("client-id")
        .ok_or_else(|| Fault::new(FaultKind::MissingHeader, "The \"Client-Id\" header is required."))?;
    let options = &settings.options;
    let malformed = || Fault::new(FaultKind::WrongUuid, "Malformed hexadecimal UUID.");
    match uuid(text) {
        Some(uuid) if options.client_id_uuid_safe == "strict" => return Ok(ClientId::of_uuid(uuid)),
        None if options.client_id_uuid_safe == "strict" => return Err(malformed()),
        _ => {}
    }
    let misnamed = settings.deviations.has(Deviation::ClientIdLengthMisnamed);
    client_of_length(text, options).map_err(|fault| if misnamed { malformed() } else { fault })
}

/// The client, where any text of a certain length names one.
pub(super) fn client_of_length(text: &str, options: &Options) -> Result<ClientId, Fault> {
    let (min, max) = (options.min_length_client_id, options.max_length_client_id);
    if (min..=max).contains(&(text.chars().count() as i64)) {
        return Ok(client_of_any(text));
    }
    let text = format!("Length of client id must be at least {min} and no greater than {max}.");
    Err(Fault::new(FaultKind::InvalidApiRequest, text))
}

/// The client, where nobody looks at the text.
pub(super) fn client_of_any(text: &str) -> ClientId {
    uuid(text).map_or_else(|| ClientId::of_text(text), ClientId::of_uuid)
}

/// Dashes may stand anywhere or nowhere, braces and a prefix around. Observed: zaqar 23.0.1.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    if let Ok(usual) = Uuid::try_parse(text) {
        return Some(usual);
    }
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    if digits.len() == 32 { Uuid::try_parse(&digits).ok() } else { None }
}

/// The tenant.
pub(super) fn project(request: &HttpRequest) -> Result<ProjectId, Fault> {
    let text = request
        .header("x-project-id")
        .ok_or_else(|| Fault::new(FaultKind::MissingProject, "The header X-PROJECT-ID was missing"))?;
    ProjectId::parse(text).ok_or_else(|| {
        let text = "X-PROJECT-ID cannot be an empty string. Specify the right header X-PROJECT-ID and retry.";
        Fault::new(FaultKind::EmptyProject, text)
    })
}

/// A method that HTTP knows of is not allowed at most; any other makes no request. Observed: zaqar 23.0.1, which knows
/// those of WebDAV too.
pub(super) fn method(request: &HttpRequest) -> Result<(), Fault> {
    const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
    let known = METHODS.contains(&request.method.as_str());
    if known { Ok(()) } else { Err(Fault::new(FaultKind::BadMethod, "Invalid HTTP method")) }
}

/// Whether the request claims the role of an administrator; nobody checks the claim here.
pub(super) fn is_admin(request: &HttpRequest) -> bool {
    let roles = request.header("x-roles").unwrap_or_default();
    roles.split(',').any(|role| role.trim().eq_ignore_ascii_case("admin"))
}

/// A request that claims to use a pre-signed URL must: else nothing is there. Source: api-ref, "Pre-signed queue";
/// observed: zaqar 23.0.1 (headers).
pub(super) fn signature(request: &HttpRequest, path: &str, settings: &Settings, now: Instant) -> Result<(), Fault> {
    let Some(signature) = request.header("url-signature") else { return Ok(()) };
    let listed = |name| request.header(name).unwrap_or_default();
    let claim = Claim {
        signature,
        expires: request.header("url-expires"),
        methods: listed("url-methods"),
        paths: listed("url-paths"),
        project: request.header("x-project-id"),
    };
    if opens(settings, now, claim, &request.method, path) { Ok(()) } else { Err(Fault::bare(FaultKind::NoRoute)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Deviations;

    fn check(mode: &str, deviations: Deviations, text: &str, expected: Result<&str, FaultKind>) {
        let mut settings = Settings::new(deviations);
        settings.options.client_id_uuid_safe = mode.into();
        let request = HttpRequest { headers: vec![("client-id".into(), text.into())], ..HttpRequest::default() };
        let got = client(&request, &settings).map_err(|fault| fault.kind);
        assert_eq!(got.as_ref().map(ClientId::as_str), expected.as_ref().copied(), "{text}");
    }

    const NONE: Deviations = Deviations::NONE;
    const ID: &str = "4ef3da41-af53-4c07-96d5-7b89af752778";

    #[test]
    fn a_client_id_is_a_uuid_in_any_spelling() {
        check("strict", NONE, ID, Ok(ID));
        check("strict", NONE, "4EF3DA41AF534C0796D57B89AF752778", Ok(ID));
        check("strict", NONE, "{4ef3-da41af534c0796d57b89af752778}", Ok(ID));
        check("strict", NONE, "urn:uuid:4ef3da41af534c0796d57b89af752778", Ok(ID));
        check("strict", NONE, "4ef3da41", Err(FaultKind::WrongUuid));
        check("strict", NONE, "", Err(FaultKind::WrongUuid));
    }

    #[test]
    fn where_any_text_will_do_its_length_counts() {
        check("off", NONE, "a-program-of-mine", Ok("a-program-of-mine"));
        check("off", NONE, "123456789", Err(FaultKind::InvalidApiRequest));
        check("off", NONE, "1234567890", Ok("1234567890"));
        check("off", NONE, ID, Ok(ID));
        check("off", NONE, &format!("{ID}0"), Err(FaultKind::InvalidApiRequest));
        let misnamed = NONE.with(Deviation::ClientIdLengthMisnamed);
        check("off", misnamed, "123456789", Err(FaultKind::WrongUuid));
    }
}
