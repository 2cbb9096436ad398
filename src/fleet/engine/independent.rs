//! Takes a scene in which no delivery gets in another's way, and its posts.
//! Gives every attempt and every end to a watch, one post after the other: the engine without a queue.
//! Never where workers, requests or a subscriber's capacity are limited.

use rayon::prelude::*;

use crate::fleet::figures::Figures;
use crate::fleet::figures::tally::Tally;
use crate::fleet::scene::posts::{Post, Posts};
use crate::fleet::scene::{Job, Open, Scene, Then};
use crate::fleet::watch::Watch;
use crate::fleet::world::{Sender, World};

/// Runs a world delivery by delivery.
pub(in crate::fleet) fn run(world: &World, scene: &Scene, watch: &mut impl Watch) {
    Posts::new(world).for_each(|post| run_post(world, scene, &post, watch));
}

/// The figures of a world, its posts shared out over all cores. What is added up is whole numbers and lists whose order
/// does not matter, so that the number of cores does not show.
pub(in crate::fleet) fn figures(world: &World, scene: &Scene) -> Figures {
    let blank = Tally::new(world);
    let mut total = blank.clone();
    let mut posts = Posts::new(world);
    loop {
        let some: Vec<Post> = posts.by_ref().take(PORTION * rayon::current_num_threads().max(1)).collect();
        if some.is_empty() {
            return total.figures();
        }
        let tallies = some.par_chunks(PORTION).map(|portion| {
            let mut tally = blank.clone();
            portion.iter().for_each(|post| run_post(world, scene, post, &mut tally));
            tally
        });
        tallies.collect::<Vec<_>>().into_iter().for_each(|tally| total.absorb(tally));
    }
}

/// How many posts a core takes at once.
const PORTION: usize = 16_384;

/// One post for one subscriber, to its end.
fn run_post(world: &World, scene: &Scene, post: &Post, watch: &mut impl Watch) {
    let sleeping = matches!(world.sender, Sender::Sleeping { .. });
    let subscriber = scene.groups[post.group as usize].offset + post.member;
    for mut job in Job::of_post(post, subscriber, sleeping) {
        while matches!(scene.attempt(&mut job, &mut Open, watch), Then::Again { .. }) {}
    }
}
