//! Takes world files, and policies on the command line.
//! Gives the worlds that are compared, each with a name.
//! Never changes anything but the policy where policies are compared.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::Error;
use super::super::schedule::{name_of, read_policy, split_name};
use super::world::read_world;
use crate::fleet::{Entrant, Jitter, Policy, World};
use crate::policy::select;

/// Which worlds.
#[derive(Debug, Args)]
pub(super) struct EntrantArgs {
    /// The worlds: JSON files; `zaqarcheck schema fleet` says what they may hold.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Puts everybody under this policy instead; may be given more than once, with one file.
    #[arg(long, value_name = "[NAME=]JSON|FILE")]
    policy: Vec<String>,
    /// Draws other random numbers than the file's seed gives.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Worlds to look at.
#[derive(Debug)]
pub(super) struct Entrants {
    /// What they have in common.
    pub(super) title: String,
    /// The worlds. Never empty.
    pub(super) all: Vec<Entrant>,
}

impl EntrantArgs {
    /// The first file.
    pub(super) fn file(&self) -> &Path {
        self.files.first().expect("clap requires one")
    }

    /// The only file, where there is to be one.
    pub(super) fn only_file(&self, verb: &str) -> Result<&Path, Error> {
        match self.files.as_slice() {
            [file] => Ok(file),
            files => Err(Error::Usage(format!("{verb} {} worlds at once; name one file", files.len()))),
        }
    }

    /// The worlds as they are in their files, or one world under each policy.
    pub(super) fn read(&self) -> Result<Entrants, Error> {
        if self.files.len() > 1 && !self.policy.is_empty() {
            let why = "put several worlds under other policies: name one file with --policy, or files without it";
            return Err(Error::Usage(why.into()));
        }
        let described = self.files.iter().map(|file| read_world(file)).collect::<Result<Vec<_>, Error>>()?;
        let mut all: Vec<Entrant> = self
            .files
            .iter()
            .zip(&described)
            .map(|(file, d)| Entrant { name: stem(file), world: d.world.clone() })
            .collect();
        let title = described.first().map(|d| d.title.clone()).filter(|title| !title.is_empty() && all.len() == 1);
        let title = title.unwrap_or_else(|| all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", "));
        for entrant in &mut all {
            entrant.world.seed = self.seed.unwrap_or(entrant.world.seed);
        }
        if let ([own], false) = (all.as_slice(), self.policy.is_empty()) {
            all = self.under(own)?;
        }
        distinct(&mut all);
        Ok(Entrants { title, all })
    }

    /// A world as it is, and under each of the policies that are named.
    fn under(&self, own: &Entrant) -> Result<Vec<Entrant>, Error> {
        let name = match own.world.policies.as_slice() {
            [policy] => policy.name.clone(),
            _ => own.name.clone(),
        };
        let mut all = vec![Entrant { name, world: own.world.clone() }];
        for argument in &self.policy {
            let (name, argument) = split_name(argument);
            let selected = select(Some(&read_policy("--policy", argument, own.world.rules)?), None, own.world.rules);
            let name = name.map_or_else(|| name_of(&selected, "the defaults"), str::to_owned);
            let policy = Policy { name: name.clone(), selected, jitter: jitter(&own.world) };
            all.push(Entrant { name, world: own.world.under(policy) });
        }
        Ok(all)
    }
}

/// What all policies of a world do to their delays; nothing if they do not agree.
pub(super) fn jitter(world: &World) -> Jitter {
    let mut all = world.policies.iter().map(|policy| policy.jitter);
    let first = all.next().unwrap_or(Jitter::None);
    if all.all(|other| other == first) { first } else { Jitter::None }
}

/// A world with several policies, once under each of them.
pub(super) fn each_policy(entrant: &Entrant) -> Vec<Entrant> {
    let policies = entrant.world.policies.iter();
    policies.map(|policy| Entrant { name: policy.name.clone(), world: entrant.world.under(policy.clone()) }).collect()
}

/// What a file is called without its folder and ending.
pub(super) fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// Names that are there twice get a number.
fn distinct(all: &mut [Entrant]) {
    let mut seen = BTreeSet::new();
    for entrant in all {
        let name = entrant.name.clone();
        let mut number = 2;
        while !seen.insert(entrant.name.clone()) {
            entrant.name = format!("{name} ({number})");
            number += 1;
        }
    }
}
