//! Takes nothing.
//! Gives the closed list of ways in which a server may differ from the documents, and named sets of them.
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
        AttemptsAreCountedWithoutTheFirst, "first-attempt-not-counted",
            "The first immediate retry is taken for the first attempt: one request too few.";
        BodyChangesOnRetry, "body-changes-on-retry",
            "The body of a retry differs from the first attempt's.";
        DelayDoubled, "delay-doubled",
            "Every delay is twice as long as it is meant to be.";
        DelayOneSecondEarly, "delay-one-second-early",
            "Every delay above zero is one second short.";
        HeadersLostOnRetry, "headers-lost-on-retry",
            "Retries go out without the subscription's post_headers.";
        LinearIncludesMaximum, "linear-includes-maximum",
            "The linear backoff ends with the maximum delay itself.";
        NoBackoffPhase, "no-backoff-phase",
            "The backoff phase is skipped.";
        NoImmediatePhase, "no-immediate-phase",
            "The retries without delay are skipped.";
        NoPostBackoffPhase, "no-post-backoff-phase",
            "The retries with the maximum delay are skipped.";
        NoPreBackoffPhase, "no-pre-backoff-phase",
            "The retries with the minimum delay are skipped.";
        OneRetryExtra, "one-retry-extra",
            "One more retry is made after the last one.";
        PartialPolicyNotDefaulted, "partial-policy-not-defaulted",
            "A count that a policy leaves out is 0 instead of its default.";
        PoliciesMerged, "policies-merged",
            "Keys that the subscription's policy leaves out are taken from the queue's.";
        QueuePolicyIgnored, "queue-policy-ignored",
            "The queue's policy is never used.";
        RetriesAfterSuccess, "retries-after-success",
            "A retry that succeeds does not end the schedule.";
        ServerErrorIsSuccess, "server-error-is-success",
            "A 5xx answer counts as delivered on every attempt.";
        SubscriptionPolicyIgnored, "subscription-policy-ignored",
            "The subscription's policy is never used.";
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

/// A set of deviations: small, copied freely, iterated in the order of [`Deviation::ALL`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deviations(u128);

impl Deviations {
    /// The empty set: a server that does what the documents say.
    pub const NONE: Self = Self(0);

    /// Whether `deviation` is in the set.
    pub const fn has(self, deviation: Deviation) -> bool {
        self.0 & (1 << deviation as u32) != 0
    }

    /// The set with `deviation` added.
    #[must_use]
    pub const fn with(self, deviation: Deviation) -> Self {
        Self(self.0 | 1 << deviation as u32)
    }

    /// The set with `deviation` taken away.
    #[must_use]
    pub const fn without(self, deviation: Deviation) -> Self {
        Self(self.0 & !(1 << deviation as u32))
    }

    /// The members, in order.
    pub fn iter(self) -> impl Iterator<Item = Deviation> {
        Deviation::ALL.iter().copied().filter(move |deviation| self.has(*deviation))
    }
}

impl FromIterator<Deviation> for Deviations {
    fn from_iter<I: IntoIterator<Item = Deviation>>(members: I) -> Self {
        members.into_iter().fold(Self::NONE, Self::with)
    }
}

/// A named set of deviations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// What the documents say: no deviation at all.
    #[default]
    Documented,
    /// What Zaqar 23.0.1 does: every observed deviation.
    Zaqar23,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 2] = [Self::Documented, Self::Zaqar23];

    /// The name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Zaqar23 => "zaqar-23.0.1",
        }
    }

    /// The deviations it stands for.
    pub fn deviations(self) -> Deviations {
        let observed = |deviation: &Deviation| deviation.origin() == Origin::Observed;
        match self {
            Self::Documented => Deviations::NONE,
            Self::Zaqar23 => Deviation::ALL.iter().copied().filter(observed).collect(),
        }
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

    #[test]
    fn all_deviations_fit_the_set() {
        assert!(Deviation::ALL.len() <= 128);
        let everything: Deviations = Deviation::ALL.iter().copied().collect();
        assert_eq!(everything.iter().count(), Deviation::ALL.len());
    }
}
