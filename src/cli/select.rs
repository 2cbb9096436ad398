//! Takes what a user named on the command line: paths, ids, patterns.
//! Gives the cases meant by it.
//! Never selects nothing silently: a name that means nothing is an error with the nearest one that does.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use super::Error;
use crate::runner::{Planned, Suite};

/// The cases that `names` mean, in the order of the suite; all of them if there are no names.
pub(super) fn select(root: &Path, names: &[String]) -> Result<Vec<Planned>, Error> {
    if !root.is_dir() {
        let text = format!(
            "find the suite: {} is no directory; run in the project's folder, or name it with --suite",
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
    Path::new(name).exists() && !root.join(format!("{name}.json")).exists()
}

fn by_path(root: &Path, path: &Path) -> Result<Vec<Planned>, Error> {
    if path.is_dir() {
        let whole = Suite::read(root)?;
        let inside = |planned: &Planned| Path::new(&planned.scenario.file).starts_with(path);
        let selected: Vec<Planned> = whole.plan().into_iter().filter(inside).collect();
        return if selected.is_empty() { Err(nothing(&path.display().to_string(), &whole)) } else { Ok(selected) };
    }
    let register = Suite::read_register(&root.join("requirements.json"))?;
    Ok(Suite::read_files(root, &[PathBuf::from(path)], register)?.plan())
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
    let nearest =
        ids.max_by(|one, other| strsim::jaro_winkler(name, one).total_cmp(&strsim::jaro_winkler(name, other)));
    let hint = nearest.map(|id| format!("; did you mean {id}?")).unwrap_or_default();
    Error::NothingSelected(format!("run anything: {name} matches no scenario{hint}"))
}
