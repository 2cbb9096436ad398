//! Takes the sender of the file.
//! Gives it; Zaqar's pool where nothing is said.
//! Never takes one that could not send anything.

use super::keys::{ReschedulingKeys, SenderKeys, SleepingKeys};
use super::leaf;
use super::page::{Page, Spot};
use crate::fleet::world::Sender;

/// The sender; nothing if it has mistakes.
pub(super) fn read(page: &mut Page, spot: &Option<Spot<'_>>) -> Option<Sender> {
    let Some(spot) = spot else {
        return Some(Sender::Sleeping { workers: Some(WORKERS), per_subscriber: None, timeout: None });
    };
    let (keys, sound) = page.object::<SenderKeys<'_>>(spot);
    let keys = keys?;
    let kinds = [("sleeping", &keys.sleeping), ("rescheduling", &keys.rescheduling)];
    match page.only(spot, sound, kinds)? {
        ("sleeping", spot) => sleeping(page, spot),
        (_, spot) => rescheduling(page, spot),
    }
}

fn sleeping(page: &mut Page, spot: &Spot<'_>) -> Option<Sender> {
    let (keys, _) = page.object::<SleepingKeys<'_>>(spot);
    let keys = keys?;
    let workers = page.or(&keys.workers, Some(WORKERS), leaf::workers);
    let per_subscriber = page.maybe(&keys.per_subscriber, leaf::small_count);
    let timeout = page.maybe(&keys.timeout, leaf::some_time);
    Some(Sender::Sleeping { workers: workers?, per_subscriber: per_subscriber?, timeout: timeout? })
}

fn rescheduling(page: &mut Page, spot: &Spot<'_>) -> Option<Sender> {
    let (keys, _) = page.object::<ReschedulingKeys<'_>>(spot);
    let keys = keys?;
    let in_flight = page.maybe(&keys.in_flight, leaf::small_count);
    let per_subscriber = page.maybe(&keys.per_subscriber, leaf::small_count);
    let timeout = page.maybe(&keys.timeout, leaf::some_time);
    Some(Sender::Rescheduling { in_flight: in_flight?, per_subscriber: per_subscriber?, timeout: timeout? })
}

/// Source: zaqar configuration reference, `max_notifier_workers`.
const WORKERS: u32 = 10;
