//! The command that trains stages one after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use harness_demo::checkpoint::Shape;
use harness_demo::corpus::Stage;
use harness_demo::train::model::Model;
use harness_demo::train::run::{Plan, Told};
use harness_demo::train::skills::{Skill, accuracy};
use harness_demo::train::stages::{Lineage, shared_tokenizer};
use harness_demo::train::{card, probe};
use harness_demo::world::Language;
use tokenizers::Tokenizer;

use crate::{say, studies};

/// What to train and where to put it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder that will hold one folder a stage. States of unfinished stages lie in
    /// `.train` below it.
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// Stages to train, in order: base, cpt, sft, base+. All but base start from base.
    #[arg(long, value_delimiter = ',', default_value = "base,cpt,sft")]
    stages: Vec<String>,
    /// Train this many lineages of base and cpt instead, from as many seeds, and compare them.
    #[arg(long, conflicts_with = "ablate_aux")]
    seeds: Option<u64>,
    /// Train cpt once for each of these coefficients of the load-balancing loss instead.
    #[arg(long, value_delimiter = ',')]
    ablate_aux: Vec<f64>,
    /// Read this many tokens in each stage instead of the plan's.
    #[arg(long)]
    tokens: Option<usize>,
    /// Highest learning rate, instead of the plan's.
    #[arg(long)]
    rate: Option<f64>,
    /// Tokens a step, instead of the plan's.
    #[arg(long)]
    batch: Option<usize>,
    /// Coefficient of the load-balancing loss, instead of the plan's.
    #[arg(long)]
    balance: Option<f64>,
    /// Steps between checks of what has been learnt; 0 for none.
    #[arg(long, default_value_t = 500)]
    check_every: usize,
    /// Questions by which the model card measures each skill; 0 for none.
    #[arg(long, default_value_t = 100)]
    questions: usize,
}

/// Trains what is asked for.
pub(crate) fn run(seed: u64, arguments: &Arguments) -> Result<()> {
    let stages = stages(&arguments.stages)?;
    if let Some(count) = arguments.seeds {
        return studies::seeds(seed..seed + count, arguments);
    }
    if !arguments.ablate_aux.is_empty() {
        return studies::ablation(seed, &arguments.ablate_aux, arguments);
    }
    let lineage = lineage(seed, arguments, &arguments.out)?;
    for &stage in &stages {
        lineage.refuse_existing(stage)?;
    }
    for stage in stages {
        train_and_write(&lineage, &plan(stage, seed, arguments), arguments)?;
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

/// The stages of a folder, with the tokenizer that they share.
pub(crate) fn lineage(seed: u64, arguments: &Arguments, folder: &Path) -> Result<Lineage> {
    let tokenizer = shared_tokenizer(folder, seed)?;
    let mut shape = Shape::trained(tokenizer.get_vocab_size(true));
    shape.balance = plan(Stage::Base, seed, arguments).balance;
    Ok(Lineage::new(folder, shape, Arc::new(tokenizer)))
}

/// The plan of a stage with what the command line changes.
pub(crate) fn plan(stage: Stage, seed: u64, arguments: &Arguments) -> Plan {
    let plan = Plan::of(stage, seed);
    Plan {
        tokens: arguments.tokens.unwrap_or(plan.tokens),
        rate: arguments.rate.unwrap_or(plan.rate),
        batch: arguments.batch.unwrap_or(plan.batch),
        balance: arguments.balance.unwrap_or(plan.balance),
        ..plan
    }
}

/// Trains a stage and writes its checkpoint with a card.
fn train_and_write(lineage: &Lineage, plan: &Plan, arguments: &Arguments) -> Result<()> {
    let tokenizer = lineage.tokenizer();
    let training = lineage.train(plan, |told, model| {
        tell(plan, told, (model, tokenizer), arguments.check_every);
    })?;
    lineage.write(plan.stage, &training.model().weights()?)?;
    let card = card::write(plan, (training.model(), tokenizer), arguments.questions)?;
    let folder = lineage.checkpoint(plan.stage);
    std::fs::write(folder.join("MODEL_CARD.md"), card)?;
    say(&format!("{}: trained", folder.display()));
    Ok(())
}

/// Prints a line of progress, and now and then what has been learnt.
pub(crate) fn tell(
    plan: &Plan,
    told: &Told,
    (model, tokenizer): (&Model, &Tokenizer),
    check_every: usize,
) {
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
        && let Err(error) = check(plan, model, tokenizer)
    {
        say(&format!("check failed: {error}"));
    }
}

/// Prints what a model has learnt and where it sends tokens, in English and Hebrew.
fn check(plan: &Plan, model: &Model, tokenizer: &Tokenizer) -> Result<()> {
    for language in [Language::English, Language::Hebrew] {
        let mut line = format!("{} {}:", plan.stage.name(), language.tag());
        for skill in Skill::ALL {
            let right = accuracy(model, tokenizer, (skill, language), (plan.seed, 40))?;
            line += &format!("  {} {right:.2}", skill.name());
        }
        let entropies = probe::entropies(&probe::usage(model, tokenizer, language, plan.seed)?);
        say(&format!("{line}  usage {entropies:.2?} bits"));
    }
    Ok(())
}
