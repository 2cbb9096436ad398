//! Takes a group of subscribers and a moment.
//! Gives [`Met`]: what a request meets that begins then, looked up where it is the same for everybody.
//! Never rolls dice, and never asks a door: where an answer hangs on them it says so.

use super::group::Group;
use super::{Scene, outages};
use crate::fleet::world::{Fails, Nanos};

/// What comes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fleet) struct Met {
    /// How long it takes; for ever is [`Nanos::MAX`].
    pub(in crate::fleet) takes: Nanos,
    pub(in crate::fleet) status: Option<u16>,
    /// Whether it has failed: as a first attempt, and as a retry.
    pub(in crate::fleet) failed: [bool; 2],
    /// Whether it may be answered otherwise, for want of room or by chance.
    pub(super) doubtful: bool,
}

/// A span of time in which every request meets the same.
#[derive(Clone, Copy, Debug)]
pub(in crate::fleet) struct Stretch {
    /// Until before this moment.
    pub(in crate::fleet) until: Nanos,
    pub(in crate::fleet) met: Met,
    /// When the outage is over in which it lies.
    pub(in crate::fleet) over: Option<Nanos>,
}

impl Scene {
    /// What a request to a member of a group meets.
    #[inline(always)]
    pub(super) fn met(&self, group: &Group, member: u32, at: Nanos) -> Met {
        match group.settled.iter().find(|stretch| at < stretch.until) {
            Some(stretch) => stretch.met,
            None => self.work_out(group, member, at),
        }
    }

    #[inline(never)]
    fn work_out(&self, group: &Group, member: u32, at: Nanos) -> Met {
        let (takes, down) = (group.latency(member, at), group.fails(member, at));
        let timeout = self.timeout.unwrap_or(Nanos::MAX);
        let takes = if down == Some(Fails::Hang) { timeout } else { takes.min(timeout) };
        let status = match down {
            _ if self.timeout == Some(takes) => None,
            Some(Fails::Refuse | Fails::Hang) => None,
            Some(Fails::Status(status)) => Some(status),
            None => Some(200),
        };
        let doubtful = down.is_none() && !group.always_answers();
        Met { takes, status, failed: self.verdicts.failed(status), doubtful }
    }

    /// What the requests to a group meet from the start to the horizon; none where something is drawn or in doubt, or the
    /// subscriber changes more often than is worth a list.
    pub(in crate::fleet) fn stretches(&self, index: usize) -> Option<Vec<Stretch>> {
        let group = &self.groups[index];
        if group.always_answers() { self.list(group, STRETCHES_MAX) } else { None }
    }

    /// Looks up from now on what is the same for everybody and changes seldom.
    pub(super) fn settle(&mut self) {
        for index in 0..self.groups.len() {
            let settled = self.list(&self.groups[index], SETTLED_MAX).unwrap_or_default();
            self.groups[index].settled = settled;
        }
    }

    /// All stretches of a group, unless they are drawn or too many.
    fn list(&self, group: &Group, most: usize) -> Option<Vec<Stretch>> {
        if group.is_drawn() {
            return None;
        }
        let (mut stretches, mut at) = (Vec::new(), 0);
        while at < self.horizon {
            if stretches.len() == most {
                return None;
            }
            let over = outages::over(group.down.iter().map(|(times, _)| times), 0, at, self.horizon);
            let until = group.change_after(at).min(self.horizon);
            stretches.push(Stretch { until, met: self.work_out(group, 0, at), over });
            at = until;
        }
        Some(stretches)
    }
}

/// More are not worth a list.
const STRETCHES_MAX: usize = 1 << 16;

/// A few are found faster than a window is asked.
const SETTLED_MAX: usize = 8;
