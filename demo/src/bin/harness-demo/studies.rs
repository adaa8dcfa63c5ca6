//! Trainings that are compared with each other: several seeds, and the ablation of the
//! balancing loss. Both write a table as CSV and print it.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use harness_demo::corpus::Stage;
use harness_demo::train::curve;
use harness_demo::train::model::Model;
use harness_demo::train::probe::{self, Usage};
use harness_demo::train::run::Plan;
use harness_demo::train::stages::Lineage;
use harness_demo::world::Language;
use harness_metrics::training;

use crate::say;
use crate::train::{Arguments, lineage, plan, tell};

/// Trains base and cpt from each seed and compares the entropy gap of Hebrew.
pub(crate) fn seeds(seeds: Range<u64>, arguments: &Arguments) -> Result<()> {
    let mut table = vec!["seed,base_en,base_he,cpt_en,cpt_he,gap_closed".to_owned()];
    for seed in seeds {
        let folder = arguments.out.join(format!("seed-{seed}"));
        let lineage = lineage(seed, arguments, &folder)?;
        let base = mean_entropies(&trained(&lineage, &plan(Stage::Base, seed, arguments))?);
        let cpt = mean_entropies(&trained(&lineage, &plan(Stage::Cpt, seed, arguments))?);
        let closed = 1.0 - (cpt[0] - cpt[1]) / (base[0] - base[1]);
        table.push(format!(
            "{seed},{:.4},{:.4},{:.4},{:.4},{closed:.4}",
            base[0], base[1], cpt[0], cpt[1]
        ));
    }
    write(&arguments.out.join("seeds.csv"), &table)
}

/// Usage in English and in Hebrew.
type Usages = [Usage; 2];

fn mean_entropies(usages: &Usages) -> [f64; 2] {
    [0, 1].map(|at| probe::mean(&probe::entropies(&usages[at])))
}

fn trained(lineage: &Lineage, plan: &Plan) -> Result<Usages> {
    let tokenizer = lineage.tokenizer();
    let training = lineage.train(plan, |told, model| tell(plan, told, (model, tokenizer), 0))?;
    usages(training.model(), lineage, plan.seed)
}

fn usages(model: &Model, lineage: &Lineage, seed: u64) -> Result<Usages> {
    let usage = |language| probe::usage(model, lineage.tokenizer(), language, seed);
    Ok([usage(Language::English)?, usage(Language::Hebrew)?])
}

/// Trains cpt with each coefficient and compares its loss curve, and its routing with base's.
pub(crate) fn ablation(seed: u64, coefficients: &[f64], arguments: &Arguments) -> Result<()> {
    let out = lineage(seed, arguments, &arguments.out)?;
    let weights = out.trained(Stage::Base)?.context(
        "there is no trained base in this output folder; run `train --stages base` with it first",
    )?;
    let base = usages(&Model::new(out.shape(), &weights)?, &out, seed)?;
    let mut table =
        vec!["coefficient,final_loss,largest_rise,divergence_en,divergence_he".to_owned()];
    for &balance in coefficients {
        let folder = arguments.out.join(format!("balance-{balance:e}"));
        copy_base(&arguments.out, &folder)?;
        let lineage = lineage(seed, arguments, &folder)?;
        let plan = Plan { balance, ..plan(Stage::Cpt, seed, arguments) };
        let usages = trained(&lineage, &plan)?;
        table.push(row(balance, &curve::read(&lineage.losses(Stage::Cpt)), &base, &usages));
    }
    write(&arguments.out.join("ablation.csv"), &table)
}

fn row(balance: f64, losses: &[f64], base: &Usages, cpt: &Usages) -> String {
    let divergence = [0, 1].map(|at| {
        probe::divergence(&base[at], &cpt[at]).map_or(String::new(), |bits| format!("{bits:.4}"))
    });
    let last = training::first_and_last(losses);
    let last = last.map_or(String::new(), |(_, last)| format!("{last:.4}"));
    let rise = training::largest_rise(losses);
    format!("{balance:e},{last},{rise:.4},{},{}", divergence[0], divergence[1])
}

/// Gives a lineage the base of another, and its tokenizer.
fn copy_base(from: &Path, to: &Path) -> Result<()> {
    let base = Path::new(".train").join(Stage::Base.name());
    std::fs::create_dir_all(to.join(&base))?;
    for file in [base.join("state.safetensors"), ".train/tokenizer.json".into()] {
        std::fs::copy(from.join(&file), to.join(&file))
            .with_context(|| format!("copying {}", from.join(&file).display()))?;
    }
    Ok(())
}

fn write(path: &Path, table: &[String]) -> Result<()> {
    table.iter().for_each(|line| say(line));
    std::fs::write(path, table.join("\n") + "\n")
        .with_context(|| format!("writing {}", path.display()))
}
