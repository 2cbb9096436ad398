//! Takes what a file expects of deliveries.
//! Gives what is wrong with it.
//! Never computes an expectation.

use std::collections::BTreeMap;

use super::super::document::Part;
use super::super::file::{ExpectedDelivery, OneOrMany};
use super::super::spans::Segment;
use super::{Checker, count};

impl Checker<'_> {
    pub(super) fn deliveries(&mut self, messages: Option<usize>) {
        let file = self.file;
        let mut seen = BTreeMap::new();
        for (index, delivery) in file.expect.deliveries.iter().enumerate() {
            let path = |key: &str| path!["expect", "deliveries", index, key];
            self.subscriber(path("subscriber"), &delivery.subscriber);
            if delivery.confirmation.is_none() {
                self.message(path("message"), delivery.message.unwrap_or_default(), messages);
            }
            self.delays(index, delivery);
            if let Some(number) = delivery.first_at_s {
                self.seconds(path("first_at_s"), number);
            }
            if let Some(first) = seen.insert((&delivery.subscriber, delivery.subject()), index) {
                let message = format!(
                    "{} to `{}` is expected by `expect.deliveries[{first}]` already",
                    delivery.subject(),
                    delivery.subscriber
                );
                self.value(path!["expect", "deliveries", index], message, "make one entry of the two");
            }
        }
    }

    pub(super) fn delays(&mut self, index: usize, delivery: &ExpectedDelivery) {
        let path = |key: &str| path!["expect", "deliveries", index, key];
        let ExpectedDelivery { attempts, delays_s, .. } = delivery;
        let gaps = attempts.saturating_sub(1) as usize;
        if delays_s.len() != gaps {
            let message = format!("{}, found {}", gaps_of(*attempts), count(delays_s.len(), "delay"));
            // Without the key, what is wrong is the number of attempts that asks for it.
            let key = if delays_s.is_empty() { "attempts" } else { "delays_s" };
            let help = match gaps {
                0 => "take `delays_s` away, or correct `attempts`".to_owned(),
                _ => format!("write {} in `delays_s`, or correct `attempts`", count(gaps, "delay")),
            };
            self.value(path(key), message, help);
        }
        for (position, accepted) in delays_s.iter().enumerate() {
            self.accepted(path!["expect", "deliveries", index, "delays_s", position], accepted);
        }
        if *attempts > 0 {
            return;
        }
        let idle = [
            ("first_at_s", delivery.first_at_s.is_some()),
            ("body", delivery.body.is_some()),
            ("body_text", delivery.body_text.is_some()),
            ("headers", !delivery.headers.is_empty()),
        ];
        for (key, _) in idle.into_iter().filter(|(_, is_given)| *is_given) {
            let help = format!("take `{key}` away, or correct `attempts`");
            self.key(path(key), format!("no attempt is expected, so `{key}` is never looked at"), help);
        }
    }

    pub(super) fn arrivals(&mut self, messages: Option<usize>) {
        let file = self.file;
        for (name, numbers) in &file.expect.arrivals {
            let path = path!["expect", "arrivals", name.as_str()];
            self.known_subscriber(Part::Key, path.clone(), name);
            for (index, number) in numbers.iter().enumerate() {
                self.message([&path[..], &[index.into()]].concat(), *number, messages);
            }
        }
    }

    pub(super) fn message(&mut self, path: Vec<Segment>, number: usize, messages: Option<usize>) {
        let Some(messages) = messages.filter(|messages| number >= *messages) else { return };
        let help = match messages {
            0 => "post one in a step".to_owned(),
            1 => "the only message is number 0".to_owned(),
            _ => format!("messages are numbered through the whole scenario, here from 0 to {}", messages - 1),
        };
        self.value(path, format!("there is no message {number}"), help);
    }

    pub(super) fn accepted<T: PartialEq>(&mut self, path: Vec<Segment>, values: &OneOrMany<T>) {
        if values.accepted().is_empty() {
            self.value(path, "an empty list accepts nothing", "write the values that are accepted");
        }
    }
}

fn gaps_of(attempts: u32) -> String {
    match attempts {
        0 => "without attempts there are no delays".to_owned(),
        1 => "a single attempt has no delays".to_owned(),
        2 => "2 attempts have 1 delay between them".to_owned(),
        _ => format!("{attempts} attempts have {} delays between them", attempts - 1),
    }
}
