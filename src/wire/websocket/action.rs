//! Takes the name of an action.
//! Gives the action, if it is one.
//! Never knows what it means.

macro_rules! actions {
    ($($action:ident $name:literal)*) => {
        /// What a frame may ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Action {
            $($action,)*
        }

        impl Action {
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            pub(super) fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$action),)* _ => None }
            }
        }
    };
}

// Observed: zaqar 23.0.1; its order.
actions! {
    GetHomeDoc "get_home_doc"
    CheckNodeHealth "check_node_health"
    PingNode "ping_node"
    Authenticate "authenticate"
    QueueList "queue_list"
    QueueCreate "queue_create"
    QueueDelete "queue_delete"
    QueueGet "queue_get"
    QueueGetStats "queue_get_stats"
    QueuePurge "queue_purge"
    MessageList "message_list"
    MessageGet "message_get"
    MessageGetMany "message_get_many"
    MessagePost "message_post"
    MessageDelete "message_delete"
    MessageDeleteMany "message_delete_many"
    ClaimCreate "claim_create"
    ClaimGet "claim_get"
    ClaimUpdate "claim_update"
    ClaimDelete "claim_delete"
    PoolList "pool_list"
    PoolCreate "pool_create"
    PoolUpdate "pool_update"
    PoolGet "pool_get"
    PoolDelete "pool_delete"
    FlavorList "flavor_list"
    FlavorCreate "flavor_create"
    FlavorUpdate "flavor_update"
    FlavorGet "flavor_get"
    FlavorDelete "flavor_delete"
    SubscriptionList "subscription_list"
    SubscriptionCreate "subscription_create"
    SubscriptionDelete "subscription_delete"
    SubscriptionGet "subscription_get"
}
