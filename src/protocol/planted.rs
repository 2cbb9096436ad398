//! Takes nothing.
//! Gives the deviations made up to test the suite, each with its name and a sentence, to the macro that is named.
//! Never holds one that no scenario catches.

macro_rules! with_planted {
    ($next:ident $($before:tt)*) => {
        $next! {
            $($before)*
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
            ConfirmationIgnoresOptions, "confirmation-ignores-options",
                "post_data and post_headers are not used for confirmations.";
            ConfirmationNotSent, "confirmation-not-sent",
                "New subscribers are not asked to confirm.";
            ConfirmationNotSentAgain, "confirmation-not-sent-again",
                "A subscriber that is subscribed once more before it has confirmed is not asked again.";
            ConfirmationNotStored, "confirmation-not-stored",
                "A confirmation is answered and forgotten.";
            ConfirmationPathWrong, "confirmation-path-wrong",
                "The path in a confirmation names the subscription instead of its confirm resource.";
            ConfirmationTypeWrong, "confirmation-type-wrong",
                "Confirmations have the Message_Type of a notification.";
            ConfirmationUnsigned, "confirmation-unsigned",
                "Confirmations have no signature.";
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
            SignatureNeverExpires, "signature-never-expires",
                "A pre-signed URL opens what it opens for ever.";
            SignatureNotChecked, "signature-not-checked",
                "Any signature is taken for a good one.";
            StringsPassAsIntegers, "strings-pass-as-integers",
                "\"5\" is accepted where an integer is asked for.";
            SubscribeAnswersOk, "subscribe-answers-ok",
                "Creating a subscription answers 200.";
            SubscribersBeyondTheTenthSkipped, "subscribers-beyond-the-tenth-skipped",
                "Only the first ten subscriptions of a queue are notified.";
            SubscribersTakeTurns, "subscribers-take-turns",
                "A subscriber is notified when the one before it is done with, retries and all.";
            SubscriptionBornConfirmed, "subscription-born-confirmed",
                "New subscriptions count as confirmed.";
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
            UnconfirmedNeverNotified, "unconfirmed-never-notified",
                "Subscribers that have not confirmed are not notified although nobody asks them to confirm.";
            UnconfirmedNotified, "unconfirmed-notified",
                "Subscribers are notified before they have confirmed.";
            UnknownFunctionAccepted, "unknown-function-accepted",
                "A retry_backoff_function that is none is accepted and taken for linear.";
            UnknownKeysRefused, "unknown-keys-refused",
                "A policy with an unknown key is refused.";
            UnsubscribeConfirmationNotSent, "unsubscribe-confirmation-not-sent",
                "A subscriber that unsubscribes is not told how to subscribe again.";
            UnsubscribeIgnored, "unsubscribe-ignored",
                "A subscriber that unsubscribes is told so and stays subscribed.";
            UnusualStatusIsSuccess, "unusual-status-is-success",
                "An answer below 200 or above 599 counts as delivered.";
            ZeroMeansDefault, "zero-means-default",
                "A count or delay of 0 is taken for absent.";
            }
        }
    };
}

pub(super) use with_planted;
