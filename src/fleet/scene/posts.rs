//! Takes the arrivals of a world.
//! Gives [`Posts`]: every post for every subscriber, in the order of time, one at a time.
//! Never lists them: a world may hold millions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::dice::Dice;
use super::even::Even;
use crate::fleet::world::{Arrivals, Deal, Nanos, Pattern, SECOND, World};

/// One post for one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Post {
    /// When.
    pub(in crate::fleet) at: Nanos,
    /// The number of the delivery of its first message.
    pub(super) delivery: u64,
    /// How many messages it holds.
    pub(super) batch: u32,
    /// The index of the subscriber's group.
    pub(in crate::fleet) group: u32,
    /// Which of the group it is.
    pub(in crate::fleet) member: u32,
}

/// The posts of a world before its horizon.
///
/// At one moment those of the first arrivals come first, and of these the earlier post; a post goes to its groups in
/// the order of [`Arrivals::to`] and to the members of a group in their order.
#[derive(Debug)]
pub(in crate::fleet) struct Posts<'a> {
    world: &'a World,
    gaps: Dice,
    deals: Dice,
    /// The next post of each arrivals: when, of which, and its number.
    next: BinaryHeap<Reverse<(Nanos, usize, u64)>>,
    current: Option<Current>,
    delivery: u64,
}

/// The post that is being dealt.
#[derive(Clone, Copy, Debug)]
struct Current {
    at: Nanos,
    arrivals: usize,
    number: u64,
    /// To which place of [`Arrivals::to`], and which member, it goes next.
    place: usize,
    member: u32,
}

impl<'a> Posts<'a> {
    pub(in crate::fleet) fn new(world: &'a World) -> Self {
        let (gaps, deals) = (gaps(world), Dice::new(world.seed, "fleet/deals"));
        let first = |arrivals| Some(Reverse((moment(world, gaps, arrivals, 0, None)?, arrivals, 0)));
        let next = (0..world.arrivals.len()).filter_map(first).collect();
        Self { world, gaps, deals, next, current: None, delivery: 0 }
    }

    /// When the next one comes.
    pub(in crate::fleet) fn peek(&self) -> Option<Nanos> {
        self.current.map(|current| current.at).or_else(|| self.next.peek().map(|Reverse((at, _, _))| *at))
    }

    fn begin(&mut self) -> Option<Current> {
        let mut first = self.next.peek_mut()?;
        let Reverse((at, arrivals, number)) = *first;
        match moment(self.world, self.gaps, arrivals, number + 1, Some(at)) {
            Some(later) => *first = Reverse((later, arrivals, number + 1)),
            None => drop(PeekMut::pop(first)),
        }
        Some(Current { at, arrivals, number, place: 0, member: 0 })
    }

    /// The member of the group at the current place that gets the post, and what is left of it.
    fn deal(&self, mut current: Current, arrivals: &Arrivals) -> (u32, Option<Current>) {
        let count = self.world.subscribers[arrivals.to[current.place]].count;
        let member = match arrivals.deal {
            Deal::Each => current.member,
            Deal::One => {
                let dice = self.deals.at(current.arrivals as u64, current.place as u64);
                dice.up_to(current.number, 0, u64::from(count - 1)) as u32
            }
        };
        current.member += 1;
        if arrivals.deal == Deal::One || current.member == count {
            (current.place, current.member) = (current.place + 1, 0);
        }
        (member, (current.place < arrivals.to.len()).then_some(current))
    }
}

impl Iterator for Posts<'_> {
    type Item = Post;

    fn next(&mut self) -> Option<Post> {
        let current = match self.current {
            Some(current) => current,
            None => self.begin()?,
        };
        let arrivals = &self.world.arrivals[current.arrivals];
        let (member, rest) = self.deal(current, arrivals);
        self.current = rest;
        let (delivery, batch) = (self.delivery, arrivals.batch);
        self.delivery += u64::from(batch);
        Some(Post { at: current.at, delivery, batch, group: arrivals.to[current.place] as u32, member })
    }
}

/// When the posts of these arrivals come, before the horizon.
pub(in crate::fleet) fn moments(world: &World, arrivals: usize) -> impl Iterator<Item = Nanos> {
    let gaps = gaps(world);
    let mut before = None;
    (0..).map_while(move |number| {
        before = moment(world, gaps, arrivals, number, before);
        before
    })
}

/// When post `number` of these arrivals comes, `before` being when the one before it came; none from the horizon on.
fn moment(world: &World, gaps: Dice, arrivals: usize, number: u64, before: Option<Nanos>) -> Option<Nanos> {
    let at = match world.arrivals[arrivals].pattern {
        Pattern::Poisson { from, until, per_kilosecond } => {
            let mean = (1000 * SECOND) as f64 / per_kilosecond as f64;
            let gap = gaps.exponential(arrivals as u64, number, mean);
            Some(before.unwrap_or(from).saturating_add(gap)).filter(|at| *at < until)
        }
        Pattern::Trace(ref moments) => usize::try_from(number).ok().and_then(|number| moments.get(number).copied()),
        ref even => Even::of(even)?.at(number),
    };
    at.filter(|at| *at < world.horizon)
}

fn gaps(world: &World) -> Dice {
    Dice::new(world.seed, "fleet/posts")
}
