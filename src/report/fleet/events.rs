//! Takes what an engine tells.
//! Gives it as lines of JSON, one for each attempt and one for each delivery that is over.
//! Never stops an engine: the first line that can't be written is told at the end.

use std::io::{self, Write};

use serde::Serialize;

use crate::fleet::{Ended, Fate, Nanos, Tried, Watch, World};
use crate::policy::Phase;

/// Writes what it is told.
#[derive(Debug)]
pub struct Events<W> {
    out: W,
    groups: Vec<String>,
    failed: Option<io::Error>,
}

/// One line.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Attempt {
        t_ns: Nanos,
        delivery: u64,
        group: &'a str,
        member: u32,
        attempt: u32,
        phase: &'static str,
        posted_ns: Nanos,
        /// Nothing if it never comes.
        ended_ns: Option<Nanos>,
        status: Option<u16>,
        failed: bool,
    },
    End {
        t_ns: Nanos,
        delivery: u64,
        group: &'a str,
        member: u32,
        posted_ns: Nanos,
        attempts: u32,
        fate: &'static str,
    },
}

impl<W: Write> Events<W> {
    /// Writes to `out`, group by name.
    pub fn new(world: &World, out: W) -> Self {
        let groups = world.subscribers.iter().map(|subscriber| subscriber.name.clone()).collect();
        Self { out, groups, failed: None }
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// The first thing that went wrong with any line.
    pub fn finish(mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None => self.out.flush(),
        }
    }

    fn write(out: &mut W, failed: &mut Option<io::Error>, line: &Line<'_>) {
        if failed.is_some() {
            return;
        }
        let written = serde_json::to_writer(&mut *out, line).map_err(io::Error::from);
        *failed = written.and_then(|()| out.write_all(b"\n")).err();
    }
}

impl<W: Write> Watch for Events<W> {
    fn tried(&mut self, tried: &Tried) {
        let line = Line::Attempt {
            t_ns: tried.began,
            delivery: tried.delivery,
            group: &self.groups[tried.group as usize],
            member: tried.member,
            attempt: tried.attempt,
            phase: tried.phase.map_or("first", Phase::name),
            posted_ns: tried.posted,
            ended_ns: Some(tried.ended).filter(|ended| *ended < Nanos::MAX),
            status: tried.status,
            failed: tried.failed,
        };
        Self::write(&mut self.out, &mut self.failed, &line);
    }

    fn ended(&mut self, ended: &Ended) {
        let line = Line::End {
            t_ns: ended.at,
            delivery: ended.delivery,
            group: &self.groups[ended.group as usize],
            member: ended.member,
            posted_ns: ended.posted,
            attempts: ended.attempts,
            fate: match ended.fate {
                Fate::Delivered => "delivered",
                Fate::Rejected => "rejected",
                Fate::Lost => "lost",
                Fate::Collateral => "collateral",
                Fate::Unfinished => "unfinished",
            },
        };
        Self::write(&mut self.out, &mut self.failed, &line);
    }
}
