//! Takes the name and the value of an option, as an operator writes them.
//! Gives [`Options`]: every limit and default that Zaqar lets an operator set and that the model heeds.
//! Never reads a file or a command line, and never shows a secret.

use std::fmt;
use std::ops::RangeInclusive;

/// A text that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "unset" } else { "set" })
    }
}

/// Why an option was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// There is no option of this name.
    #[error("no such option")]
    Unknown,
    /// The option takes something else; what, is said.
    #[error("expected {0}")]
    Value(String),
}

/// A kind of value that an option may have.
trait Setting: Sized {
    /// What its values may be, besides the kind.
    type Bounds;

    /// Reads a value.
    fn read(text: &str, bounds: &Self::Bounds) -> Result<Self, OptionError>;
}

impl Setting for i64 {
    type Bounds = RangeInclusive<Self>;

    fn read(text: &str, bounds: &Self::Bounds) -> Result<Self, OptionError> {
        let expected = || OptionError::Value(format!("an integer from {} to {}", bounds.start(), bounds.end()));
        text.parse().ok().filter(|value| bounds.contains(value)).ok_or_else(expected)
    }
}

impl Setting for bool {
    type Bounds = ();

    fn read(text: &str, (): &()) -> Result<Self, OptionError> {
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(OptionError::Value("true or false".into())),
        }
    }
}

impl Setting for String {
    /// The texts allowed; any if there are none.
    type Bounds = &'static [&'static str];

    fn read(text: &str, allowed: &Self::Bounds) -> Result<Self, OptionError> {
        if allowed.is_empty() || allowed.contains(&text) {
            return Ok(text.into());
        }
        Err(OptionError::Value(allowed.join(" or ")))
    }
}

impl Setting for Vec<String> {
    /// The entries allowed.
    type Bounds = &'static [&'static str];

    fn read(text: &str, allowed: &Self::Bounds) -> Result<Self, OptionError> {
        let entries: Self = text.split(',').map(|entry| entry.trim().to_owned()).collect();
        let known = entries.iter().all(|entry| allowed.contains(&entry.as_str()));
        if known { Ok(entries) } else { Err(OptionError::Value(format!("a comma list of {}", allowed.join(", ")))) }
    }
}

impl Setting for Secret {
    type Bounds = ();

    fn read(text: &str, (): &()) -> Result<Self, OptionError> {
        Ok(text.into())
    }
}

macro_rules! options {
    ($($group:literal { $($name:ident: $kind:ty = $default:expr, $bounds:expr; $help:literal)* })*) => {
        /// What an operator may set. The names are those of Zaqar's configuration file.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Options {
            $($(#[doc = $help] pub $name: $kind,)*)*
        }

        impl Default for Options {
            fn default() -> Self {
                Self { $($($name: $default,)*)* }
            }
        }

        impl Options {
            /// Every option: its name with its group before it, and what it is.
            pub const ALL: &[(&str, &str)] = &[$($((concat!($group, ".", stringify!($name)), $help),)*)*];

            /// Sets an option, `transport.max_messages_per_page` to `50` say.
            ///
            /// # Errors
            /// If there is no such option, or the value is none that it takes.
            pub fn set(&mut self, name: &str, value: &str) -> Result<(), OptionError> {
                match name {
                    $($(concat!($group, ".", stringify!($name)) => {
                        let bounds: <$kind as Setting>::Bounds = $bounds;
                        self.$name = Setting::read(value, &bounds)?;
                    })*)*
                    _ => return Err(OptionError::Unknown),
                }
                Ok(())
            }
        }
    };
}

/// Sizes in bytes, times in seconds; a hundred years is the end of what makes sense.
const TIME: RangeInclusive<i64> = 0..=3_155_760_000;
const SIZE: RangeInclusive<i64> = 1..=1 << 30;
const PAGE: RangeInclusive<i64> = 1..=100_000;

// Defaults: source: zaqar.conf reference; observed: zaqar 23.0.1. The groups are those of that file.
options! {
    "DEFAULT" {
        admin_mode: bool = false, ();
            "Whether pools, flavors and the health report are served."
        enable_checksum: bool = false, ();
            "Whether messages carry a checksum of their body."
        pooling: bool = false, ();
            "Whether queues live in registered pools."
    }
    "drivers" {
        management_store: String = "redis".into(), &["mongodb", "redis", "sqlalchemy"];
            "Whose mistakes a release makes with pools and flavors; everything is kept in memory whatever it says."
    }
    "notification" {
        external_confirmation_url: String = String::new(), &[];
            "The page that confirmation mails lead to."
        require_confirmation: bool = false, ();
            "Whether a subscriber is notified only after it has confirmed."
        smtp_command: String = "/usr/sbin/sendmail -t -oi".into(), &[];
            "The command that sends a mail, given to it on standard input."
    }
    "signed_url" {
        secret_key: Secret = Secret::default(), ();
            "The key that pre-signed URLs are signed with; without one there are none."
    }
    "transport" {
        client_id_uuid_safe: String = "strict".into(), &["strict", "off"];
            "Whether a Client-ID must be a UUID."
        default_claim_grace: i64 = 60, TIME;
            "Seconds that a claimed message lives on after its claim, unless the claim says otherwise."
        default_claim_ttl: i64 = 300, TIME;
            "Seconds that a claim lives unless it says otherwise."
        default_message_delay: i64 = 0, TIME;
            "Seconds before a message may be claimed, unless its queue says otherwise."
        default_message_ttl: i64 = 3600, TIME;
            "Seconds that a message lives unless it or its queue says otherwise."
        default_subscription_ttl: i64 = 3600, TIME;
            "Seconds that a subscription lives unless it says otherwise."
        max_claim_grace: i64 = 43_200, TIME;
            "The longest grace of a claim, in seconds."
        max_claim_ttl: i64 = 43_200, TIME;
            "The longest life of a claim, in seconds."
        max_flavors_per_page: i64 = 20, PAGE;
            "The most flavors on a page."
        max_length_client_id: i64 = 36, 1..=255;
            "The most characters of a Client-ID that need not be a UUID."
        max_message_delay: i64 = 900, TIME;
            "The longest delay of a message, in seconds."
        max_message_ttl: i64 = 1_209_600, TIME;
            "The longest life of a message, in seconds."
        max_messages_per_claim_or_pop: i64 = 20, PAGE;
            "The most messages that one request may claim or pop."
        max_messages_per_page: i64 = 20, PAGE;
            "The most messages on a page."
        max_messages_post_size: i64 = 262_144, SIZE;
            "The most bytes of a post of messages."
        max_pools_per_page: i64 = 20, PAGE;
            "The most pools on a page."
        max_queue_metadata: i64 = 65_536, SIZE;
            "The most bytes of a queue's metadata."
        max_queues_per_page: i64 = 20, PAGE;
            "The most queues on a page."
        max_subscriptions_per_page: i64 = 20, PAGE;
            "The most subscriptions on a page."
        message_delete_with_claim_id: bool = false, ();
            "Whether only claimed messages may be deleted, by their claim."
        message_encryption_key: Secret = "AES256".into(), ();
            "The key of encrypted queues."
        min_length_client_id: i64 = 10, 1..=255;
            "The fewest characters of a Client-ID that need not be a UUID."
        subscriber_types: Vec<String> = SUBSCRIBER_TYPES.map(str::to_owned).into(), &SUBSCRIBER_TYPES;
            "The schemes that a subscriber may have."
    }
}

const SUBSCRIBER_TYPES: [&str; 5] = ["http", "https", "mailto", "trust+http", "trust+https"];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, value: &str, expected: Result<(), &str>) {
        let got = Options::default().set(name, value).map_err(|error| error.to_string());
        assert_eq!(got, expected.map_err(str::to_owned), "{name}={value}");
    }

    #[test]
    fn names_and_values_are_checked() {
        check("transport.max_messages_per_page", "50", Ok(()));
        check("transport.max_messages_per_page", "0", Err("expected an integer from 1 to 100000"));
        check("max_messages_per_page", "50", Err("no such option"));
        check("DEFAULT.pooling", "True", Ok(()));
        check("DEFAULT.pooling", "2", Err("expected true or false"));
        check("transport.client_id_uuid_safe", "loose", Err("expected strict or off"));
        check("transport.subscriber_types", "http, mailto", Ok(()));
        check(
            "transport.subscriber_types",
            "ftp",
            Err("expected a comma list of http, https, mailto, trust+http, trust+https"),
        );
    }

    #[test]
    fn a_secret_is_not_printed() {
        let mut options = Options::default();
        options.set("signed_url.secret_key", "swordfish").unwrap();
        assert_eq!(options.secret_key.reveal(), "swordfish");
        assert!(!format!("{options:?}").contains("swordfish"));
    }
}
