//! Takes a scene and its posts.
//! Gives every attempt and every end to a watch: the engine for deliveries that get in each other's way.
//! Never decides what a request meets: the scene does. Here is who has to wait for whom.

use super::door::Buckets;
use super::queue::{Entry, Queue};
use super::told::Told;
use super::waiting::Waiting;
use crate::fleet::scene::posts::{Post, Posts};
use crate::fleet::scene::{Job, Scene, Then, Wake};
use crate::fleet::watch::Watch;
use crate::fleet::world::{Nanos, Sender, World};

/// Runs a world from its first post to its horizon.
///
/// At one moment everything goes on in the order in which it was decided, and what is under way goes on before
/// anything new is posted.
pub(in crate::fleet) fn run(world: &World, scene: &Scene, watch: &mut impl Watch) {
    let mut posts = Posts::new(world);
    let mut engine = Engine::new(world, scene, watch);
    let mut due = posts.peek();
    loop {
        let latest = due.unwrap_or(Nanos::MAX);
        // Nearly all jobs are found in the tick that is open.
        while let Some(entry) = engine.queue.find(latest) {
            if entry.is_folded() && !engine.limited && engine.wakes_alike(entry) {
                continue;
            }
            let job = engine.queue.take(entry);
            engine.wake(job);
        }
        if let Some(job) = engine.queue.pop(latest) {
            engine.wake_seldom(job);
        } else if let Some(post) = posts.next() {
            engine.post(&post);
            due = posts.peek();
        } else {
            break;
        }
    }
    engine.finish();
}

/// What is under way.
struct Engine<'a, W> {
    scene: &'a Scene,
    watch: &'a mut W,
    queue: Queue,
    door: Buckets,
    waiting: Waiting,
    /// How many workers, or open requests, there may be.
    places: u32,
    taken: u32,
    asleep: u32,
    /// Whether a worker is taken for all of a post, and not for each request.
    sleeping: bool,
    /// Whether anybody may have to wait, or workers are counted because somebody wants to know.
    limited: bool,
}

impl<'a, W: Watch> Engine<'a, W> {
    fn new(world: &World, scene: &'a Scene, watch: &'a mut W) -> Self {
        let (sleeping, places, each) = match world.sender {
            Sender::Sleeping { workers, per_subscriber, .. } => (true, workers, per_subscriber),
            Sender::Rescheduling { in_flight, per_subscriber, .. } => (false, in_flight, per_subscriber),
        };
        let subscribers = world.subscribers.iter().map(|group| group.count as usize).sum();
        Self {
            scene,
            watch,
            queue: Queue::new(world.deliveries()),
            door: Buckets::new(world),
            waiting: Waiting::new(each, subscribers),
            places: places.unwrap_or(u32::MAX),
            taken: 0,
            asleep: 0,
            sleeping,
            limited: places.is_some() || each.is_some() || sleeping && W::ASLEEP,
        }
    }

    fn post(&mut self, post: &Post) {
        let subscriber = self.scene.groups[post.group as usize].offset + post.member;
        for job in Job::of_post(post, subscriber, self.sleeping) {
            if self.enters(&job) {
                self.attempt(job);
            }
        }
    }

    /// A job wants a place: for all it has to do, or for one request. Without one it waits.
    #[inline(always)]
    fn enters(&mut self, job: &Job) -> bool {
        if !self.limited {
            return true;
        }
        let free = self.taken < self.places && self.waiting.admits(job.subscriber);
        if free {
            self.take(job.subscriber, job.at);
        } else {
            self.waiting.push(*job);
            self.tell(job.at);
        }
        free
    }

    fn take(&mut self, subscriber: u32, now: Nanos) {
        self.taken += 1;
        self.waiting.enter(subscriber);
        self.tell(now);
    }

    /// A worker, or a place, is free again.
    #[inline(never)]
    fn leave(&mut self, subscriber: u32, now: Nanos) {
        self.taken -= 1;
        self.waiting.leave(subscriber);
        match self.waiting.pop() {
            Some(job) => {
                self.take(job.subscriber, now);
                self.attempt(Job { at: now, ..job });
            }
            None => self.tell(now),
        }
    }

    #[inline(always)]
    fn wake(&mut self, job: Job) {
        match job.wake {
            Wake::Attempt if self.sleeping => {
                if W::ASLEEP && job.is_awakened() {
                    self.asleep -= 1;
                    self.tell(job.at);
                }
            }
            Wake::Attempt if self.enters(&job) => {}
            Wake::Attempt => return,
            Wake::Free => return self.leave(job.subscriber, job.at),
            Wake::Doze => {
                self.asleep += 1;
                return self.tell(job.at);
            }
        }
        self.attempt(job);
    }

    /// The same out of the way of what happens often.
    #[inline(never)]
    fn wake_seldom(&mut self, job: Job) {
        self.wake(job);
    }

    /// Wakes all those for which one job stands, if what one of them meets is what all meet: it is worked out once. Where
    /// places are limited each has to ask for its own.
    #[inline(never)]
    fn wakes_alike(&mut self, entry: Entry) -> bool {
        let (mut job, count) = self.queue.alike(entry);
        if !self.scene.is_certain(job) {
            return false;
        }
        self.queue.pass(entry, count);
        let mut told = Told::default();
        let then = self.scene.attempt(&mut job, &mut self.door, &mut told);
        for later in 0..count {
            told.again(later, self.watch);
        }
        if matches!(then, Then::Again { .. }) {
            for later in 0..count {
                self.queue.push(job.followed(later));
            }
        }
        true
    }

    #[inline(always)]
    fn attempt(&mut self, mut job: Job) {
        let now = job.at;
        loop {
            let then = self.scene.attempt(&mut job, &mut self.door, self.watch);
            if self.limited
                && let Some((at, wake)) = self.follow_up(then)
            {
                self.queue.push(Job { at, wake, ..job });
            }
            if !matches!(then, Then::Again { .. }) {
                return;
            }
            // What is due at once and would be the first to be woken again need not be put away.
            if job.at != now || self.limited && !self.sleeping || !self.queue.is_clear(now) {
                return self.queue.push(job);
            }
        }
    }

    /// What becomes of the worker or the place, and when.
    fn follow_up(&self, then: Then) -> Option<(Nanos, Wake)> {
        let (ended, delay) = match then {
            Then::Again { ended, delay } => (ended, Some(delay)),
            Then::Done { ended } => (ended, None),
            Then::Never { ended } => (ended, Some(Nanos::MAX)),
        };
        if ended >= self.scene.horizon {
            return None;
        }
        match delay {
            Some(delay) if self.sleeping => (W::ASLEEP && delay > 0).then_some((ended, Wake::Doze)),
            _ => Some((ended, Wake::Free)),
        }
    }

    fn tell(&mut self, now: Nanos) {
        self.watch.pool(now, self.waiting.len(), self.taken, self.asleep);
    }

    /// What never got a place is not over.
    fn finish(mut self) {
        for job in self.waiting.drain() {
            self.scene.abandon(job, self.watch);
        }
    }
}
