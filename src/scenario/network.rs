//! Takes the `network` step of a file.
//! Gives the [`Disruption`] it means, or everything that is wrong with it.
//! Never disrupts anything: a simulated network does.

use std::collections::BTreeSet;
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use super::diagnostic::suggest;
use super::document::Problem;
use super::file::{Capability, ScenarioFile, present};
use super::schema::DurationText;
use super::script::read_duration;
use super::spans::Segment;
use crate::time::Duration;

/// Does something to the simulated network between the server and a subscriber, or to a host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// What is done.
    pub event: NetworkEvent,
    /// The name of a subscriber; `"server"` may crash and bounce too.
    pub host: String,
    /// Which way is cut or repaired: that of the requests, that of the answers, or both, as if nothing is said.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Way")]
    pub way: Option<Way>,
    /// How long everything takes from one end to the other, for the event `latency`: `"50ms"`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "DurationText")]
    pub latency: Option<String>,
}

/// What can be done to a simulated network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkEvent {
    /// Starts a host again, with nothing that it had in memory.
    Bounce,
    /// Stops a host: its connections end, and nobody answers a new one.
    Crash,
    /// Holds everything that is and will be on the way between the server and a subscriber.
    Hold,
    /// Sets how long the way between the server and a subscriber takes.
    Latency,
    /// Loses everything that is and will be on the way between the server and a subscriber.
    Partition,
    /// Lets what was held arrive, and holds no more.
    Release,
    /// Ends a partition. What was lost stays lost.
    Repair,
}

/// A way between the server and a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// From the subscriber to the server.
    Answers,
    /// Both.
    Both,
    /// From the server to the subscriber.
    Requests,
}

/// A host of a simulated network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Host {
    /// The server under test.
    Server,
    /// A subscriber, by its name.
    Subscriber(String),
}

/// What is done to a simulated network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the event of the same name in the file format")]
pub enum Disruption {
    Bounce(Host),
    Crash(Host),
    Hold(String),
    Latency(String, Duration),
    Partition(String, Way),
    Release(String),
    Repair(String, Way),
}

impl Disruption {
    /// The subscriber whose way to the server, or whose host, it is about.
    pub fn subscriber(&self) -> Option<&str> {
        match self {
            Self::Bounce(Host::Server) | Self::Crash(Host::Server) => None,
            Self::Bounce(Host::Subscriber(name))
            | Self::Crash(Host::Subscriber(name))
            | Self::Hold(name)
            | Self::Latency(name, _)
            | Self::Partition(name, _)
            | Self::Release(name)
            | Self::Repair(name, _) => Some(name),
        }
    }
}

/// As it is shown to people.
impl fmt::Display for Disruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounce(host) => write!(f, "bounce {host}"),
            Self::Crash(host) => write!(f, "crash {host}"),
            Self::Hold(name) => write!(f, "hold {name}"),
            Self::Latency(name, latency) => write!(f, "latency {name} {}", humantime::format_duration(*latency)),
            Self::Partition(name, way) => write!(f, "partition {name}{way}"),
            Self::Release(name) => write!(f, "release {name}"),
            Self::Repair(name, way) => write!(f, "repair {name}{way}"),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => SERVER,
            Self::Subscriber(name) => name,
        })
    }
}

/// As the end of a sentence: nothing where it is both.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answers => ", answers only",
            Self::Both => "",
            Self::Requests => ", requests only",
        })
    }
}

impl NetworkFile {
    /// What it means; nothing if the checks refuse it.
    pub(super) fn disruption(self) -> Option<Disruption> {
        let host = if self.host == SERVER { Host::Server } else { Host::Subscriber(self.host.clone()) };
        let way = self.way.unwrap_or(Way::Both);
        Some(match self.event {
            NetworkEvent::Bounce => Disruption::Bounce(host),
            NetworkEvent::Crash => Disruption::Crash(host),
            NetworkEvent::Hold => Disruption::Hold(self.host),
            NetworkEvent::Latency => Disruption::Latency(self.host, read_duration(&self.latency?).ok()?),
            NetworkEvent::Partition => Disruption::Partition(self.host, way),
            NetworkEvent::Release => Disruption::Release(self.host),
            NetworkEvent::Repair => Disruption::Repair(self.host, way),
        })
    }

    /// What is wrong with the step at `index`; `down` are the hosts that crashed before it and are not up again.
    pub(super) fn problems(&self, index: usize, file: &ScenarioFile, down: &BTreeSet<&str>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let path = |key: &str| -> Vec<Segment> {
            let mut path = vec!["steps".into(), index.into(), "network".into()];
            path.extend((!key.is_empty()).then(|| Segment::from(key)));
            path
        };
        if !file.needs.contains(&Capability::SimulatedNetwork) {
            let help = Some("write `\"needs\": [\"simulated-network\"]`: not every target has one".to_owned());
            problems.push(Problem::at_key(path(""), "this step needs a simulated network", help));
        }
        problems.extend(self.host_problem(file, down).map(|(message, help)| {
            Problem::at_value(path("host"), message, help) //
        }));
        let cuts = matches!(self.event, NetworkEvent::Partition | NetworkEvent::Repair);
        if self.way.is_some() && !cuts {
            let help = Some("only `partition` and `repair` go one way".to_owned());
            problems.push(Problem::at_key(path("way"), "this event has no way", help));
        }
        problems.extend(self.latency_problem().map(|(key, message, help)| match key {
            true => Problem::at_key(path("latency"), message, help),
            false if self.latency.is_some() => Problem::at_value(path("latency"), message, help),
            false => Problem::at_value(path("event"), message, help),
        }));
        problems
    }

    fn host_problem(&self, file: &ScenarioFile, down: &BTreeSet<&str>) -> Option<(String, Option<String>)> {
        let (host, lives) = (self.host.as_str(), matches!(self.event, NetworkEvent::Crash | NetworkEvent::Bounce));
        let is_subscriber = file.subscribers.contains_key(host);
        if host == SERVER && is_subscriber {
            let help = "call the subscriber something else".to_owned();
            return Some(("`server` is the server, and here a subscriber too".into(), Some(help)));
        }
        if host == SERVER && !lives {
            let help = "name the subscriber: the way is the one between the server and it".to_owned();
            return Some(("the server can crash and bounce, and nothing else".into(), Some(help)));
        }
        if host != SERVER && !is_subscriber {
            let known = file.subscribers.keys().map(String::as_str).chain([SERVER]);
            return Some((format!("no subscriber is called `{host}`"), suggest(host, known)));
        }
        let is_down = down.contains(host);
        match self.event {
            NetworkEvent::Crash if is_down => Some((format!("`{host}` is down already"), None)),
            NetworkEvent::Bounce if !is_down => {
                Some((format!("`{host}` is not down"), Some("let it `crash` before it bounces".into())))
            }
            _ => None,
        }
    }

    /// What is wrong with the latency; `true` if it should not be there at all.
    fn latency_problem(&self) -> Option<(bool, String, Option<String>)> {
        match (self.event, &self.latency) {
            (NetworkEvent::Latency, None) => {
                Some((false, "the latency is missing".into(), Some("write `\"latency\": \"50ms\"`".into())))
            }
            (NetworkEvent::Latency, Some(text)) => match read_duration(text) {
                Err(message) => Some((false, message, Some("write `\"50ms\"` or `\"2s\"`".into()))),
                Ok(latency) if latency.subsec_nanos() % 1_000_000 != 0 => {
                    Some((false, "simulated networks count whole milliseconds".into(), None))
                }
                Ok(_) => None,
            },
            (_, Some(_)) => {
                Some((true, "this event has no latency".into(), Some("only the event `latency` sets one".into())))
            }
            (_, None) => None,
        }
    }
}

/// The name of the server among hosts.
pub(super) const SERVER: &str = "server";
