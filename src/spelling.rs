//! Takes a word that means nothing, and the words that would have meant something.
//! Gives the one that was probably meant, and the question that offers it.
//! Never offers a word that has little in common with the one that was written.

/// How alike two words are, from 0 to 1, when one is taken for a slip of the other. By trial: below it the words that
/// are offered make people laugh.
const LIKENESS_MIN: f64 = 0.75;
/// What the likeness with the beginning of a longer word is worth.
const BEGINNING: f64 = 0.9;

/// The known word that `word` most likely misspells, letter case aside: the first letters count most, so that an
/// abbreviation finds its word.
///
/// ```
/// use zaqarcheck::spelling::nearest;
/// assert_eq!(nearest("max_mesages_per_page", ["max_messages_per_page", "max_pools_per_page"]), Some("max_messages_per_page"));
/// assert_eq!(nearest("colour", ["queue", "metadata"]), None);
/// ```
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() {
        return None;
    }
    let word = word.to_lowercase();
    let rated =
        known.into_iter().map(|name| (likeness(&word, name), name)).filter(|(likeness, _)| *likeness >= LIKENESS_MIN);
    // Of words that are equally alike, the first.
    let best = rated.reduce(|best, other| if other.0 > best.0 { other } else { best });
    best.map(|(_, name)| name)
}

fn likeness(word: &str, name: &str) -> f64 {
    let name = name.to_lowercase();
    let beginning: String = name.chars().take(word.chars().count()).collect();
    strsim::jaro_winkler(word, &name).max(BEGINNING * strsim::jaro_winkler(word, &beginning))
}

/// `; did you mean x?`, to be appended to a complaint about a word, or nothing where no known word is near.
pub fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, ["queue", "metadata", "project", "to"]), expected, "{word}");
    }

    #[test]
    fn slips_of_the_finger_are_recognised() {
        check("queu", Some("queue"));
        check("Queue", Some("queue"));
        check("qeueu", Some("queue"));
        check("meta", Some("metadata"));
        check("too", Some("to"));
        check("body", None);
        check("", None);
    }

    #[test]
    fn the_beginning_of_a_long_word_is_enough() {
        assert_eq!(nearest("polizy", ["queues/lazy-creation", "policy/unknown-keys"]), Some("policy/unknown-keys"));
    }

    #[test]
    fn a_hint_is_a_question_or_nothing() {
        assert_eq!(hint("projet", ["queue", "project"]), "; did you mean project?");
        assert_eq!(hint("xyz", ["queue", "project"]), "");
    }
}
