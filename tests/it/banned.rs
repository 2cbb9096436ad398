//! Takes a call of each kind that would let something in that no seed decides.
//! Gives nothing: clippy itself complains if one of these expectations is not met, which is to say that a ban is gone.
//! Never calls any of it for what it gives.

#[expect(clippy::disallowed_types, reason = "a ban that is tested")]
fn iterates_a_hash_map() -> Option<(u8, u8)> {
    std::collections::HashMap::from([(1, 1)]).into_iter().next()
}

#[expect(clippy::disallowed_types, reason = "a ban that is tested")]
fn iterates_a_hash_set() -> Option<u8> {
    std::collections::HashSet::from([1]).into_iter().next()
}

#[expect(clippy::disallowed_methods, reason = "a ban that is tested")]
fn reads_the_monotonic_clock() -> std::time::Duration {
    std::time::Instant::now().elapsed()
}

#[expect(clippy::disallowed_methods, reason = "a ban that is tested")]
fn reads_the_wall_clock() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

#[expect(clippy::disallowed_methods, reason = "a ban that is tested")]
fn asks_the_system_for_random_keys() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(1)
}

#[expect(clippy::disallowed_methods, reason = "a ban that is tested")]
async fn polls_in_a_random_order() -> u8 {
    tokio::select! {
        () = std::future::ready(()) => 1,
        () = std::future::ready(()) => 2,
    }
}

async fn polls_in_the_order_of_the_branches() -> u8 {
    tokio::select! {
        biased;
        () = std::future::ready(()) => 1,
        () = std::future::ready(()) => 2,
    }
}

#[tokio::test]
async fn what_clippy_bans_compiles_and_so_must_be_banned() {
    assert_eq!((iterates_a_hash_map(), iterates_a_hash_set()), (Some((1, 1)), Some(1)));
    assert!(reads_the_wall_clock() > std::time::UNIX_EPOCH && reads_the_monotonic_clock() >= std::time::Duration::ZERO);
    assert_ne!(asks_the_system_for_random_keys(), asks_the_system_for_random_keys());
    assert!([1, 2].contains(&polls_in_a_random_order().await));
    assert_eq!(polls_in_the_order_of_the_branches().await, 1);
}
