//! Takes what a mail subscriber is to be told.
//! Gives the text of the mail, as the operator's mail command reads it.
//! Never sends it, and never lets a subscriber's options write a header of their own.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::confirmation::Confirmation;
use crate::protocol::{Deviation, Deviations, Options};

/// Who sends confirmations, and their subjects and texts: the defaults of Zaqar's templates.
const SENDER: &str = "Zaqar Notifications <no-reply@openstack.org>";

/// The mail of one notification; nothing if it can't be sent.
pub(super) fn notification(
    subscriber: &str,
    options: &Map<String, Value>,
    notification: &[u8],
    deviations: Deviations,
) -> Option<Vec<u8>> {
    let option = |key: &str| options.get(key).map_or(Some(""), Value::as_str);
    let (to, subject) = address(subscriber);
    if subject.is_some() && deviations.has(Deviation::MailSubjectInAddressFails) {
        return None;
    }
    let subject = subject.map_or_else(|| option("subject").map(str::to_owned), Some)?;
    text(&to, option("from")?, &subject, &ascii(std::str::from_utf8(notification).ok()?))
}

/// The mail of a confirmation. Source: The Subscription Confirm Guide, "Email"; observed: zaqar 23.0.1.
pub(super) fn confirmation(
    subscriber: &str,
    document: &Value,
    confirmation: Confirmation,
    options: &Options,
) -> Option<Vec<u8>> {
    let said = |key: &str| document.get(key).and_then(Value::as_str).unwrap_or_default();
    let (queue, project) = (said("queue_name"), said("X-Project-ID"));
    let link = format!(
        "{}?Signature={}&Methods={}&Paths={}&Project={project}&Expires={}&Url=&Queue={queue}",
        options.external_confirmation_url,
        said("URL-Signature"),
        said("URL-Methods"),
        said("URL-Paths"),
        said("URL-Expires"),
    );
    let belongs = format!("the queue: {queue}. This queue belongs to project: {project}.");
    let (subject, body) = match confirmation {
        Confirmation::Subscription => (
            "Zaqar Notification - Subscription Confirmation",
            format!(
                "You have chosen to subscribe to {belongs} \
                 To confirm this subscription, click or visit this link below: {link}"
            ),
        ),
        Confirmation::Unsubscribe => (
            "Zaqar Notification - Unsubscribe Confirmation",
            format!(
                "You have unsubscribed successfully to {belongs} \
                 To resubscribe this subscription, click or visit this link below: {link}"
            ),
        ),
    };
    text(&address(subscriber).0, SENDER, subject, &body)
}

/// Whom a `mailto` address names, and the subject it gives.
fn address(subscriber: &str) -> (String, Option<String>) {
    let address = subscriber.split_once(':').map_or("", |(_, rest)| rest);
    let (to, query) = address.split_once('?').unwrap_or((address, ""));
    let is_subject = |pair: &&str| pair.split('=').next().is_some_and(|key| key.eq_ignore_ascii_case("subject"));
    let subject = query.split('&').find(is_subject).and_then(|pair| pair.split_once('='));
    let plain = |(_, text): (&str, &str)| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    (to.to_owned(), subject.map(plain))
}

/// A mail; nothing if a header would be more than one line.
fn text(to: &str, from: &str, subject: &str, body: &str) -> Option<Vec<u8>> {
    if [to, from, subject].iter().any(|header| header.contains(['\r', '\n'])) {
        return None;
    }
    let (charset, encoding) = if body.is_ascii() { ("us-ascii", "7bit") } else { ("utf-8", "8bit") };
    let kind = format!("Content-Type: text/plain; charset=\"{charset}\"\nMIME-Version: 1.0");
    let mail =
        format!("{kind}\nContent-Transfer-Encoding: {encoding}\nto: {to}\nfrom: {from}\nsubject: {subject}\n\n{body}");
    Some(mail.into_bytes())
}

/// JSON with everything escaped that is not ASCII.
fn ascii(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
        } else {
            let mut units = [0; 2];
            letter.encode_utf16(&mut units).iter().for_each(|unit| escaped += &format!("\\u{unit:04x}"));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(subscriber: &str, options: &Value, deviations: Deviations, expected: Option<&str>) {
        let options = options.as_object().expect("options are an object");
        let mail = notification(subscriber, options, "{\"body\":\"\u{e9}\u{1f600}\"}".as_bytes(), deviations);
        let head = "Content-Type: text/plain; charset=\"us-ascii\"\nMIME-Version: 1.0\nContent-Transfer-Encoding: 7bit";
        let body = "{\"body\":\"\\u00e9\\ud83d\\ude00\"}";
        let expected = expected.map(|headers| format!("{head}\n{headers}\n\n{body}"));
        assert_eq!(mail.map(|mail| String::from_utf8(mail).expect("it is text")), expected);
    }

    #[test]
    fn a_mail_has_the_headers_of_its_subscription() {
        let none = Deviations::NONE;
        check("mailto:a@b,c@d", &json!({}), none, Some("to: a@b,c@d\nfrom: \nsubject: "));
        check("mailto:a@b", &json!({"from": "f@g", "subject": "s"}), none, Some("to: a@b\nfrom: f@g\nsubject: s"));
        check("mailto:a@b?Subject=x%20y", &json!({"subject": "s"}), none, Some("to: a@b\nfrom: \nsubject: x y"));
        check("mailto:a@b", &json!({"from": 5}), none, None);
        check("mailto:a@b", &json!({"from": "f\nbcc: all"}), none, None);
        check("mailto:a@b?subject=x%0abcc:%20all", &json!({}), none, None);
        let observed = none.with(Deviation::MailSubjectInAddressFails);
        check("mailto:a@b?Subject=x", &json!({}), observed, None);
        check("mailto:a@b?cc=x", &json!({}), observed, Some("to: a@b\nfrom: \nsubject: "));
    }
}
