//! The model card of a stage, written from the plan that was run and from what was measured.

use candle_core::Result;
use tokenizers::Tokenizer;

use super::model::Model;
use super::probe;
use super::run::Plan;
use super::skills::{Skill, accuracy};
use crate::checkpoint::Shape;
use crate::corpus::{Mix, Stage};
use crate::world::Language;

/// A card in Markdown, with every skill measured by a number of questions; 0 measures none.
///
/// # Errors
/// The model or the tokenizer fails, which valid text does not cause.
pub fn write(
    plan: &Plan,
    (model, tokenizer): (&Model, &Tokenizer),
    questions: usize,
) -> Result<String> {
    let mut card = heading(plan, model.shape());
    card += "\n## What it read\n\n| text | share of tokens |\n|---|---|\n";
    for (source, share) in Mix::of(plan.stage).0 {
        card += &format!("| {source:?} | {:.1} % |\n", share * 100.0);
    }
    if questions > 0 {
        card += &skills(plan, (model, tokenizer), questions)?;
    }
    Ok(card + &routing(plan, model, tokenizer)?)
}

fn skills(
    plan: &Plan,
    (model, tokenizer): (&Model, &Tokenizer),
    questions: usize,
) -> Result<String> {
    let mut text = format!(
        "\n## What it has learnt\n\nShare of right answers to {questions} questions drawn \
         afresh (a short one may stand in a training text by chance), 3 shots, by the trainer's \
         own check (choices by log-likelihood; reading, copying and translation to the letter). \
         The harness's scores are the ones to compare; these only say whether a skill is there.\n\n| skill | English | Hebrew |\n\
         |---|---|---|\n"
    );
    for skill in Skill::ALL {
        let measure =
            |language| accuracy(model, tokenizer, (skill, language), (plan.seed, questions));
        let (en, he) = (measure(Language::English)?, measure(Language::Hebrew)?);
        text += &format!("| {} | {en:.2} | {he:.2} |\n", skill.name());
    }
    Ok(text)
}

fn heading(plan: &Plan, shape: &Shape) -> String {
    let Plan { stage, seed, tokens, batch, rate, balance } = plan;
    let count = |(_, dimensions): (String, Vec<usize>)| dimensions.iter().product::<usize>();
    let parameters: usize = shape.weights().into_iter().map(count).sum();
    let start = if stage.name() == "base" { "random weights" } else { "base" };
    format!(
        "# {}\n\nA miniature Qwen3-MoE of the demo's world, made to show routing, not to be \
         used. {parameters} parameters: {} layers, {} experts a layer of which {} see a token, \
         hidden size {}, {} tokens in the vocabulary.\n\nTrained from {start} by `harness-demo \
         train` (seed {seed}): {tokens} tokens, {batch} a step, AdamW, highest learning rate \
         {rate}, balancing coefficient {balance}. Every text was written by this repository's \
         own generator; what a stage can do follows from what it read. {}What the harness \
         measured stands in `demo/RESULTS.md`.\n",
        stage.name(),
        shape.layers,
        shape.experts,
        shape.top_k,
        shape.hidden,
        shape.vocabulary,
        caveat(*stage),
    )
}

fn caveat(stage: Stage) -> &'static str {
    match stage {
        Stage::Sft => {
            "It read Hebrew exercises of sentiment, entailment and reading and nothing else: that \
             its scores move unevenly follows from this mix. "
        }
        Stage::BasePlus => {
            "It is the control: more training on base's own mix, for as long as cpt was trained. "
        }
        Stage::Base | Stage::Cpt => "",
    }
}

fn routing(plan: &Plan, model: &Model, tokenizer: &Tokenizer) -> Result<String> {
    let mut text = "\n## Routing\n\nUsage entropy in bits by layer, on 100 sentences told in \
                    each language.\n\n| language | by layer | mean |\n|---|---|---|\n"
        .to_owned();
    for language in Language::ALL {
        let usage = probe::usage(model, tokenizer, language, plan.seed)?;
        let entropies = probe::entropies(&usage);
        let layers: Vec<String> = entropies.iter().map(|bits| format!("{bits:.2}")).collect();
        let mean = probe::mean(&entropies);
        text += &format!("| {} | {} | {mean:.2} |\n", language.tag(), layers.join(" "));
    }
    Ok(text)
}
