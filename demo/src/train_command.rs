//! The command that trains stages one after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use harness_demo::checkpoint::{self, Shape, WeightType, Weights, random_weights};
use harness_demo::corpus::Stage;
use harness_demo::tokenizer;
use harness_demo::train::model::Model;
use harness_demo::train::run::{Plan, Told, Training};
use harness_demo::train::skills::{Skill, accuracy};
use harness_demo::world::Language;
use tokenizers::Tokenizer;

use crate::say;

/// What to train and where to put it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder that will hold one folder a stage. States of unfinished stages lie in
    /// `.train` below it.
    #[arg(long)]
    out: PathBuf,
    /// Stages to train, in order: base, cpt, sft, base+. All but base start from base.
    #[arg(long, value_delimiter = ',', default_value = "base,cpt,sft")]
    stages: Vec<String>,
    /// Read this many tokens in each stage instead of the plan's.
    #[arg(long)]
    tokens: Option<usize>,
    /// Highest learning rate, instead of the plan's.
    #[arg(long)]
    rate: Option<f64>,
    /// Tokens a step.
    #[arg(long, default_value_t = 2048)]
    batch: usize,
    /// Coefficient of the load-balancing loss.
    #[arg(long, default_value_t = 1e-3)]
    balance: f64,
    /// Steps between checks of what has been learnt; 0 for none.
    #[arg(long, default_value_t = 500)]
    check_every: usize,
}

/// Trains the stages that are asked for.
pub(crate) fn run(seed: u64, arguments: &Arguments) -> Result<()> {
    let stages = stages(&arguments.stages)?;
    for stage in &stages {
        let folder = arguments.out.join(stage.name());
        if folder.exists() {
            bail!("{} exists; remove it or name another --out", folder.display());
        }
    }
    let tokenizer = tokenizer::train(seed, tokenizer::ENTRIES, tokenizer::CHARACTERS)?;
    let tokenizer = Arc::new(tokenizer);
    for stage in stages {
        train(stage, seed, arguments, &tokenizer)?;
    }
    Ok(())
}

fn stages(names: &[String]) -> Result<Vec<Stage>> {
    let known = Stage::ALL.map(Stage::name).join(", ");
    let named = |name: &String| {
        Stage::named(name).with_context(|| format!("unknown stage `{name}`; there are {known}"))
    };
    names.iter().map(named).collect()
}

fn train(stage: Stage, seed: u64, arguments: &Arguments, tokenizer: &Arc<Tokenizer>) -> Result<()> {
    let mut shape = Shape::trained(tokenizer.get_vocab_size(true));
    shape.balance = arguments.balance;
    let plan = plan(stage, seed, arguments);
    let states = arguments.out.join(".train");
    let start = start(stage, seed, &shape, &states)?;
    let folder = states.join(stage.name());
    let mut training = Training::open(plan.clone(), &shape, &start, Arc::clone(tokenizer), &folder)
        .with_context(|| format!("stage {}", stage.name()))?;
    training.run(|told, model| tell(&plan, told, (model, tokenizer), arguments.check_every))?;
    let weights = training.model().weights()?;
    let folder = arguments.out.join(stage.name());
    checkpoint::write(&folder, &shape, &weights, WeightType::Bf16, tokenizer)?;
    check(stage, training.model(), tokenizer, seed)?;
    say(&format!("{}: trained", folder.display()));
    Ok(())
}

fn plan(stage: Stage, seed: u64, arguments: &Arguments) -> Plan {
    let plan = Plan::of(stage, seed);
    Plan {
        tokens: arguments.tokens.unwrap_or(plan.tokens),
        rate: arguments.rate.unwrap_or(plan.rate),
        batch: arguments.batch,
        balance: arguments.balance,
        ..plan
    }
}

/// The weights that a stage starts from: random ones, or those of base before rounding.
fn start(stage: Stage, seed: u64, shape: &Shape, states: &Path) -> Result<Weights> {
    if stage == Stage::Base {
        return Ok(random_weights(shape, seed));
    }
    let state = states.join(Stage::Base.name()).join("state.safetensors");
    harness_demo::train::state::weights(&state)?.with_context(|| {
        format!("{} is missing: train stage base into this --out first", state.display())
    })
}

fn tell(plan: &Plan, told: &Told, (model, tokenizer): (&Model, &Tokenizer), check_every: usize) {
    let Told { step, tokens, loss, balance, norm, speed } = told;
    let (stage, all) = (plan.stage.name(), plan.tokens);
    if step.is_multiple_of(50) {
        say(&format!(
            "{stage} step {step} tokens {tokens}/{all} loss {loss:.3} balance {balance:.3} \
             gradient {norm:.2} {speed:.0} tokens/s"
        ));
    }
    if check_every > 0
        && step.is_multiple_of(check_every)
        && let Err(error) = check(plan.stage, model, tokenizer, plan.seed)
    {
        say(&format!("check failed: {error}"));
    }
}

/// Prints what a model has learnt, in both languages.
fn check(stage: Stage, model: &Model, tokenizer: &Tokenizer, seed: u64) -> Result<()> {
    for language in [Language::English, Language::Hebrew] {
        let mut line = format!("{} {}:", stage.name(), language.tag());
        for skill in Skill::ALL {
            let right = accuracy(model, tokenizer, (skill, language), (seed, 40))?;
            line += &format!("  {} {right:.2}", skill.name());
        }
        say(&line);
    }
    Ok(())
}
