//! What has to be kept in mind, computed from the numbers.

use harness_metrics::routing::collapse::Tail;

use super::super::{FEW_TOKENS, LanguageSide};
use super::{Cell, RoutingReport, Table};
use crate::manifest::{Capture, RouterManifest};
use crate::pages::format::{fixed, language};

impl RoutingReport {
    /// The routers that were measured.
    pub(super) fn router_table(&self) -> Table {
        let columns =
            ["model", "score function", "capture", "MoE layers", "experts", "top-k", "shared"];
        let mut table = Table::new("Routers", 3, &columns);
        table.about =
            "shared: experts that every token passes; they are never counted as routed.".to_owned();
        for facts in &self.routers {
            let RouterManifest {
                score_function, experts, top_k, shared_experts, moe_layers, ..
            } = &facts.router;
            let capture = match facts.router.capture {
                Capture::Full => "scores and ids",
                Capture::Ids => "ids only",
            };
            let mut row: Vec<Cell> =
                [facts.model.as_str(), score_function.as_str(), capture].map(Cell::text).into();
            row.extend([moe_layers.len(), *experts, *top_k, *shared_experts].map(Cell::count));
            table.rows.push(row);
        }
        table
    }

    /// One sentence a note; each appears when the numbers call for it.
    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = self.sources.clone();
        notes.extend(self.dense.iter().map(|model| {
            format!("{model} has no routers: it is a dense model, or routing was not captured.")
        }));
        notes.extend(self.routers.iter().filter_map(|f| normalised(&f.model, &f.router)));
        notes.extend(self.routers.iter().filter_map(|f| short(&f.model, &f.router)));
        notes.extend(self.few_tokens());
        notes.extend(self.inactive());
        notes.extend(self.dropped());
        notes.extend(self.other_rows());
        if self.pairs.is_empty() && !self.routers.is_empty() {
            notes.push(
                "There is no parallel text in two languages, so nothing is said about languages: run a group with a \
                 routing probe, or routing-probes."
                    .to_owned(),
            );
        }
        notes
    }

    fn few_tokens(&self) -> Vec<String> {
        let sides = self.pairs.iter().flat_map(|(model, pair)| {
            [&pair.a, &pair.b].map(|side: &LanguageSide| {
                let name = format!("{model}, {} on {}", language(&side.language), pair.corpus);
                (name, side.tokens, side.numbers.small_sample_bias)
            })
        });
        let parts = self.tasks.iter().flat_map(|study| &study.routing).map(|routing| {
            let name = format!("{}, {} of {}", routing.model, routing.span.name(), routing.task);
            (name, routing.tokens, routing.numbers.small_sample_bias)
        });
        let few = sides.chain(parts).filter(|(_, tokens, _)| (1..FEW_TOKENS).contains(tokens));
        few.map(|(name, tokens, bias)| {
            let bias = bias.map_or_else(String::new, |bias| {
                format!(" by about {} bits (Miller and Madow's estimate)", fixed(bias, 2))
            });
            format!("{name}: only {tokens} tokens, which lowers its usage entropy{bias}.")
        })
        .collect()
    }

    fn inactive(&self) -> Vec<String> {
        let with = self.pairs.iter().filter(|(_, pair)| pair.classes().inactive > 0);
        with.map(|(model, pair)| {
            let classes = pair.classes();
            format!(
                "{model} on {}: {} of {} (layer, expert) pairs serve neither {} nor {}; they are inactive, not shared.",
                pair.corpus,
                classes.inactive,
                classes.total(),
                language(&pair.a.language),
                language(&pair.b.language)
            )
        })
        .collect()
    }

    fn dropped(&self) -> Vec<String> {
        let with = self.pairs.iter().filter(|(_, pair)| pair.dropped > 0);
        with.map(|(model, pair)| {
            format!(
                "{model} on {}: {} rows lack a language or have no token in one; they are left out of all.",
                pair.corpus, pair.dropped
            )
        })
        .collect()
    }

    fn other_rows(&self) -> Vec<String> {
        let without = self.stages.iter().filter(|stage| stage.changes.is_empty());
        without
            .map(|stage| {
                format!(
                    "{} against {} on {}: {}.",
                    stage.stage,
                    stage.base,
                    stage.corpus,
                    stage.notes.join("; ")
                )
            })
            .collect()
    }
}

fn normalised(model: &str, router: &RouterManifest) -> Option<String> {
    (router.capture == Capture::Full && router.score_function != "softmax").then(|| {
        format!(
            "{model}: its routers' scores ({}) do not sum to 1. Selection entropies are of scores divided by their sum; \
             cosines of scores are of raw scores; everything else is of selections and needs no normalisation.",
            router.score_function
        )
    })
}

fn short(model: &str, router: &RouterManifest) -> Option<String> {
    let layers = router.moe_layers.len();
    match Tail::Eighth.layers(layers) {
        None => Some(format!("{model}: {layers} MoE layers are too few for a collapse index.")),
        Some(last) if last.len() == 1 => Some(format!(
            "{model}: the last eighth of {layers} MoE layers is a single layer, so its collapse index rests on one."
        )),
        Some(_) => None,
    }
}
