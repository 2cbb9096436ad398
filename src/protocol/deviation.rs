//! Takes nothing.
//! Gives the closed list of ways in which a server may differ from the documents.
//! Never decides what a deviation does: `policy` and `model` ask a set whether it holds one.

use std::fmt;
use std::str::FromStr;

/// Where a deviation is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A real release does it; see [`Deviation::sentence`].
    Observed,
    /// Made up to test the suite: a mistake that a developer of a compatible server could make.
    Planted,
}

macro_rules! deviations {
    ($($origin:ident { $($variant:ident, $name:literal, $sentence:literal;)* })*) => {
        /// One way in which a server may differ from the documents.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Deviation {
            $($(#[doc = $sentence] $variant,)*)*
        }

        impl Deviation {
            /// Every deviation, observed ones first, each group in alphabetical order.
            pub const ALL: &'static [Self] = &[$($(Self::$variant,)*)*];

            /// The name used in scenario files, ledgers and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$variant => $name,)*)* }
            }

            /// What a server with this deviation does, in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $($(Self::$variant => $sentence,)*)* }
            }

            /// Where it is known from.
            pub const fn origin(self) -> Origin {
                match self { $($(Self::$variant => Origin::$origin,)*)* }
            }
        }
    };
}

deviations! {
    Observed {
        ArithmeticBackoffOneSecondShort, "arithmetic-backoff-one-second-short",
            "The last arithmetic delay is computed in floating point and truncated, so it may be one second short.";
        BatchStopsAfterException, "batch-stops-after-exception",
            "A connection error on one message drops every later message of the same post, even if its retry succeeds.";
        BooleansPassAsIntegers, "booleans-pass-as-integers",
            "true and false are accepted where the guide asks for an integer, and count as 1 and 0.";
        ClientErrorFailsRetry, "client-error-fails-retry",
            "A 4xx answer ends a first attempt but counts as a failure during retries.";
        DeletedQueueKeepsSubscriptions, "deleted-queue-keeps-subscriptions",
            "The subscriptions of a deleted queue live on and serve the next queue of its name.";
        DuplicateSubscriptionAccepted, "duplicate-subscription-accepted",
            "A second subscription of the same subscriber answers 201 with the old id and discards its ttl and options.";
        EmptyDelayCrashesValidation, "empty-delay-crashes-validation",
            "minimum_delay or maximum_delay of null, \"\", [] or {} is an internal error: 500, 503 or a misleading 400.";
        EmptySubscriberStopsPosts, "empty-subscriber-stops-posts",
            "A subscription can be changed to the subscriber \"\", and no message can be posted to its queue any more.";
        EmptySubscriptionPolicyYields, "empty-subscription-policy-yields",
            "An empty _retry_policy on the subscription means the queue's policy, not the defaults.";
        EmptyValueStopsSchedule, "empty-value-stops-schedule",
            "A count or function of null, \"\", 0.0, [] or {} ends the retries when its phase begins.";
        ExpiredSubscriptionFailsCreation, "expired-subscription-fails-creation",
            "After a subscription has expired, the next creation in its queue is answered with 503.";
        FalsyOptionsAccepted, "falsy-options-accepted",
            "Subscription options of null, \"\", 0, false or [] are accepted, and nothing is ever delivered.";
        FalsyPolicyDisablesRetries, "falsy-policy-disables-retries",
            "A _retry_policy of null, 0, \"\", false or [] switches all retries off.";
        FalsyValuesPassValidation, "falsy-values-pass-validation",
            "null, \"\", 0.0, [] and {} are accepted whatever type a key asks for.";
        HttpErrorNotRetried, "http-error-not-retried",
            "A first attempt answered 500-599 is not retried.";
        IgnoreFlagOnSubscriptionWins, "ignore-flag-on-subscription-wins",
            "ignore_subscription_override on the subscription discards the subscription's own policy.";
        NegativeDelayStopsSchedule, "negative-delay-stops-schedule",
            "The first negative delay ends the retries.";
        NoRequestTimeout, "no-request-timeout",
            "A subscriber that never answers is waited for without limit.";
        NullPostDataIsEmpty, "null-post-data-is-empty",
            "With post_data of null nothing is sent at first, and every retry has an empty body.";
        OddPostHeadersStopDelivery, "odd-post-headers-stop-delivery",
            "With post_headers that are null or a text nothing is ever delivered.";
        PowerBackoffOneSecondShort, "power-backoff-one-second-short",
            "geometric and exponential delays are computed in floating point and truncated, so some are one second short.";
        RedirectFollowed, "redirect-followed",
            "301, 302 and 303 are followed with a GET that has no body, 307 and 308 with the same POST.";
        RefusedSubscriptionCreatesQueue, "refused-subscription-creates-queue",
            "A subscription that is refused has created its queue all the same.";
        ScheduleRestartsAfterError, "schedule-restarts-after-error",
            "When a first attempt was answered outside 200-599 and the schedule breaks off, it runs again from its start.";
        SubscriptionTtlZeroCrashes, "subscription-ttl-zero-crashes",
            "A subscription created with a ttl of 0 is an internal error, one changed to it is accepted and gone.";
        UndefinedBackoffStopsSchedule, "undefined-backoff-stops-schedule",
            "geometric and exponential with a minimum_delay of 0 or less end the retries before the backoff phase.";
        UnusualStatusEndsRetries, "unusual-status-ends-retries",
            "An answer below 200 or above 599 starts the retries but counts as success during them.";
    }
    Planted {
        ArithmeticAddsUp, "arithmetic-adds-up",
            "Each arithmetic delay includes all those before it.";
        ArithmeticIsLinear, "arithmetic-is-linear",
            "arithmetic gives the delays of linear.";
        BackoffCountOneExtra, "backoff-count-one-extra",
            "arithmetic, geometric and exponential have one delay more than the range asks for.";
        BackoffCountOneShort, "backoff-count-one-short",
            "arithmetic, geometric and exponential have one delay fewer than the range asks for.";
        BackoffDescends, "backoff-descends",
            "The delays of the backoff phase come longest first.";
        BackoffFunctionIgnored, "backoff-function-ignored",
            "The backoff is linear whatever retry_backoff_function says.";
        BackoffIntervalOne, "backoff-interval-one",
            "The interval of the backoff functions is 1 second instead of 5.";
        BackoffIntervalTen, "backoff-interval-ten",
            "The interval of the backoff functions is 10 seconds instead of 5.";
        BackoffLastMissing, "backoff-last-missing",
            "The last delay of the backoff phase is left out.";
        BackoffRoundsUp, "backoff-rounds-up",
            "A backoff delay between two seconds is rounded up.";
        BackoffStartsLate, "backoff-starts-late",
            "The first delay of the backoff phase is left out.";
        BatchInReverse, "batch-in-reverse",
            "The messages of a post are delivered last one first.";
        BatchIsOneNotification, "batch-is-one-notification",
            "The messages of a post are delivered together in one list.";
        BatchOnlyFirst, "batch-only-first",
            "Only the first message of a post is delivered.";
        BatchSecondSkipped, "batch-second-skipped",
            "The second message of a post is not delivered.";
        BatchStopsAfterFailure, "batch-stops-after-failure",
            "When the retries of one message are used up, the later messages of its post are dropped.";
        BodyChangesOnRetry, "body-changes-on-retry",
            "The body of a retry differs from the first attempt's.";
        BodyIsString, "body-is-string",
            "The body of a notification is a string of JSON instead of the JSON itself.";
        ClientErrorRetried, "client-error-retried",
            "A 4xx answer counts as a failure.";
        ConfirmationNotStored, "confirmation-not-stored",
            "A confirmation is answered and forgotten.";
        ConnectionErrorNotRetried, "connection-error-not-retried",
            "A broken connection ends the delivery.";
        ContentTypeWrong, "content-type-wrong",
            "Notifications are sent as text/plain.";
        CountsSwapped, "counts-swapped",
            "minimum_delay_retries and maximum_delay_retries are taken for each other.";
        CreateAgainAnswersCreated, "create-again-answers-created",
            "Creating a queue that exists answers 201.";
        CreateAgainReplacesMetadata, "create-again-replaces-metadata",
            "Creating a queue that exists replaces its metadata.";
        CreateAnswersOk, "create-answers-ok",
            "Creating a queue answers 200.";
        DefaultFunctionWrong, "default-function-wrong",
            "retry_backoff_function is arithmetic unless given.";
        DefaultMaximumDelayRetriesWrong, "default-maximum-delay-retries-wrong",
            "maximum_delay_retries is 5 unless given.";
        DefaultMaximumDelayWrong, "default-maximum-delay-wrong",
            "maximum_delay is 60 unless given.";
        DefaultMinimumDelayRetriesWrong, "default-minimum-delay-retries-wrong",
            "minimum_delay_retries is 5 unless given.";
        DefaultMinimumDelayWrong, "default-minimum-delay-wrong",
            "minimum_delay is 1 unless given.";
        DefaultOverrideWrong, "default-override-wrong",
            "ignore_subscription_override is true unless given.";
        DefaultRetriesWithNoDelayWrong, "default-retries-with-no-delay-wrong",
            "retries_with_no_delay is 5 unless given.";
        DelayCappedAtTwenty, "delay-capped-at-twenty",
            "No delay is longer than 20 seconds.";
        DelayCountsFromTheStart, "delay-counts-from-the-start",
            "A delay counts from the start of the attempt before it instead of from its end.";
        DelayDoubled, "delay-doubled",
            "Every delay is twice as long as it is meant to be.";
        DelayHalved, "delay-halved",
            "Every delay is half as long as it is meant to be.";
        DelayInMilliseconds, "delay-in-milliseconds",
            "Delays are taken for milliseconds.";
        DelayInMinutes, "delay-in-minutes",
            "Delays are taken for minutes.";
        DelayJitter, "delay-jitter",
            "Every other delay above zero is one second longer.";
        DelayOneSecondEarly, "delay-one-second-early",
            "Every delay above zero is one second short.";
        DelayOneSecondLate, "delay-one-second-late",
            "Every delay above zero is one second too long.";
        DelaysAddUp, "delays-add-up",
            "Every delay includes all those before it.";
        DuplicateSubscriptionAdded, "duplicate-subscription-added",
            "A second subscription of the same subscriber is stored beside the first.";
        EmptyPolicyDisablesRetries, "empty-policy-disables-retries",
            "An empty policy means no retries.";
        ErrorDescriptionMissing, "error-description-missing",
            "Error documents have no description.";
        ErrorStatus422, "error-status-422",
            "What is refused with 400 is refused with 422.";
        ErrorTitleMissing, "error-title-missing",
            "Error documents have no title.";
        ErrorTitleWrong, "error-title-wrong",
            "Error documents have the status as their title.";
        ExpiredSubscriberNotified, "expired-subscriber-notified",
            "A subscription whose ttl has passed still receives new messages.";
        ExpiredSubscriptionListed, "expired-subscription-listed",
            "A subscription whose ttl has passed is still listed.";
        ExponentialDoubles, "exponential-doubles",
            "exponential doubles the delay each time until it reaches the maximum.";
        FailedSubscriberStopsTheOthers, "failed-subscriber-stops-the-others",
            "When the retries for one subscriber are used up, the subscribers after it are not notified.";
        FirstAttemptDelayed, "first-attempt-delayed",
            "The first attempt waits 5 seconds.";
        FirstAttemptNotCounted, "first-attempt-not-counted",
            "The first immediate retry is taken for the first attempt: one request too few.";
        FlagIgnored, "flag-ignored",
            "The subscription's policy wins whatever ignore_subscription_override says.";
        FlagInverted, "flag-inverted",
            "ignore_subscription_override means the opposite where it is given.";
        FlagMeansDefaults, "flag-means-defaults",
            "ignore_subscription_override leads to the defaults instead of the queue's policy.";
        FloatsPassAsIntegers, "floats-pass-as-integers",
            "5.5 is accepted where an integer is asked for.";
        FunctionNameAnyCase, "function-name-any-case",
            "retry_backoff_function is read without regard to case.";
        FunctionsOnlyLinear, "functions-only-linear",
            "Only linear is accepted as retry_backoff_function.";
        GeometricIsLinear, "geometric-is-linear",
            "geometric gives the delays of linear.";
        HeadersAddedOnRetry, "headers-added-on-retry",
            "Retries carry a header that the first attempt does not.";
        HeadersLostOnRetry, "headers-lost-on-retry",
            "Retries go out without the subscription's post_headers.";
        ImmediateRetriesWaitOneSecond, "immediate-retries-wait-one-second",
            "The retries without delay wait one second each.";
        LastRetryMissing, "last-retry-missing",
            "The last retry of the schedule is not made.";
        LazyCreationMissing, "lazy-creation-missing",
            "Posting and subscribing to a queue that does not exist answers 404.";
        LinearIncludesMaximum, "linear-includes-maximum",
            "The linear backoff ends with the maximum delay itself.";
        LinearIsGeometric, "linear-is-geometric",
            "linear gives the delays of geometric.";
        MaximumDelayRetriesOneExtra, "maximum-delay-retries-one-extra",
            "One more retry than maximum_delay_retries waits for the maximum delay.";
        MaximumDelayRetriesOneShort, "maximum-delay-retries-one-short",
            "One retry fewer than maximum_delay_retries waits for the maximum delay.";
        MessageTtlUnchecked, "message-ttl-unchecked",
            "A message's ttl may be any integer.";
        MessagesInterleaved, "messages-interleaved",
            "The next message of a post goes out while the one before it is being retried.";
        MinimumAndMaximumSwapped, "minimum-and-maximum-swapped",
            "minimum_delay and maximum_delay are taken for each other.";
        MinimumDelayRetriesOneExtra, "minimum-delay-retries-one-extra",
            "One more retry than minimum_delay_retries waits for the minimum delay.";
        MinimumDelayRetriesOneShort, "minimum-delay-retries-one-short",
            "One retry fewer than minimum_delay_retries waits for the minimum delay.";
        NarrowRangeAccepted, "narrow-range-accepted",
            "The delays may be as close together as they like.";
        NegativeCountsRefused, "negative-counts-refused",
            "A count below 0 is refused.";
        NoBackoffPhase, "no-backoff-phase",
            "The backoff phase is skipped.";
        NoImmediatePhase, "no-immediate-phase",
            "The retries without delay are skipped.";
        NoPostBackoffPhase, "no-post-backoff-phase",
            "The retries with the maximum delay are skipped.";
        NoPreBackoffPhase, "no-pre-backoff-phase",
            "The retries with the minimum delay are skipped.";
        NotificationIsBodyAlone, "notification-is-body-alone",
            "A notification is the message's body and nothing else.";
        NotificationTtlMissing, "notification-ttl-missing",
            "A notification does not say the message's ttl.";
        NotifiedMessageNotStored, "notified-message-not-stored",
            "A message that is sent to subscribers is not kept in the queue.";
        NotifiedTwice, "notified-twice",
            "Every notification is delivered twice.";
        OneRetryExtra, "one-retry-extra",
            "One more retry is made after the last one.";
        OnlyOkSucceeds, "only-ok-succeeds",
            "A 2xx answer other than 200 counts as a failure.";
        OnlyUnavailableFails, "only-unavailable-fails",
            "A 5xx answer other than 503 counts as delivered.";
        OptionsMergedOnPatch, "options-merged-on-patch",
            "Changed subscription options are merged into the old ones instead of replacing them.";
        PartialPolicyNotDefaulted, "partial-policy-not-defaulted",
            "A count that a policy leaves out is 0 instead of its default.";
        PartialPolicyRefused, "partial-policy-refused",
            "A policy that leaves out a count or a delay is refused, unless it is empty.";
        PatchedSubscriberNotUsed, "patched-subscriber-not-used",
            "A changed subscriber is answered and not stored.";
        PatchedTtlIgnored, "patched-ttl-ignored",
            "A changed ttl is answered and not stored.";
        PoliciesMerged, "policies-merged",
            "Keys that the subscription's policy leaves out are taken from the queue's.";
        PolicyOfTheFirstSubscription, "policy-of-the-first-subscription",
            "All subscriptions of a queue follow the policy of the first one.";
        PolicyReadAtRetry, "policy-read-at-retry",
            "A schedule under way follows a policy that is changed meanwhile.";
        PostBackoffBeforeBackoff, "post-backoff-before-backoff",
            "The retries with the maximum delay come before the backoff phase.";
        PostBackoffWaitsMinimum, "post-backoff-waits-minimum",
            "The last retries wait for the minimum delay instead of the maximum.";
        PostDataIgnored, "post-data-ignored",
            "The subscription's post_data is not used.";
        PostHeadersIgnored, "post-headers-ignored",
            "The subscription's post_headers are not used.";
        PreBackoffAfterBackoff, "pre-backoff-after-backoff",
            "The retries with the minimum delay come after the backoff phase.";
        PreBackoffTriesFirst, "pre-backoff-tries-first",
            "A retry with the minimum delay tries before it waits.";
        PreBackoffWaitsMaximum, "pre-backoff-waits-maximum",
            "The first delayed retries wait for the maximum delay instead of the minimum.";
        ProjectsShareQueues, "projects-share-queues",
            "The project of a request is not looked at.";
        ProjectsShareSubscribers, "projects-share-subscribers",
            "A message reaches the subscribers of every project's queue of the same name.";
        QueueDeleteKeepsPolicy, "queue-delete-keeps-policy",
            "Deleting a queue leaves its metadata, and with it the queue.";
        QueueDeleteKeepsSubscriptions, "queue-delete-keeps-subscriptions",
            "Deleting a queue leaves its subscriptions, and with them the queue.";
        QueueNameMissing, "queue-name-missing",
            "A notification does not say the queue's name.";
        QueuePatchAnswersNoContent, "queue-patch-answers-no-content",
            "Changing a queue answers 204 without a document.";
        QueuePatchNotStored, "queue-patch-not-stored",
            "Changes to a queue are answered and not stored.";
        QueuePatchNotValidated, "queue-patch-not-validated",
            "A policy that comes with a change of the queue is not checked.";
        QueuePolicyIgnored, "queue-policy-ignored",
            "The queue's policy is never used.";
        QueuePolicyWins, "queue-policy-wins",
            "The queue's policy wins over the subscription's without being told to.";
        QueuePutNotValidated, "queue-put-not-validated",
            "A policy that comes with the creation of a queue is not checked.";
        QueuesShareSubscribers, "queues-share-subscribers",
            "A message reaches the subscribers of every queue of its project.";
        RangeRuleEleven, "range-rule-eleven",
            "The delays must be 11 seconds apart instead of 10.";
        RangeRuleIgnoresDefaults, "range-rule-ignores-defaults",
            "A delay that is given alone is not compared with the other one's default.";
        RangeRuleNine, "range-rule-nine",
            "The delays must be 9 seconds apart instead of 10.";
        RedirectRetried, "redirect-retried",
            "A 3xx answer counts as a failure.";
        RetriesAfterSuccess, "retries-after-success",
            "A retry that succeeds does not end the schedule.";
        RetriesStopAfterTheFirstPhase, "retries-stop-after-the-first-phase",
            "Only the retries without delay are made.";
        RetriesTryFirst, "retries-try-first",
            "Every retry tries before it waits.";
        RetriesWithNoDelayOneExtra, "retries-with-no-delay-one-extra",
            "One more retry than retries_with_no_delay is made at once.";
        ReversedRangeAccepted, "reversed-range-accepted",
            "A maximum_delay below the minimum_delay is accepted.";
        ScheduleRunsTwice, "schedule-runs-twice",
            "When the schedule has ended, it is run once more.";
        ServerErrorEndsRetries, "server-error-ends-retries",
            "A 5xx answer to a retry ends the schedule.";
        ServerErrorIsSuccess, "server-error-is-success",
            "A 5xx answer counts as delivered on every attempt.";
        StringsPassAsIntegers, "strings-pass-as-integers",
            "\"5\" is accepted where an integer is asked for.";
        SubscribeAnswersOk, "subscribe-answers-ok",
            "Creating a subscription answers 200.";
        SubscribersBeyondTheTenthSkipped, "subscribers-beyond-the-tenth-skipped",
            "Only the first ten subscriptions of a queue are notified.";
        SubscribersTakeTurns, "subscribers-take-turns",
            "A subscriber is notified when the one before it is done with, retries and all.";
        SubscriptionDeleteIgnored, "subscription-delete-ignored",
            "Deleting a subscription is answered and not done.";
        SubscriptionPatchAnswersOk, "subscription-patch-answers-ok",
            "Changing a subscription answers 200.";
        SubscriptionPatchNotValidated, "subscription-patch-not-validated",
            "A policy that comes with a change of the subscription is not checked.";
        SubscriptionPolicyIgnored, "subscription-policy-ignored",
            "The subscription's policy is never used.";
        SubscriptionPostNotValidated, "subscription-post-not-validated",
            "A policy that comes with the creation of a subscription is not checked.";
        SubscriptionTtlIgnored, "subscription-ttl-ignored",
            "A subscription lives for the default ttl whatever it asks for.";
        TimeoutNotRetried, "timeout-not-retried",
            "A subscriber that never answers ends the delivery.";
        UnknownFunctionAccepted, "unknown-function-accepted",
            "A retry_backoff_function that is none is accepted and taken for linear.";
        UnknownKeysRefused, "unknown-keys-refused",
            "A policy with an unknown key is refused.";
        UnusualStatusIsSuccess, "unusual-status-is-success",
            "An answer below 200 or above 599 counts as delivered.";
        ZeroMeansDefault, "zero-means-default",
            "A count or delay of 0 is taken for absent.";
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Deviation {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|deviation| deviation.name() == name).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back() {
        for deviation in Deviation::ALL {
            assert_eq!(deviation.name().parse(), Ok(*deviation));
        }
    }
}
