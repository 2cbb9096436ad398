//! Takes what a pre-signed URL is to open, the key, and the time of day.
//! Gives the URL signed, and says of a request that claims to hold one whether it does.
//! Never makes up a key: without one nothing is signed and nothing opens.

use hmac::{Hmac, Mac};
use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use serde_json::{Value, json};
use sha2::Sha256;

use super::Settings;
use crate::protocol::{Deviation, Secret};
use crate::time::{Duration, Instant};

/// What stands between the parts that are signed: two characters, since the reference writes the pattern raw.
/// Observed: zaqar 23.0.1.
const SEPARATOR: &str = "\\n";
/// How long a URL lasts unless it says otherwise. Observed: zaqar 23.0.1.
pub(super) const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// What a pre-signed URL opens, for whom and until when.
#[derive(Clone, Debug)]
pub(super) struct SignedUrl {
    paths: Vec<String>,
    methods: Vec<String>,
    project: String,
    expires: DateTime,
}

impl SignedUrl {
    /// A URL for these paths and methods; they are signed in alphabetical order.
    pub(super) fn new(mut paths: Vec<String>, mut methods: Vec<String>, project: &str, expires: DateTime) -> Self {
        paths.sort();
        methods.sort();
        Self { paths, methods, project: project.into(), expires }
    }

    /// The document that a client is given.
    pub(super) fn document(&self, key: &Secret) -> Value {
        json!({
            "paths": self.paths, "methods": self.methods, "project": self.project, "expires": self.expires(),
            "signature": self.signature(key),
        })
    }

    /// When it ends, in whole seconds of UTC.
    pub(super) fn expires(&self) -> String {
        self.expires.strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// The signature, in lower-case hexadecimal digits.
    pub(super) fn signature(&self, key: &Secret) -> String {
        let bytes = self.mac(key).finalize().into_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether this is its signature; says so in the same time whatever is wrong with it.
    fn is_signed(&self, signature: &str, key: &Secret) -> bool {
        let digit = |index: usize| signature.get(index..index + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok());
        let bytes: Option<Vec<u8>> = (0..signature.len()).step_by(2).map(digit).collect();
        let is_lower = signature.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        is_lower && bytes.is_some_and(|bytes| self.mac(key).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, key: &Secret) -> Hmac<Sha256> {
        let parts = [self.paths.join(","), self.methods.join(","), self.project.clone(), self.expires()];
        let mac = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()).expect("a key may have any length");
        mac.chain_update(parts.join(SEPARATOR))
    }
}

/// What a request says of the pre-signed URL it uses: headers as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Claim<'a> {
    /// `URL-Signature`.
    pub signature: &'a str,
    /// `URL-Expires`.
    pub expires: Option<&'a str>,
    /// `URL-Methods`, with commas between.
    pub methods: &'a str,
    /// `URL-Paths`, with commas between.
    pub paths: &'a str,
    /// `X-Project-ID`.
    pub project: Option<&'a str>,
}

/// Whether a pre-signed URL opens `path` to `method` at this time. Source: api-ref, "Pre-signed queue"; observed:
/// zaqar 23.0.1.
pub fn opens(settings: &Settings, now: Instant, claim: Claim<'_>, method: &str, path: &str) -> bool {
    let deviations = settings.deviations;
    let (key, listed) = (&settings.options.secret_key, |text: &str| text.split(',').map(str::to_owned).collect());
    let (methods, paths): (Vec<String>, Vec<String>) = (listed(claim.methods), listed(claim.paths));
    let as_pattern = deviations.has(Deviation::SignedPathIsAPattern);
    if !methods.iter().any(|one| one == method) || !paths.iter().any(|signed| leads_to(signed, path, as_pattern)) {
        return false;
    }
    let Some(expires) = claim.expires.and_then(|text| read_date(text).ok()) else { return false };
    if expires <= settings.time_of_day(now) && !deviations.has(Deviation::SignatureNeverExpires) {
        return false;
    }
    let url = SignedUrl::new(paths, methods, claim.project.unwrap_or("None"), expires);
    deviations.has(Deviation::SignatureNotChecked) || !key.is_empty() && url.is_signed(claim.signature, key)
}

/// Whether a signed path leads to this one: itself and what is below it. Under a deviation it is a pattern that may
/// begin anywhere and in which a dot stands for any character; names have no other character that means something there.
fn leads_to(signed: &str, path: &str, as_pattern: bool) -> bool {
    if as_pattern {
        let same = |(one, other): (&u8, &u8)| one == other || *one == b'.';
        let begins = |rest: &[u8]| rest.len() >= signed.len() && signed.as_bytes().iter().zip(rest).all(same);
        return (0..=path.len()).any(|start| begins(&path.as_bytes()[start..]));
    }
    path.strip_prefix(signed).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads a date as ISO 8601 writes it, in UTC unless it says otherwise; a fraction of a second is cut off.
///
/// # Errors
/// What to tell the client. Observed: zaqar 23.0.1.
pub(super) fn read_date(text: &str) -> Result<DateTime, String> {
    if let Ok(number @ (..=-1 | 1..)) = text.trim().parse::<i64>() {
        return Err(is_number(number));
    }
    let refused = || format!("Unable to parse date string '{text}'");
    let pieces = Pieces::parse(text).map_err(|_| refused())?;
    let local = pieces.date().to_datetime(pieces.time().unwrap_or_default());
    let offset = pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC);
    let at = offset.to_timestamp(local).map_err(|_| refused())?;
    let utc = jiff::tz::Offset::UTC.to_datetime(at);
    utc.with().subsec_nanosecond(0).build().map_err(|_| refused())
}

/// What a client is told that gives a number for a date. Observed: zaqar 23.0.1.
pub(super) fn is_number(number: i64) -> String {
    format!("`expires` should be date format, for example 2016-01-01T00:00:00, not integer value: {number}")
}

impl Settings {
    /// The time of day at an instant of the run, in UTC.
    pub(super) fn time_of_day(&self, now: Instant) -> DateTime {
        date(self.since_1970(now))
    }

    /// How long ago 1970 began.
    pub(super) fn since_1970(&self, now: Instant) -> Duration {
        self.epoch.saturating_add(now.since_start())
    }
}

/// The date so long after the beginning of 1970; the last one there is if it has gone by.
pub(super) fn date(since_1970: Duration) -> DateTime {
    let at = i64::try_from(since_1970.as_secs()).ok().and_then(|second| jiff::Timestamp::from_second(second).ok());
    at.map_or(DateTime::MAX, |at| jiff::tz::Offset::UTC.to_datetime(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Deviations;

    const PATHS: &str = "/v2/queues/a.b/messages,/v2/queues/a.b/claims";

    fn settings(deviations: Deviations) -> Settings {
        let mut settings = Settings::new(deviations);
        settings.options.secret_key = "not-a-secret".into();
        settings
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Claim<'_>), method: &str, path: &str, expected: bool) {
        let settings = settings(Deviations::NONE);
        let expires = read_date("2026-01-02T00:00:00").unwrap();
        let listed = |text: &str| text.split(',').map(str::to_owned).collect();
        let url = SignedUrl::new(listed(PATHS), listed("PUT,GET"), "p1", expires);
        let signature = url.signature(&settings.options.secret_key);
        let mut claim = Claim {
            signature: &signature,
            expires: Some("2026-01-02T00:00:00Z"),
            methods: "GET,PUT",
            paths: PATHS,
            project: Some("p1"),
        };
        change(&mut claim);
        assert_eq!(opens(&settings, Instant::START, claim, method, path), expected);
    }

    #[test]
    fn a_signed_url_opens_what_was_signed_and_nothing_else() {
        check(|_| {}, "GET", "/v2/queues/a.b/messages", true);
        check(|_| {}, "PUT", "/v2/queues/a.b/claims/c1", true);
        check(|_| {}, "POST", "/v2/queues/a.b/messages", false);
        check(|_| {}, "GET", "/v2/queues/a.b", false);
        check(|_| {}, "GET", "/v2/queues/aXb/messages", false);
        check(|claim| claim.project = Some("p2"), "GET", "/v2/queues/a.b/messages", false);
        check(|claim| claim.expires = Some("2026-01-03T00:00:00"), "GET", "/v2/queues/a.b/messages", false);
        check(|claim| claim.expires = None, "GET", "/v2/queues/a.b/messages", false);
        check(|claim| claim.signature = "", "GET", "/v2/queues/a.b/messages", false);
        check(|claim| claim.methods = "POST", "POST", "/v2/queues/a.b/messages", false);
    }

    #[test]
    fn the_separator_is_no_line_break() {
        // openssl dgst -sha256 -hmac k of the text a\nGET\np\n2026-01-02T00:00:00, the backslashes as they stand.
        let url = SignedUrl::new(vec!["a".into()], vec!["GET".into()], "p", read_date("2026-01-02").unwrap());
        assert_eq!(url.signature(&"k".into()), "391f7af979cf0749238c22c4b22e9f50e0878c3a8304045fc3c070d2e0c549e6");
    }

    #[test]
    fn dates_are_read_in_utc() {
        let read = |text| read_date(text).map(|date| date.to_string());
        assert_eq!(read("2026-01-02T03:04:05.9+02:00"), Ok("2026-01-02T01:04:05".into()));
        assert_eq!(read("2026-01-02 03:04:05"), Ok("2026-01-02T03:04:05".into()));
        assert_eq!(read("tomorrow"), Err("Unable to parse date string 'tomorrow'".into()));
        assert_eq!(read("17"), Err(is_number(17)));
    }

    #[test]
    fn nothing_opens_after_its_time_or_without_a_key() {
        let mut settings = settings(Deviations::NONE);
        let url = SignedUrl::new(vec!["/p".into()], vec!["GET".into()], "p1", settings.time_of_day(Instant::START));
        let (signature, expires) = (url.signature(&settings.options.secret_key), url.expires());
        let claim =
            Claim { signature: &signature, expires: Some(&expires), methods: "GET", paths: "/p", project: Some("p1") };
        assert!(!opens(&settings, Instant::START, claim, "GET", "/p"));
        settings.epoch -= Duration::from_secs(1);
        assert!(opens(&settings, Instant::START, claim, "GET", "/p"));
        settings.options.secret_key = "".into();
        let unsigned = url.signature(&"".into());
        assert!(!opens(&settings, Instant::START, Claim { signature: &unsigned, ..claim }, "GET", "/p"));
    }
}
