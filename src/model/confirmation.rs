//! Takes a subscription that is new, or that was ended by its subscriber.
//! Gives the confirmation that its subscriber is sent, with a signed link by which it answers.
//! Never sends one unless the operator asks for confirmation and has set a key.

use serde_json::{Value, json};

use super::delivery::Task;
use super::signed_url::{SignedUrl, date};
use super::{Caller, Model, planted};
use crate::policy::{Selected, is_falsy, select};
use crate::protocol::{Deviation, QueueName, SubscriptionId};
use crate::time::Duration;

/// What a confirmation is about. Source: The Subscription Confirm Guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmation {
    /// Asks a new subscriber to confirm.
    Subscription,
    /// Tells a subscriber that has unsubscribed how to subscribe again.
    Unsubscribe,
}

impl Confirmation {
    const fn message_type(self) -> &'static str {
        match self {
            Self::Subscription => "SubscriptionConfirmation",
            Self::Unsubscribe => "UnsubscribeConfirmation",
        }
    }

    fn message(self, queue: &QueueName) -> String {
        match self {
            Self::Subscription => format!("You have chosen to subscribe to the queue: {queue}"),
            Self::Unsubscribe => format!(
                "You have unsubscribed successfully to the queue: {queue}, you can resubscribe it by using confirmed=True."
            ),
        }
    }
}

impl Model {
    /// Sends a confirmation whose link lasts `lasts_s` seconds. Source: The Subscription Confirm Guide; observed: zaqar
    /// 23.0.1 (texts and keys).
    pub(super) fn send_confirmation(
        &mut self,
        caller: &Caller,
        queue: &QueueName,
        id: &SubscriptionId,
        confirmation: Confirmation,
        lasts_s: i64,
    ) {
        let (options, deviations) = (&self.settings.options, self.settings.deviations);
        let Some(stored) = self.queue(&caller.project, queue) else { return };
        let Some(subscription) = stored.subscriptions.get(id) else { return };
        if !options.require_confirmation || options.secret_key.is_empty() {
            return;
        }
        let path = format!("/v2/queues/{queue}/subscriptions/{id}/confirm");
        let expires = date(self.settings.since_1970(caller.now) + Duration::from_secs(lasts_s.unsigned_abs()));
        let url = SignedUrl::new(vec![path.clone()], vec!["PUT".into()], caller.project.as_str(), expires);
        let mut document = json!({
            "Message_Type": confirmation.message_type(), "Message": confirmation.message(queue),
            "URL-Signature": url.signature(&options.secret_key), "URL-Methods": "PUT", "URL-Paths": path,
            "X-Project-ID": caller.project.as_str(), "URL-Expires": url.expires(),
            "SubscribeBody": {"confirmed": true}, "UnsubscribeBody": {"confirmed": false},
            "queue_name": queue.as_str(),
        });
        if !deviations.has(Deviation::SubscribeUrlMissing) {
            document["SubscribeURL"] = json!([path]);
        }
        let Some(document) = planted::confirmation(document, confirmation, deviations) else { return };
        let own = subscription.options.get("_retry_policy");
        let policy = match deviations.has(Deviation::ConfirmationNotRetried) {
            true => unretried(own),
            false => select(stored.metadata.get("_retry_policy"), own, deviations),
        };
        let address = &subscription.subscriber;
        let task = if subscription.is_mail() {
            let mail = super::mail::confirmation(address, &document, confirmation, options);
            Task::mail(address, vec![mail])
        } else {
            let Some(options) = planted::confirmation_options(subscription, deviations) else { return };
            Task::new(subscription.url(), &options, &[document.to_string().into()], policy, deviations)
        };
        self.start(caller.now, task);
    }
}

/// The reference breaks down over the queue's policy, which it does not hand over, unless the subscription says to look
/// at no other; then the defaults count. Observed: zaqar 23.0.1.
fn unretried(own: Option<&Value>) -> Selected {
    let flag = own.and_then(|own| own.get("ignore_subscription_override"));
    if flag.is_some_and(|flag| !is_falsy(flag)) { Selected::defaults() } else { Selected::Unusable }
}
