//! Takes the `Accept` header of a request.
//! Gives whether its client takes JSON, and in which form it wants to be told of an error.
//! Never refuses a header that it can't read: such a client takes nothing.

use super::HttpRequest;

/// In which form an error is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorForm {
    Json,
    /// XML, under the name the client used for it.
    Xml(&'static str),
    /// The client takes neither.
    Nothing,
}

/// Whether the client takes JSON. A header that is absent or empty takes everything.
pub(super) fn takes_json(request: &HttpRequest) -> bool {
    let header = header(request);
    // What nearly all requests say or leave out needs no reading.
    header == "*/*" || quality("application/json", header).is_some_and(|quality| quality > 0.0)
}

/// The form that the client likes best; JSON where it likes two equally. A header that names some `+json` or `+xml`
/// and nothing better is taken to mean that. Observed: zaqar 23.0.1.
pub(super) fn error_form(request: &HttpRequest) -> ErrorForm {
    let header = header(request);
    let forms = [("application/json", ErrorForm::Json), ("text/xml", XML_TEXT), ("application/xml", XML_APPLICATION)];
    let mut best = (0.0, ErrorForm::Nothing);
    for (name, form) in forms {
        let quality = quality(name, header).unwrap_or_default();
        if quality > best.0 {
            best = (quality, form);
        }
    }
    let lower = header.to_ascii_lowercase();
    match best.1 {
        ErrorForm::Nothing if lower.contains("+json") => ErrorForm::Json,
        ErrorForm::Nothing if lower.contains("+xml") => XML_APPLICATION,
        form => form,
    }
}

const XML_TEXT: ErrorForm = ErrorForm::Xml("text/xml");
const XML_APPLICATION: ErrorForm = ErrorForm::Xml("application/xml");

fn header(request: &HttpRequest) -> &str {
    request.header("accept").filter(|header| !header.is_empty()).unwrap_or("*/*")
}

/// How much a client likes a media type: what the most specific range that covers it says, 0 if none does. Nothing if
/// the header can't be read. Source: RFC 9110, 12.5.1.
fn quality(wanted: &str, header: &str) -> Option<f64> {
    let (main, sub) = wanted.split_once('/')?;
    let mut best = ([false; 3], 0.0);
    for range in header.split(',') {
        let range = Range::parse(range)?;
        let covers = |said: &str, wanted: &str| said == "*" || said == wanted;
        if covers(range.main, main) && covers(range.sub, sub) {
            let specific = [range.main != "*", range.sub != "*", !range.has_parameters];
            if (specific, range.quality) >= best {
                best = (specific, range.quality);
            }
        }
    }
    Some(best.1)
}

struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    has_parameters: bool,
    quality: f64,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let full = parts.next().filter(|full| *full != "*").unwrap_or("*/*");
        let (main, sub) = full.split_once('/')?;
        let mut range = Self { main: main.trim(), sub: sub.trim(), has_parameters: false, quality: 1.0 };
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            if name.trim().eq_ignore_ascii_case("q") {
                range.quality = value.trim().parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
            } else {
                range.has_parameters = true;
            }
        }
        Some(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: &str, takes: bool, form: ErrorForm) {
        let headers = vec![("accept".into(), accept.into())];
        let request = HttpRequest { headers, ..HttpRequest::default() };
        assert_eq!((takes_json(&request), error_form(&request)), (takes, form), "{accept:?}");
    }

    #[test]
    fn the_most_specific_range_decides() {
        check("", true, ErrorForm::Json);
        check("*/*", true, ErrorForm::Json);
        check("*", true, ErrorForm::Json);
        check("application/*", true, ErrorForm::Json);
        check("text/html, application/json;q=0.1", true, ErrorForm::Json);
        check("application/json;q=0, */*", false, XML_TEXT);
        check("application/json;q=0.5, text/xml", true, XML_TEXT);
        check("application/xml", false, XML_APPLICATION);
        check("text/plain", false, ErrorForm::Nothing);
        check("text/foo+json", false, ErrorForm::Json);
        check("text/foo+xml", false, XML_APPLICATION);
        check("json", false, ErrorForm::Nothing);
        check("application/json;q=2", false, ErrorForm::Nothing);
    }
}
