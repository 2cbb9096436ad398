//! Takes what a client is to ask for, how subscribers answer, and a target.
//! Gives a scenario file that the target passes, and says what the models make of it.
//! Never overwrites anything, and never writes a file that the recording itself does not pass.

use std::io::Write;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::Error;
use super::deviation::RulesArgs;
use super::interrupt::stopped;
use super::output::{terminal, tool, write_file};
use super::schedule::{read_json, read_policy};
use super::server_args::{Chosen, Engine, Named, ServerArgs};
use super::suite::default_suite;
use super::words::{option, word};
use crate::judge::{Clockwork, Observed};
use crate::protocol::Deviation;
use crate::runner::{Draft, DraftError, Drafted, Exit, Opinion, Suite, SuiteError, Wanted, alike, opinions};
use crate::scenario::{Case, decode_document};
use crate::schedule::Outcomes;
use crate::sim::{SimTarget, TurmoilTarget};
use crate::target::{self, ATTEMPTS_MAX, ModelTarget, Target};
use crate::time::Duration;

/// Options of `record`.
#[derive(Debug, Args)]
pub(super) struct RecordOptions {
    /// The scenario file to write; none may be there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What to watch: `model`, `sim` or `turmoil` (the model as a server in a simulated network), or the address of a
    /// server such as http://127.0.0.1:8888, or a target file such as my-server.json, which says all about one.
    #[arg(long, value_name = "TARGET", env = "ZAQARCHECK_TARGET")]
    target: Option<String>,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    post: PostArgs,
    /// What comes of each attempt: ok, fail (no answer), or a status; the last repeats. Given more than once, each is a
    /// subscriber of its own.
    #[arg(long, value_name = "LIST", default_value = "fail*2,ok", value_parser = parse_outcomes)]
    outcomes: Vec<Outcomes>,
    /// The silence, on the server's clock, after which nothing more is waited for: 10s. Unless given, 35 s, or more than
    /// twice the longest delay that is to be expected.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    quiet_for: Option<Duration>,
    /// Writes a scenario that expects nothing to arrive, where nothing does.
    #[arg(long)]
    allow_silence: bool,
    /// How often it is recorded again on a server that the machine was too noisy for.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    retry_inconclusive: u32,
    /// The title of the scenario (default: what the subscribers answered, and how many attempts came).
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// A requirement that the scenario is about; may be given more than once (default: retry-after-failure where there
    /// was a retry, else notification-sent).
    #[arg(long, value_name = "ID")]
    requirement: Vec<String>,
    /// The folder of the suite, whose register files cite; unless given, `scenarios` here, or else the suite in this program (`builtin:`).
    #[arg(long, value_name = "DIR", default_value = default_suite(), hide_default_value = true, env = "ZAQARCHECK_SUITE")]
    suite: PathBuf,
    #[command(flatten)]
    server: ServerArgs,
}

/// What the client asks for.
#[derive(Debug, Args)]
struct PostArgs {
    /// The queue's name.
    #[arg(long, value_name = "NAME", default_value = "orders")]
    queue: String,
    /// The queue's policy: JSON, a file, or - for standard input.
    #[arg(long, value_name = "JSON|FILE", conflicts_with = "queue_metadata")]
    policy: Option<String>,
    /// All of the queue's metadata, checked by nobody but the server.
    #[arg(long, value_name = "JSON|FILE")]
    queue_metadata: Option<String>,
    /// The policy of the subscriptions, which counts instead unless the queue's says `ignore_subscription_override`.
    #[arg(long, value_name = "JSON|FILE", conflicts_with = "subscription_options")]
    subscription: Option<String>,
    /// All options of the subscriptions, checked by nobody but the server.
    #[arg(long, value_name = "JSON|FILE")]
    subscription_options: Option<String>,
    /// How many seconds the subscriptions live.
    #[arg(long, value_name = "SECONDS")]
    subscription_ttl: Option<u64>,
    /// The body of a message; given more than once, all are posted at once.
    #[arg(long, value_name = "JSON", default_value = r#"{"n": 1}"#)]
    message: Vec<String>,
    /// How many seconds each message lives.
    #[arg(long, value_name = "SECONDS")]
    ttl: Option<u64>,
}

pub(super) fn run(options: &RecordOptions) -> Result<Exit, Error> {
    let out = options.out.display().to_string();
    if options.out.exists() {
        return Err(Error::Usage(format!("write {out}: it is there already, and nothing is overwritten")));
    }
    let named = options.server.clone().named(options.target.clone())?;
    let chosen = named.server.choose(named.target.as_deref(), &Engine::ALL)?;
    if !named.file.capabilities.is_empty() {
        return Err(DraftError::Confirmation.into());
    }
    let draft = Draft::new(options.wanted()?, &out, Suite::register_of(&options.suite)?)?;
    options.tell_beginning(&draft, &chosen, &named)?;
    let drafted = options.record(&draft, &chosen, &named).map_err(|error| hidden(error, &named))?;
    write_file(&options.out, &drafted.text)?;
    options.tell_end(&drafted, &chosen, &out)
}

impl RecordOptions {
    fn wanted(&self) -> Result<Wanted, Error> {
        let post = &self.post;
        let either = |policy: (&str, &Option<String>), whole: (&str, &Option<String>)| match (policy.1, whole.1) {
            (Some(policy_text), _) => {
                let policy = read_policy(policy.0, policy_text, self.rules.deviations())?;
                Ok::<_, Error>(Some(json!({ "_retry_policy": policy })))
            }
            (None, Some(text)) => read_json(whole.0, text).map(Some),
            (None, None) => Ok(None),
        };
        Ok(Wanted {
            queue: post.queue.clone(),
            metadata: either(("--policy", &post.policy), ("--queue-metadata", &post.queue_metadata))?,
            options: either(
                ("--subscription", &post.subscription),
                ("--subscription-options", &post.subscription_options),
            )?,
            subscription_ttl: post.subscription_ttl,
            messages: post.message.iter().map(|text| message(text)).collect::<Result<_, _>>()?,
            ttl: post.ttl,
            outcomes: self.outcomes.clone(),
            quiet: self.quiet_for,
            title: self.title.clone(),
            requirements: self.requirement.clone(),
        })
    }

    /// Plays the draft until the machine was quiet enough to tell.
    fn record(&self, draft: &Draft, chosen: &Chosen, named: &Named) -> Result<Drafted, Error> {
        if let Chosen::Virtual(engine) = chosen {
            let (observed, clock) = self.play_virtually(*engine, draft)?;
            return Ok(draft.expect(&observed, clock, self.allow_silence)?);
        }
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            let mut stop = pin!(stopped());
            tokio::select! {
                biased;
                () = &mut stop => Err(target::Error::Interrupted.into()),
                drafted = self.record_on_server(draft, chosen, named) => drafted,
            }
        })
    }

    async fn record_on_server(&self, draft: &Draft, chosen: &Chosen, named: &Named) -> Result<Drafted, Error> {
        // One case, and all of it is played at once.
        let reached = named.server.reach(chosen, &named.access, 1, &[]).await?;
        let target = &reached.target;
        let mut left = self.retry_inconclusive;
        loop {
            let observed = target.play(draft.case()).await?;
            match draft.expect(&observed, target.clock(), self.allow_silence) {
                Err(DraftError::Doubtful) if left > 0 => left -= 1,
                done => return Ok(done?),
            }
        }
    }

    fn play_virtually(&self, engine: Engine, draft: &Draft) -> Result<(Observed, Clockwork), target::Error> {
        let (case, deviations) = (draft.case(), self.rules.deviations());
        match engine {
            Engine::Model => Ok((ModelTarget { deviations }.play_now(case)?, Clockwork::Virtual)),
            Engine::Sim => Ok((SimTarget::new(deviations).play_now(case)?, Clockwork::Virtual)),
            Engine::Turmoil => Ok((TurmoilTarget { deviations }.play_now(case)?, Clockwork::Ticking)),
        }
    }

    fn tell_beginning(&self, draft: &Draft, chosen: &Chosen, named: &Named) -> Result<(), Error> {
        let mut out = terminal();
        let mut target = named.server.name_of(chosen);
        if matches!(chosen, Chosen::Virtual(_)) {
            target += &format!("; profile {}", self.rules.name());
        }
        writeln!(out, "{}: recording; target {target}; clock {}", tool(), chosen.clock())?;
        if let Some(scale) = chosen.scale() {
            let takes = draft.forecast().as_secs_f64() / f64::from(scale);
            writeln!(out, "this takes about {takes:.0} s if the server does what the documents or Zaqar do")?;
        }
        if let Some(delay) = draft.hidden() {
            let quiet = draft.case().expect.quiet_s;
            writeln!(out, "note: a delay of {delay} s is to be expected, and {quiet} s of silence end the recording")?;
        }
        Ok(out.flush()?)
    }

    fn tell_end(&self, drafted: &Drafted, chosen: &Chosen, file: &str) -> Result<Exit, Error> {
        let mut out = terminal();
        for line in &drafted.seen {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{file}: written; what was recorded passes it")?;
        let opinions = opinions(&drafted.case);
        for opinion in &opinions {
            tell_opinion(opinion, &mut out)?;
        }
        let documented = opinions[0].differences.is_empty();
        let blamed = if documented { Vec::new() } else { tell_alike(&drafted.case, &mut out)? };
        writeln!(out, "\nNext:")?;
        // It would complain of nothing but the difference to the documents.
        if documented {
            writeln!(out, "  zaqarcheck lint {}", word(file))?;
        }
        for deviation in blamed {
            writeln!(out, "  zaqarcheck explain {deviation}")?;
        }
        writeln!(out, "  zaqarcheck run {}{}", word(file), self.again(chosen))?;
        out.flush()?;
        Ok(Exit::Conforms)
    }

    /// The options with which `run` plays the file where it was recorded.
    fn again(&self, chosen: &Chosen) -> String {
        let mut words: Vec<String> = option("--target", self.target.as_ref()).collect();
        if matches!(chosen, Chosen::Virtual(_)) {
            words.extend(self.rules.words());
        }
        words.extend(self.server.words([]));
        words.into_iter().map(|word| format!(" {word}")).collect()
    }
}

fn tell_opinion(opinion: &Opinion, out: &mut impl Write) -> Result<(), Error> {
    let (name, differences) = (opinion.profile.name(), &opinion.differences);
    if differences.is_empty() {
        return Ok(writeln!(out, "the model under {name} passes it, too")?);
    }
    writeln!(out, "the model under {name} does not:")?;
    for check in differences {
        writeln!(out, "  {}: the file says {}, the model {}", check.path, check.expected, check.observed)?;
    }
    Ok(())
}

/// What else a server may be that passes the file; gives the deviations that are told.
fn tell_alike(case: &Arc<Case>, out: &mut impl Write) -> Result<Vec<Deviation>, Error> {
    let alike = alike(case);
    match alike.len() {
        0 => writeln!(out, "no known deviation, by itself, explains the difference to the documents")?,
        1 => writeln!(out, "the documented model passes it with:")?,
        _ => writeln!(out, "the documented model passes it with any of:")?,
    }
    let told: Vec<Deviation> = alike.iter().take(ALIKE_MAX).flatten().copied().collect();
    for deviation in &told {
        writeln!(out, "  {deviation}: {}", deviation.sentence())?;
    }
    if alike.len() > ALIKE_MAX {
        writeln!(out, "  ... and {} more", alike.len() - ALIKE_MAX)?;
    }
    Ok(told)
}

/// A server may answer with all that it was sent.
fn hidden(error: Error, named: &Named) -> Error {
    match error {
        Error::Draft(DraftError::Refused { request, status, answer }) => {
            Error::Draft(DraftError::Refused { request, status, answer: named.access.hide(&answer) })
        }
        other => other,
    }
}

fn message(text: &str) -> Result<Value, Error> {
    decode_document("--message", text).map_err(|flaws| SuiteError::flawed(text.to_owned(), flaws).into())
}

fn parse_outcomes(text: &str) -> Result<Outcomes, String> {
    let outcomes: Outcomes = text.parse()?;
    let many = outcomes.one_by_one().take(ATTEMPTS_MAX + 1).count() > ATTEMPTS_MAX;
    if many { Err(format!("more than {ATTEMPTS_MAX} attempts; the last outcome repeats")) } else { Ok(outcomes) }
}

/// More would be a list to choose from, and no explanation.
const ALIKE_MAX: usize = 4;
