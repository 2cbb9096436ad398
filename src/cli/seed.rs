//! Takes a seed as it is written: hexadecimal, or the hash of a commit.
//! Gives its number.
//! Never reads a seed as decimal: everywhere one is written the same way.

/// Reads a seed; a commit's hash stands for its first 16 digits, so that each commit explores seeds of its own.
pub(super) fn parse_seed(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let plain = !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit());
    let leading = if digits.len() == COMMIT_DIGITS { &digits[..16] } else { digits };
    let seed = u64::from_str_radix(leading, 16).ok().filter(|_| plain);
    seed.ok_or_else(|| "expected up to 16 hexadecimal digits, or the 40 of a commit".into())
}

const COMMIT_DIGITS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_hexadecimal_or_a_commit() {
        assert_eq!(parse_seed("1f"), Ok(31));
        assert_eq!(parse_seed("0xff"), Ok(255));
        assert_eq!(parse_seed("ef8631899e00000000000000000000000000abcd"), Ok(0xef86_3189_9e00_0000));
        for wrong in ["", "g", "-1", "+1", "11112222333344445", "é"] {
            assert!(parse_seed(wrong).is_err(), "{wrong}");
        }
    }
}
