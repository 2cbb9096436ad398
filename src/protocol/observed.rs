//! Takes nothing.
//! Gives the deviations that a real release has, each with its name and a sentence, to the macro that is named.
//! Never holds one that nobody has seen: a scenario or a transcript shows it, or a test says why not.

macro_rules! with_observed {
    ($next:ident $($before:tt)*) => {
        $next! {
            $($before)*
            Observed {
            ArithmeticBackoffOneSecondShort, "arithmetic-backoff-one-second-short",
                "The last arithmetic delay is computed in floating point and truncated, so it may be one second short.";
            BatchStopsAfterException, "batch-stops-after-exception",
                "A connection error on one message drops every later message of the same post, even if its retry succeeds.";
            BooleansPassAsIntegers, "booleans-pass-as-integers",
                "true and false are accepted where the guide asks for an integer, and count as 1 and 0.";
            ChunkedBodyUnread, "chunked-body-unread",
                "A body that comes in chunks, without a length, counts as absent.";
            CiphertextHandedOut, "ciphertext-handed-out",
                "Claims, pop, the statistics and subscribers of an encrypted queue get its messages encrypted.";
            ClaimOfGoneMessageCrashes, "claim-of-gone-message-crashes",
                "A claim one of whose messages has expired or gone to another claim can be neither renewed nor released.";
            ClaimStealsLaterMessages, "claim-steals-later-messages",
                "A claim takes the first message that is free and every one after it, claimed or delayed as it may be.";
            ClaimedMessageExpiresEarly, "claimed-message-expires-early",
                "A claim does not lengthen the life of its messages, though they say so; renewing or releasing it does.";
            ClientErrorFailsRetry, "client-error-fails-retry",
                "A 4xx answer ends a first attempt but counts as a failure during retries.";
            ClientIdLengthMisnamed, "client-id-length-misnamed",
                "A Client-ID of a wrong length is refused as a malformed UUID, where it need not be one.";
            ClientMustBeUuid, "client-must-be-uuid",
                "A client whose id is no UUID can not post, even where any id is allowed.";
            ConfirmationNotRetried, "confirmation-not-retried",
                "A confirmation that can't be delivered is not sent again, or by the defaults if the subscription's policy says ignore_subscription_override.";
            DeadLetterStaysClaimed, "dead-letter-stays-claimed",
                "A message in the dead letter queue is held by the claim that moved it until that expires, and keeps its old life.";
            DeletedQueueKeepsClaims, "deleted-queue-keeps-claims",
                "The claims of a deleted queue live on, without their messages, in the next queue of its name.";
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
            ExpiredClaimCrashes, "expired-claim-crashes",
                "A claim that has expired answers 503 to everything, and so do the statistics of its queue.";
            ExpiredMessageKeepsItsPlace, "expired-message-keeps-its-place",
                "A message that has expired counts on pages and in the statistics until a claim comes by.";
            ExpiredSubscriptionFailsCreation, "expired-subscription-fails-creation",
                "After a subscription has expired, the next creation in its queue is answered with 503.";
            ExpiredSubscriptionsHideOthers, "expired-subscriptions-hide-others",
                "Expired subscriptions count in a page, and one of nothing else ends the list and the notification of a post.";
            FalsyMetadataHidden, "falsy-metadata-hidden",
                "Where the metadata of a queue is shown, a stored 0 or \"\" gives way to the default of its key.";
            FalsyOptionsAccepted, "falsy-options-accepted",
                "Subscription options of null, \"\", 0, false or [] are accepted, and nothing is ever delivered.";
            FalsyPolicyDisablesRetries, "falsy-policy-disables-retries",
                "A _retry_policy of null, 0, \"\", false or [] switches all retries off.";
            FalsyValuesPassValidation, "falsy-values-pass-validation",
                "null, \"\", 0.0, [] and {} are accepted whatever type a key asks for.";
            FiltersAfterPaging, "filters-after-paging",
                "A page of messages is cut before those are left out that are not wanted.";
            ForeignIdsCrash, "foreign-ids-crash",
                "The id of a claim or a subscription where a message's belongs is answered with 503, and a claim that is deleted so is broken.";
            HomeDocumentIncomplete, "home-document-incomplete",
                "The home document says nothing of topics, confirmations and some parameters, and misnames claim_id.";
            HttpErrorNotRetried, "http-error-not-retried",
                "A first attempt answered 500-599 is not retried.";
            IgnoreFlagOnSubscriptionWins, "ignore-flag-on-subscription-wins",
                "ignore_subscription_override on the subscription discards the subscription's own policy.";
            ListIgnoresFilters, "list-ignores-filters",
                "The list of queues is not filtered by name or metadata, and its links forget the metadata.";
            MailSubjectInAddressFails, "mail-subject-in-address-fails",
                "Nothing is mailed to a mailto address that gives a subject.";
            MarkerLookedUpByRank, "marker-looked-up-by-rank",
                "A page of queues or messages after the first, or after one that is gone, starts over; claimed messages cannot be listed without a marker.";
            MessageDelayNeedsQueueDelay, "message-delay-needs-queue-delay",
                "The delay of a message is ignored unless its queue has one.";
            MessageIdsGlobal, "message-ids-global",
                "The id of a message reaches it from every queue of every project.";
            MetadataLimitPerRequest, "metadata-limit-per-request",
                "The metadata of a queue can grow past its limit, change by change: only each request is measured.";
            MovedSubscriberStaysConfirmed, "moved-subscriber-stays-confirmed",
                "A confirmed subscription can be changed to any other subscriber, which is notified without being asked.";
            NamesCutAtDots, "names-cut-at-dots",
                "Where queues are listed, a name ends before its first dot.";
            NegativeDelayStopsSchedule, "negative-delay-stops-schedule",
                "The first negative delay ends the retries.";
            NoPoolCrashesPosts, "no-pool-crashes-posts",
                "With pooling and no pool a post of messages is an internal error instead of 503.";
            NoRequestTimeout, "no-request-timeout",
                "A subscriber that never answers is waited for without limit.";
            NullClaimCountCrashes, "null-claim-count-crashes",
                "A _max_claim_count that is no integer beside a _dead_letter_queue lets every claim fail.";
            OddMessageCrashes, "odd-message-crashes",
                "A message that is no object is an internal error.";
            OddPostDataStopsFirstAttempt, "odd-post-data-stops-first-attempt",
                "With post_data that is no text the first attempt is not made; retries send an object as a form, what is empty as nothing, and fail over the rest.";
            OddPostHeadersStopDelivery, "odd-post-headers-stop-delivery",
                "With post_headers that are null or a text nothing is ever delivered.";
            OddShareCrashes, "odd-share-crashes",
                "A wish to share that is no object, or holds methods or a date that are no text, is an internal error.";
            OddSubscriptionCrashes, "odd-subscription-crashes",
                "A subscription that is no object, or whose subscriber is empty, no text or no address, is answered with 503, a change to it with a misleading 400.";
            PatchedGraceUnchecked, "patched-grace-unchecked",
                "The grace of a claim that is renewed may be any integer.";
            PoolNamesUnchecked, "pool-names-unchecked",
                "A pool or a flavor may have any name.";
            PooledCountIsTrue, "pooled-count-is-true",
                "With pooling, a list of queues that is to say how many there are says true.";
            PooledPurgeNeedsQueue, "pooled-purge-needs-queue",
                "With pooling, purging the subscriptions of a queue that does not exist is answered with 503.";
            PowerBackoffOneSecondShort, "power-backoff-one-second-short",
                "geometric and exponential delays are computed in floating point and truncated, so some are one second short.";
            PurgeLeavesMuch, "purge-leaves-much",
                "A purge leaves claimed and delayed messages, and all subscriptions but ten.";
            RedirectFollowed, "redirect-followed",
                "301, 302 and 303 are followed with a GET that has no body, 307 and 308 with the same POST.";
            RedisCatalogueCrashes, "redis-catalogue-crashes",
                "With Redis as the management store, registering or changing a pool or a flavor is an internal error.";
            RefusedPostCreatesQueue, "refused-post-creates-queue",
                "A post that is refused has created its queue all the same.";
            RefusedSubscriptionCreatesQueue, "refused-subscription-creates-queue",
                "A subscription that is refused has created its queue all the same.";
            RemoveIgnoresRoot, "remove-ignores-root",
                "The path of a removal from the metadata of a queue may begin with any word.";
            ScheduleRestartsAfterError, "schedule-restarts-after-error",
                "When a first attempt was answered outside 200-599 and the schedule breaks off, it runs again from its start.";
            ShareCreatesNoQueue, "share-creates-no-queue",
                "Sharing a queue that does not exist does not create it.";
            SignedPathIsAPattern, "signed-path-is-a-pattern",
                "A pre-signed URL opens every path in which a signed one stands anywhere, a dot in it standing for any character.";
            SqlCatalogueCareless, "sql-catalogue-careless",
                "A pool that a flavor uses can be deleted, and one with the address of another is an internal error.";
            SubscribeUrlMissing, "subscribe-url-missing",
                "A confirmation has no SubscribeURL.";
            SubscriptionTtlZeroCrashes, "subscription-ttl-zero-crashes",
                "A subscription created with a ttl of 0 is an internal error, one changed to it is accepted and gone.";
            TopicPartsCrash, "topic-parts-crash",
                "Whatever is asked of a topic's messages or subscriptions is an internal error.";
            TopicsNotKept, "topics-not-kept",
                "Topics are accepted and forgotten, and 503 is answered to whoever asks for one.";
            TrailingNewlineInNames, "trailing-newline-in-names",
                "The name of a queue may end with a line feed.";
            TrustNeedsKeystone, "trust-needs-keystone",
                "Without Keystone a subscriber of type trust+http or trust+https is answered with 503, or never notified if it brings a trust_id.";
            UndefinedBackoffStopsSchedule, "undefined-backoff-stops-schedule",
                "geometric and exponential with a minimum_delay of 0 or less end the retries before the backoff phase.";
            UnexpectedTypeCrashes, "unexpected-type-crashes",
                "Where a document holds a value of a type that nobody expected, the answer is 500 or 503 instead of 400.";
            UnknownMarkerRestarts, "unknown-marker-restarts",
                "A marker that names nothing starts a list of subscriptions from its beginning.";
            UnusualStatusEndsRetries, "unusual-status-ends-retries",
                "An answer below 200 or above 599 starts the retries but counts as success during them.";
            WebsocketNotificationLost, "websocket-notification-lost",
                "A notification for a websocket connection that is gone counts as delivered.";
            WebsocketPostIgnoresQueue, "websocket-post-ignores-queue",
                "What is posted over a websocket has no delay and is not encrypted, whatever the message and its queue say.";
            WebsocketRequestCrashes, "websocket-request-crashes",
                "Over a websocket, some mistakes are answered with 500 and an exception, and some actions end the connection.";
            ZeroCountOmitted, "zero-count-omitted",
                "A list of queues that is to say how many there are does not if there are none.";
            }
        }
    };
}

pub(super) use with_observed;
