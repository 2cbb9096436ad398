//! Takes the text of a file that was read before, and a path into it as a report writes it.
//! Gives a [`Diagnostic`] at that place, or the file as another type than a scenario.
//! Never knows what the file is about.

use serde::de::DeserializeOwned;

use super::decode::decode_part;
use super::diagnostic::Diagnostic;
use super::document::{Document, Problem};
use super::spans::Segment;

/// A diagnostic about the value at `path`, e.g. `expect.deliveries[0].attempts`; where the path leads nowhere, about
/// what is nearest to it.
pub fn annotate(file: &str, text: &str, path: &str, message: String, help: Option<String>) -> Diagnostic {
    match Document::read(file, text) {
        Ok(document) => document.locate(Problem::at_value(segments(path), message, help)),
        Err(refused) => refused,
    }
}

/// Reads a JSON document of type `T` as strictly as a scenario.
///
/// # Errors
/// Everything that is wrong with the text, with its place.
pub fn decode_document<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Vec<Diagnostic>> {
    let document = Document::read(file, text).map_err(|refused| vec![refused])?;
    let flaws = document.flaws();
    if !flaws.is_empty() {
        return Err(flaws);
    }
    decode_part(&document.value).map_err(|problem| vec![document.locate(problem)])
}

/// The keys and indexes that a written path names.
fn segments(path: &str) -> Vec<Segment> {
    let part = |part: &str| {
        let (key, indexes) = part.split_once('[').unwrap_or((part, ""));
        let indexes = indexes.split(['[', ']']).filter_map(|index| index.parse().ok()).map(Segment::Index);
        [Segment::Key(key.into())].into_iter().chain(indexes).collect::<Vec<_>>()
    };
    path.split('.').flat_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_path_leads_to_its_place() {
        let text = "{\n  \"expect\": {\"deliveries\": [{}, {\"attempts\": 3}]}\n}";
        let found = annotate("f", text, "expect.deliveries[1].attempts", "x".into(), None);
        assert_eq!((found.line, &text[found.range]), (2, "3"));
        let nearest = annotate("f", text, "expect.deliveries[1].delays_s", "x".into(), None);
        assert_eq!((nearest.line, &text[nearest.range]), (2, "{\"attempts\": 3}"));
    }
}
