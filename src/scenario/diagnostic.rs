//! Takes a place in a text and what is wrong there.
//! Gives [`Diagnostic`]s, and [`render`]s them in rustc's look: the source line, a caret, a way out.
//! Never writes anywhere: the caller has the terminal and decides about colour.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::spelling::nearest;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file as the user named it.
    pub file: String,
    /// The bytes in question, within one line.
    pub range: Range<usize>,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic about `range` of `text`. A range of several lines shrinks to its first character, the bracket
    /// that opens it: forty underlined lines point at nothing.
    pub fn new(file: &str, text: &str, range: Range<usize>, message: String, help: Option<String>) -> Self {
        let range = within_one_line(text, range);
        let before = &text[..range.start];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: text[line_start..range.start].chars().count() + 1,
            range,
            message,
            help,
        }
    }
}

fn within_one_line(text: &str, range: Range<usize>) -> Range<usize> {
    // What is missing at the end is missing after the last character, not on the empty line below it.
    let start = floor_char_boundary(text, range.start.min(text.trim_end().len()));
    let end = floor_char_boundary(text, range.end).max(start);
    if text[start..end].contains('\n') {
        let first = text[start..].chars().next().filter(|first| !first.is_whitespace()).map_or(0, char::len_utf8);
        return start..start + first;
    }
    start..end
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|index| text.is_char_boundary(*index)).unwrap_or(0)
}

/// How diagnostics look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Plain text, for files and tests.
    Plain,
    /// With ANSI colours, for terminals.
    Styled,
}

/// Renders diagnostics about `text`, each followed by a line break, an empty line between two.
pub fn render(diagnostics: &[Diagnostic], text: &str, look: Look) -> String {
    let renderer = match look {
        Look::Plain => Renderer::plain(),
        Look::Styled => Renderer::styled(),
    };
    let rendered: Vec<String> = diagnostics.iter().map(|diagnostic| render_one(diagnostic, text, &renderer)).collect();
    rendered.join("\n")
}

fn render_one(diagnostic: &Diagnostic, text: &str, renderer: &Renderer) -> String {
    let place = AnnotationKind::Primary.span(diagnostic.range.clone());
    let snippet = Snippet::source(text).path(&diagnostic.file).annotation(place);
    let help = diagnostic.help.as_ref().map(|help| Level::HELP.message(help));
    let report = Level::ERROR.primary_title(&diagnostic.message).element(snippet).elements(help);
    renderer.render(&[report]) + "\n"
}

/// Asks whether a known name was meant, or names the known ones if none is near and they are few.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(word, known.iter().copied()) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if known.is_empty() || known.len() > LISTED_MAX => None,
        None => Some(format!("possible here: {}", quoted_list(&known))),
    }
}

/// `` `a`, `b` ``.
pub(super) fn quoted_list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

const LISTED_MAX: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(text: &str, range: Range<usize>) -> Diagnostic {
        Diagnostic::new("a.json", text, range, "unknown key `tll`".into(), Some("did you mean `ttl`?".into()))
    }

    #[track_caller]
    fn check_place(text: &str, range: Range<usize>, expected: (usize, usize, Range<usize>)) {
        let found = diagnostic(text, range);
        assert_eq!((found.line, found.column, found.range), expected);
    }

    #[test]
    fn columns_count_characters() {
        check_place("{\n  \"é\": 1}", 9..10, (2, 7, 9..10));
        check_place("", 0..0, (1, 1, 0..0));
        check_place("ab", 7..9, (1, 3, 2..2));
        check_place("[\n", 2..2, (1, 2, 1..1));
    }

    #[test]
    fn a_range_of_several_lines_shrinks_to_its_bracket() {
        check_place("[1,\n{\n}]", 4..7, (2, 1, 4..5));
    }

    #[test]
    fn the_rendered_column_is_the_diagnostic_s() {
        let text = "{\n  \"é\": {\"tll\": 60}\n}";
        let start = text.find("\"tll\"").expect("it is there");
        let found = diagnostic(text, start..start + 5);
        let rendered = render(std::slice::from_ref(&found), text, Look::Plain);
        assert_eq!(
            rendered,
            format!(
                "error: unknown key `tll`\n --> a.json:{}:{}\n  |\n2 |   \"é\": {{\"tll\": 60}}\n  |         ^^^^^\n  |\n  \
                 = help: did you mean `ttl`?\n",
                found.line, found.column
            )
        );
        assert!(render(&[found], text, Look::Styled).contains("\u{1b}["));
    }
}
