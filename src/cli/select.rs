//! Takes what a user named on the command line: paths, ids, patterns.
//! Gives the cases meant by it.
//! Never selects nothing silently: a name that means nothing is an error, with the one that was probably meant.

use std::path::{Path, PathBuf};

use clap::Args;
use globset::GlobBuilder;

use super::Error;
use super::shard::parse_shard;
use super::suite::default_suite;
use crate::explore::Shard;
use crate::runner::{Planned, Suite, in_suite, is_builtin, is_there, read_text};
use crate::scenario::Level;
use crate::spelling::hint;

/// Which cases of which suite.
#[derive(Clone, Debug, Args)]
pub(super) struct Selection {
    /// Scenario files or folders, ids, or patterns over ids (`*` one part, `**` any); everything if none is given.
    #[arg(value_name = "PATH|ID|GLOB")]
    names: Vec<String>,
    /// The folder of the suite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    pub(super) suite: PathBuf,
    /// Only cases of at least this level.
    #[arg(long, value_enum)]
    level: Option<Level>,
    /// Only cases of this area, a component of the id; of any of them if given more than once.
    #[arg(long, value_name = "AREA")]
    tag: Vec<String>,
    /// One share of several of the cases, by the hash of their ids, for jobs beside each other; `auto` takes the numbers
    /// that Kubernetes, Slurm or GitLab give their jobs.
    #[arg(long, value_name = "I/N|auto", value_parser = parse_shard)]
    shard: Option<Shard>,
}

impl Selection {
    /// The cases that are meant, in the order of ids; at least one.
    pub(super) fn select(&self) -> Result<Vec<Planned>, Error> {
        let mut plan = select(&self.suite, &self.names)?;
        for tag in &self.tag {
            if !plan.iter().any(|planned| has_tag(planned, tag)) {
                let tags = plan.iter().flat_map(|planned| planned.scenario.id.split('/'));
                let text = format!("select anything: no id has a component {tag}{}", hint(tag, tags));
                return Err(Error::NothingSelected(text));
            }
        }
        let level = self.level.unwrap_or(Level::Info);
        let tagged = |planned: &Planned| self.tag.is_empty() || self.tag.iter().any(|tag| has_tag(planned, tag));
        plan.retain(|planned| planned.scenario.level >= level && tagged(planned));
        let all = plan.len();
        plan.retain(|planned| self.shard.is_none_or(|shard| shard.has(&planned.case.id)));
        if plan.is_empty() && all > 0 {
            return Err(Error::NothingSelected(format!("select anything: none of the {all} cases is in this share")));
        }
        if plan.is_empty() {
            return Err(Error::NothingSelected(format!("select anything: no such case has at least level {level}")));
        }
        Ok(plan)
    }

    /// Whether every case of the suite is meant.
    pub(super) fn is_whole(&self) -> bool {
        self.names.is_empty()
            && self.shard.is_none()
            && self.tag.is_empty()
            && self.level.is_none_or(|level| level == Level::Info)
    }
}

fn has_tag(planned: &Planned, tag: &str) -> bool {
    planned.scenario.id.split('/').any(|part| part == tag)
}

/// The cases that `names` mean, in the order of the suite; all of them if there are no names.
pub(super) fn select(root: &Path, names: &[String]) -> Result<Vec<Planned>, Error> {
    if !is_builtin(root) && !root.is_dir() {
        let text = format!(
            "find the suite: {} is no directory; name one with --suite, or leave it out for the suite in this program",
            root.display()
        );
        return Err(Error::Usage(text));
    }
    let (paths, names): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| is_path(root, name));
    let mut selected =
        if names.is_empty() && !paths.is_empty() { Vec::new() } else { by_name(&Suite::read(root)?, &names)? };
    for path in paths {
        selected.extend(by_path(root, Path::new(path))?);
    }
    selected.sort_by(|one, other| one.case.id.cmp(&other.case.id));
    selected.dedup_by(|one, other| one.case.id == other.case.id);
    Ok(selected)
}

/// A name is a path if something is there and it is not the id of a scenario.
fn is_path(root: &Path, name: &str) -> bool {
    is_there(Path::new(name)) && read_text(&in_suite(root, &format!("{name}.json"))).is_err()
}

fn by_path(root: &Path, path: &Path) -> Result<Vec<Planned>, Error> {
    if path.is_dir() {
        let whole = Suite::read(root)?;
        let inside = |planned: &Planned| Path::new(&planned.scenario.file).starts_with(path);
        let selected: Vec<Planned> = whole.plan().into_iter().filter(inside).collect();
        return if selected.is_empty() { Err(nothing(&path.display().to_string(), &whole)) } else { Ok(selected) };
    }
    Ok(Suite::read_files(root, &[PathBuf::from(path)], Suite::register_of(root)?)?.plan())
}

fn by_name(suite: &Suite, names: &[&String]) -> Result<Vec<Planned>, Error> {
    let plan = suite.plan();
    if names.is_empty() {
        return Ok(plan);
    }
    let mut selected = Vec::new();
    for name in names {
        let before = selected.len();
        let pattern = Pattern::new(name)?;
        selected.extend(plan.iter().filter(|planned| pattern.means(planned)).cloned());
        if selected.len() == before {
            return Err(nothing(name, suite));
        }
    }
    Ok(selected)
}

/// An exact id of a case or scenario, or a pattern over ids.
struct Pattern {
    name: String,
    glob: globset::GlobMatcher,
}

impl Pattern {
    fn new(name: &str) -> Result<Self, Error> {
        let glob = GlobBuilder::new(name).literal_separator(true).build();
        let glob = glob.map_err(|error| Error::Usage(format!("read the pattern {name}: {error}")))?;
        Ok(Self { name: name.into(), glob: glob.compile_matcher() })
    }

    fn means(&self, planned: &Planned) -> bool {
        let (scenario, case) = (&planned.scenario.id, &planned.case.id);
        self.name == *scenario || self.name == *case || self.glob.is_match(scenario) || self.glob.is_match(case)
    }
}

fn nothing(name: &str, suite: &Suite) -> Error {
    let ids = suite.scenarios.iter().map(|scenario| scenario.id.as_str());
    // Stars stand for anything, so they are like nothing.
    let hint = hint(name.trim_end_matches(['*', '/']), ids);
    Error::NothingSelected(format!("select anything: {name} matches no scenario{hint}"))
}
