//! Takes the options that say what to judge: the model, a server at an address, one to launch, or a target file.
//! Gives the place to play on; of a server, once it answers and lets us in.
//! Never leaves a server behind that it started.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use clap::Args;

use super::Error;
use super::target_file::target_file;
use super::words::{option, word};
use crate::rng::Stream;
use crate::scenario::Capability;
use crate::target::{
    Access, LaunchOptions, Launched, ServerOptions, ServerTarget, TargetFile, admitted, host_and_port, launch,
};

/// Which server, and how it reaches back.
#[derive(Clone, Debug, Args)]
pub(super) struct ServerArgs {
    /// How many times fast the clock of a server runs that somebody else started.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) time_scale: Option<u32>,
    /// How many times fast to let the clock of the launched server run (needs libfaketime).
    #[arg(long, value_name = "N", conflicts_with = "time_scale", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) accelerate: Option<u32>,
    /// The address on which subscribers listen (default: 127.0.0.1).
    #[arg(long, value_name = "IP")]
    pub(super) bind: Option<IpAddr>,
    /// The host by which the server reaches the subscribers, where that is not the address of --bind.
    #[arg(long, value_name = "HOST")]
    pub(super) advertise: Option<String>,
    /// Launches the server, `{port}` standing for a free port; it is ended with all its children.
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

/// What plays the model in virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Model,
    Sim,
    Turmoil,
}

impl Engine {
    pub(super) const ALL: [Self; 3] = [Self::Model, Self::Sim, Self::Turmoil];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Sim => "sim",
            Self::Turmoil => "turmoil",
        }
    }
}

/// What to play on.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    Virtual(Engine),
    Server { address: String, scale: u32 },
    Launch { address: Option<String>, accelerate: u32 },
}

impl Chosen {
    /// How many times fast the clock runs; nothing in virtual time.
    pub(super) const fn scale(&self) -> Option<u32> {
        match self {
            Self::Virtual(_) => None,
            Self::Server { scale, .. } | Self::Launch { accelerate: scale, .. } => Some(*scale),
        }
    }

    /// The clock, as a header tells it.
    pub(super) fn clock(&self) -> String {
        match (self, self.scale()) {
            (Self::Virtual(Engine::Turmoil), _) => "virtual, in ticks".into(),
            (_, None) => "virtual".into(),
            (_, Some(1)) => "real".into(),
            (_, Some(scale)) => format!("real, {scale} times fast"),
        }
    }
}

/// The options once the target file has been read, if one was named.
pub(super) struct Named {
    /// What `--target` names, or the file instead of it.
    pub(super) target: Option<String>,
    pub(super) server: ServerArgs,
    /// What else the file says.
    pub(super) file: TargetFile,
    pub(super) access: Access,
}

/// A server that answers; one that was launched ends with this.
pub(super) struct Reached {
    pub(super) target: Arc<ServerTarget>,
    _launched: Option<Launched>,
}

impl ServerArgs {
    /// Fills in what the file that `target` names says and the command line does not.
    pub(super) fn named(mut self, target: Option<String>) -> Result<Named, Error> {
        let Some((mut file, access)) = target_file(target.as_deref())? else {
            return Ok(Named { target, server: self, file: TargetFile::default(), access: Access::default() });
        };
        if self.command.is_empty() {
            self.command = std::mem::take(&mut file.command);
        }
        if self.time_scale.is_none() && self.accelerate.is_none() {
            (self.time_scale, self.accelerate) = (file.time_scale, file.accelerate);
        }
        self.bind = self.bind.or(file.bind);
        self.advertise = self.advertise.or_else(|| file.advertise.take());
        Ok(Named { target: file.url.take(), server: self, file, access })
    }

    /// What is meant, `engines` being possible besides servers; the first of them if nothing is named.
    pub(super) fn choose(&self, target: Option<&str>, engines: &[Engine]) -> Result<Chosen, Error> {
        let usage = |text: &str| Err(Error::Usage(text.into()));
        let scale = self.time_scale.unwrap_or(1);
        let engine = engines.iter().copied().find(|engine| target.is_none_or(|target| target == engine.name()));
        let address = target.filter(|_| engine.is_none()).map(|target| server_address(target, engines)).transpose()?;
        if !self.command.is_empty() {
            return match self.accelerate {
                None if scale > 1 => usage("scale the clock of a launched server: use --accelerate"),
                accelerate => Ok(Chosen::Launch { address, accelerate: accelerate.unwrap_or(1) }),
            };
        }
        if self.accelerate.is_some() {
            return usage("accelerate a server it does not launch: give the command after --, or say --time-scale");
        }
        match address {
            None if scale > 1 => usage("scale the clock of the model: its time is virtual; name a --target"),
            None => Ok(Chosen::Virtual(engine.unwrap_or(Engine::Model))),
            Some(address) => Ok(Chosen::Server { address, scale }),
        }
    }

    /// How a report names what was chosen.
    pub(super) fn name_of(&self, chosen: &Chosen) -> String {
        match chosen {
            Chosen::Virtual(engine) => engine.name().into(),
            Chosen::Server { address, .. } => format!("http://{address}"),
            Chosen::Launch { .. } => self.command.join(" "),
        }
    }

    /// The options with which the same place is reached again; the command ends them, so that `more` stand before it.
    pub(super) fn words(&self, more: impl IntoIterator<Item = String>) -> impl Iterator<Item = String> {
        let clock = option("--time-scale", self.time_scale).chain(option("--accelerate", self.accelerate));
        let command = self.command.iter().map(|part| word(part));
        let separator = (!self.command.is_empty()).then(|| "--".to_owned());
        clock.chain(more).chain(separator).chain(command)
    }

    /// The server at `address`, or the one to launch there, `accelerate` times fast.
    pub(super) async fn reach(
        &self,
        chosen: &Chosen,
        access: &Access,
        jobs: u32,
        capabilities: &[Capability],
    ) -> Result<Reached, Error> {
        let (address, launched) = match chosen.clone() {
            Chosen::Virtual(_) => unreachable!("nobody reaches for what is played in process"),
            Chosen::Server { address, .. } => (address, None),
            Chosen::Launch { address, accelerate } => {
                let launched = launch(LaunchOptions { command: self.command.clone(), address, accelerate }).await?;
                (launched.address.clone(), Some(launched))
            }
        };
        // One message instead of one for each case.
        admitted(&address, access).await?;
        let server = ServerOptions {
            address,
            scale: chosen.scale().unwrap_or(1),
            bind: self.bind.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            advertise: self.advertise.clone(),
            jobs,
            capabilities: capabilities.iter().copied().collect(),
            run: run_name(),
            access: access.clone(),
        };
        Ok(Reached { target: Arc::new(ServerTarget::new(server)), _launched: launched })
    }
}

/// A name that no other run on the same server has.
#[expect(clippy::disallowed_methods, reason = "two runs must differ, so their name comes from the machine")]
fn run_name() -> String {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Stream::new(since.as_nanos() as u64, &std::process::id().to_string()).uuid().to_string()
}

fn server_address(target: &str, engines: &[Engine]) -> Result<String, Error> {
    host_and_port(target).ok_or_else(|| {
        let engines: String = engines.iter().map(|engine| format!("{}, ", engine.name())).collect();
        Error::Usage(format!("use the target {target}: expected {engines}http://host:port or a target file (.json)"))
    })
}
