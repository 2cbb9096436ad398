//! Takes `I/N`, or `auto` and the variables by which schedulers number the jobs of one run.
//! Gives the share of the seeds that is this job's.
//! Never takes a share that was not asked for: a variable alone decides nothing.

use crate::explore::Shard;

/// Reads the value of `--shard`.
pub(super) fn parse_shard(text: &str) -> Result<Shard, String> {
    if text == "auto" {
        return of_job(|name| std::env::var(name).ok()?.parse().ok());
    }
    Shard::parse(text).ok_or_else(|| "expected I/N with I from 1 to N, or auto".into())
}

/// Kubernetes counts from 0, GitLab from 1, Slurm from wherever its array begins.
fn of_job(number: impl Fn(&str) -> Option<u64>) -> Result<Shard, String> {
    let slurm_first = number("SLURM_ARRAY_TASK_MIN").unwrap_or(0);
    let schedulers = [
        ("JOB_COMPLETION_INDEX", 0, "JOB_COMPLETIONS"),
        ("CI_NODE_INDEX", 1, "CI_NODE_TOTAL"),
        ("SLURM_ARRAY_TASK_ID", slurm_first, "SLURM_ARRAY_TASK_COUNT"),
    ];
    let named = schedulers.into_iter().find_map(|(index, first, of)| Some((number(index)?, first, number(of)?)));
    let (index, first, of) = named.ok_or("no scheduler's variables are set: JOB_COMPLETION_INDEX, CI_NODE_INDEX or SLURM_ARRAY_TASK_ID, with their totals")?;
    let number = index.checked_sub(first).map(|before| before + 1).filter(|number| (1..=of).contains(number));
    number.map(|number| Shard { number, of }).ok_or_else(|| format!("job {index} is none of {of}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(variables: &[(&str, u64)], expected: Option<(u64, u64)>) {
        let number = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let expected = expected.map(|(number, of)| Shard { number, of });
        assert_eq!(of_job(number).ok(), expected, "{variables:?}");
    }

    #[test]
    fn schedulers_count_in_their_own_ways() {
        check(&[("JOB_COMPLETION_INDEX", 0), ("JOB_COMPLETIONS", 4)], Some((1, 4)));
        check(&[("CI_NODE_INDEX", 4), ("CI_NODE_TOTAL", 4)], Some((4, 4)));
        let slurm = [("SLURM_ARRAY_TASK_ID", 12), ("SLURM_ARRAY_TASK_MIN", 10), ("SLURM_ARRAY_TASK_COUNT", 3)];
        check(&slurm, Some((3, 3)));
        check(&[("CI_NODE_INDEX", 0), ("CI_NODE_TOTAL", 4)], None);
        check(&[("JOB_COMPLETION_INDEX", 4), ("JOB_COMPLETIONS", 4)], None);
        check(&[], None);
    }
}
