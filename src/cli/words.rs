//! Takes what options mean.
//! Gives them as a shell wants them written.
//! Never knows which verb they are for.

use crate::report::shell_quoted;

/// A word, quoted only if it has to be.
pub(super) fn word(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,+@%".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) { text.into() } else { shell_quoted(text) }
}

/// An option and its value, if it has one.
pub(super) fn option(name: &str, value: Option<impl ToString>) -> impl Iterator<Item = String> {
    value.map(|value| [name.to_owned(), word(&value.to_string())]).into_iter().flatten()
}
