//! Takes bytes at one end of a connection.
//! Gives them at the other when their time has come, or never, as the network and the connection's fault say.
//! Never sends anything again: what is lost is lost, and what came after it with it.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::fault::Fault;
use super::net::{HostId, Net, Passage};
use crate::clock::Clock;
use crate::subscriber::Connection;
use crate::time::{Duration, Instant};

/// What travels one way.
#[derive(Debug)]
pub(super) enum Segment {
    Bytes(Bytes),
    Fin,
    Reset,
}

/// When a segment arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    At(Instant),
    /// Not before it is released.
    Held,
}

/// One way of a connection.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) from: HostId,
    pub(super) to: HostId,
    segments: VecDeque<(Due, Segment)>,
    /// A segment was lost: those after it can't be put in their place.
    broken: bool,
    reader: Option<Waker>,
}

impl Pipe {
    const fn new(from: HostId, to: HostId) -> Self {
        Self { from, to, segments: VecDeque::new(), broken: false, reader: None }
    }

    fn push(&mut self, due: Due, segment: Segment) {
        if !self.broken {
            self.segments.push_back((due, segment));
            self.wake();
        }
    }

    /// Loses what has not arrived yet.
    pub(super) fn lose(&mut self, now: Instant) {
        let before = self.segments.len();
        self.segments.retain(|(due, _)| matches!(due, Due::At(at) if *at <= now));
        self.broken |= self.segments.len() < before;
    }

    /// Holds what has not arrived yet.
    pub(super) fn hold(&mut self, now: Instant) {
        for (due, _) in &mut self.segments {
            if matches!(due, Due::At(at) if *at > now) {
                *due = Due::Held;
            }
        }
        self.wake();
    }

    /// Lets arrive what was held.
    pub(super) fn release(&mut self, now: Instant) {
        for (due, _) in &mut self.segments {
            if *due == Due::Held {
                *due = Due::At(now);
            }
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    /// Whether something has arrived that nobody has read.
    fn has_unread(&self, now: Instant) -> bool {
        matches!(self.segments.front(), Some((Due::At(at), Segment::Bytes(_))) if *at <= now)
    }
}

/// Both ways of a connection, and what goes wrong with it.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) pipes: [Pipe; 2],
    fault: Option<Fault>,
    /// How many bytes were sent, both ways together.
    carried: usize,
    /// When the last slow byte has been sent.
    busy_until: Instant,
}

/// A connection as both ends share it.
pub(super) type SharedWire = Arc<Mutex<Wire>>;

/// Both ends of a new connection; the first is the one that dialled.
pub(super) fn connect(net: &Net, from: HostId, to: HostId, fault: Option<Fault>) -> [SimStream; 2] {
    let pipes = [Pipe::new(from, to), Pipe::new(to, from)];
    let wire = Arc::new(Mutex::new(Wire { pipes, fault, carried: 0, busy_until: Instant::START }));
    net.keep(&wire);
    [0, 1].map(|end| SimStream { net: net.clone(), wire: Arc::clone(&wire), end, alarm: None, shut: false })
}

impl Wire {
    /// Sends bytes from `end`, as far as the fault lets them.
    fn send_bytes(&mut self, end: usize, mut bytes: Bytes, now: Instant, passage: Passage) {
        let (limit, resets) = match self.fault {
            Some(Fault::BlackHoleAfter(limit)) => (limit, false),
            Some(Fault::ResetAfter(limit)) => (limit, true),
            _ => (usize::MAX, false),
        };
        let room = limit.saturating_sub(self.carried);
        let cut = room < bytes.len();
        bytes.truncate(room);
        self.carried += bytes.len();
        let slow = match self.fault {
            Some(Fault::SlowBytes(each)) => {
                self.busy_until = self.busy_until.max(now) + each * bytes.len() as u32;
                self.busy_until.since(now)
            }
            _ => Duration::ZERO,
        };
        if !bytes.is_empty() {
            self.send(end, Segment::Bytes(bytes), now, passage.later(slow));
        }
        if cut && resets {
            self.send(end, Segment::Reset, now, passage.later(slow));
            self.pipes[1 - end].push(Due::At(now), Segment::Reset);
        }
        if cut {
            // Nothing more gets through, not even a farewell.
            self.pipes.iter_mut().for_each(|pipe| pipe.broken = true);
        }
    }

    fn send(&mut self, end: usize, segment: Segment, now: Instant, passage: Passage) {
        match passage {
            Passage::After(latency) => {
                let due = now + latency;
                self.pipes[end].push(Due::At(due), segment);
            }
            Passage::Held => self.pipes[end].push(Due::Held, segment),
            Passage::Lost => self.pipes[end].broken = true,
        }
    }
}

/// A sleep under way.
type Alarm = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One end of a connection in memory.
pub struct SimStream {
    net: Net,
    wire: SharedWire,
    end: usize,
    /// Rings when the next segment arrives.
    alarm: Option<(Instant, Alarm)>,
    shut: bool,
}

impl SimStream {
    /// Ends the connection so that the other end reads a reset.
    pub(super) fn reset_now(&mut self) {
        self.send(Segment::Reset);
        self.shut = true;
    }

    fn send(&self, segment: Segment) {
        let mut wire = lock(&self.wire);
        let passage = self.net.passage(wire.pipes[self.end].from, wire.pipes[self.end].to);
        let now = self.net.clock().now();
        match segment {
            Segment::Bytes(bytes) => wire.send_bytes(self.end, bytes, now, passage),
            other => {
                // It does not overtake slow bytes.
                let slow = wire.busy_until.since(now);
                wire.send(self.end, other, now, passage.later(slow));
            }
        }
    }

    /// Waits for an instant, and asks again then.
    fn wait(&mut self, at: Instant, clock: Clock, context: &mut Context<'_>) -> Poll<()> {
        if self.alarm.as_ref().is_none_or(|(set, _)| *set != at) {
            self.alarm = Some((at, Box::pin(clock.sleep_until(at))));
        }
        let (_, alarm) = self.alarm.as_mut().expect("it has just been set");
        let rung = alarm.as_mut().poll(context);
        if rung.is_ready() {
            self.alarm = None;
        }
        rung
    }
}

impl AsyncRead for SimStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let clock = self.net.clock();
            let wire = Arc::clone(&self.wire);
            let mut wire = lock(&wire);
            let pipe = &mut wire.pipes[1 - self.end];
            let at = match pipe.segments.front_mut() {
                Some((Due::At(at), segment)) if *at <= clock.now() => match segment {
                    Segment::Bytes(bytes) => {
                        let taken = bytes.len().min(buffer.remaining());
                        buffer.put_slice(&bytes[..taken]);
                        bytes.advance(taken);
                        if bytes.is_empty() {
                            pipe.segments.pop_front();
                        }
                        return Poll::Ready(Ok(()));
                    }
                    Segment::Fin => return Poll::Ready(Ok(())),
                    Segment::Reset => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
                },
                Some((Due::At(at), _)) => *at,
                Some((Due::Held, _)) | None => {
                    pipe.reader = Some(context.waker().clone());
                    return Poll::Pending;
                }
            };
            // A hold may come before the segment does.
            pipe.reader = Some(context.waker().clone());
            drop(wire);
            if self.wait(at, clock, context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl AsyncWrite for SimStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.shut {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        self.send(Segment::Bytes(Bytes::copy_from_slice(bytes)));
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !std::mem::replace(&mut self.shut, true) {
            self.send(Segment::Fin);
        }
        Poll::Ready(Ok(()))
    }
}

impl Connection for SimStream {
    fn reset(&mut self) -> io::Result<()> {
        self.reset_now();
        Ok(())
    }
}

/// As a kernel does it: a farewell, or a reset if something arrived that nobody read.
impl Drop for SimStream {
    fn drop(&mut self) {
        let unread = lock(&self.wire).pipes[1 - self.end].has_unread(self.net.clock().now());
        if unread {
            self.send(Segment::Reset);
        } else if !self.shut {
            self.send(Segment::Fin);
        }
    }
}

impl std::fmt::Debug for SimStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimStream").field("end", &self.end).finish_non_exhaustive()
    }
}

/// A panic elsewhere has its own report; what is behind the lock is whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
