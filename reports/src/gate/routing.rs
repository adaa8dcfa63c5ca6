//! Routing measures that rules may bound.

use harness_metrics::routing::layers::Part;
use harness_metrics::scores::interval;
use harness_metrics::{Estimate, Interval, PairMeasure};

use super::policy::{Measure, Rule};
use super::verdict::{Observed, Verdict};
use crate::routing::{Quantity, RoutingPair, StageComparison};
use crate::summary::comparison::Side;

/// Names of routing measures, each of two languages on the same rows of parallel text: the mean gap
/// of usage entropy over all MoE layers and over the last eighth (bits, second language minus
/// first), the excess collapse of the first language (bits), the mean cosine of activation rates,
/// and the share of (layer, expert) pairs that serve both alike.
pub const ROUTING_METRICS: [&str; 5] =
    ["gap", "last_eighth_gap", "excess_collapse", "cosine", "shared_fraction"];

/// The measure of a rule, or why there is none.
pub(super) fn observe(
    rule: &Rule,
    metric: &str,
    new: Side<'_>,
    old: Option<Side<'_>>,
) -> Result<Observed, (Verdict, String)> {
    let after = pair(rule, new)?;
    if rule.measure() == Measure::Value {
        return value(metric, after).ok_or_else(|| absent(metric));
    }
    let old = old.ok_or_else(|| (Verdict::Missing, "there is no baseline".to_owned()))?;
    let before = pair(rule, old)?;
    comparable(new, old, after, before)?;
    change(metric, (new, after), (old, before)).ok_or_else(|| absent(metric))
}

fn absent(metric: &str) -> (Verdict, String) {
    let needs = match metric {
        "last_eighth_gap" | "excess_collapse" => "4 MoE layers and 2 rows of parallel text",
        _ => "2 rows of parallel text",
    };
    (Verdict::Missing, format!("{metric} needs at least {needs}"))
}

fn pair<'a>(rule: &Rule, side: Side<'a>) -> Result<&'a RoutingPair, (Verdict, String)> {
    let languages = |pair: &RoutingPair| format!("{}/{}", pair.a.language, pair.b.language);
    let pairs = side.summary.pairs(side.alias);
    let wanted: Vec<&RoutingPair> = pairs
        .iter()
        .filter(|pair| rule.languages.as_ref().is_none_or(|wanted| *wanted == languages(pair)))
        .collect();
    match wanted.as_slice() {
        [one] => Ok(one),
        [] => Err((
            Verdict::Missing,
            format!(
                "{} has no routing of parallel text in these languages; run a routing probe",
                side.label
            ),
        )),
        several => {
            let names: Vec<String> = several.iter().map(|pair| languages(pair)).collect();
            Err((Verdict::Missing, format!("say which languages: {}", names.join(", "))))
        }
    }
}

/// Entropies over other numbers of experts or layers have other ceilings.
fn comparable(
    new: Side<'_>,
    old: Side<'_>,
    after: &RoutingPair,
    before: &RoutingPair,
) -> Result<(), (Verdict, String)> {
    let router = |side: Side<'_>| {
        let model = side.summary.manifest.models.get(side.alias)?;
        model
            .router
            .as_ref()
            .map(|router| (router.experts, router.top_k, router.moe_layers.clone()))
    };
    let data = |side: Side<'_>, pair: &RoutingPair| {
        let digest = |task: &str| side.summary.manifest.tasks.get(task)?.data_digest.clone();
        (digest(&pair.a.task), digest(&pair.b.task), pair.rows)
    };
    if router(new) != router(old) {
        return Err((Verdict::Incomparable, "experts, top-k or MoE layers differ".to_owned()));
    }
    if data(new, after) != data(old, before) {
        return Err((Verdict::Incomparable, "the parallel text differs".to_owned()));
    }
    Ok(())
}

fn estimate(metric: &str, pair: &RoutingPair) -> Option<Estimate> {
    match metric {
        "gap" => pair.mean(PairMeasure::EntropyGap).cloned(),
        "last_eighth_gap" => pair.numbers.last_eighth_gap.clone(),
        "excess_collapse" => pair.excess_collapse().cloned(),
        "cosine" => pair.mean(PairMeasure::Cosine).cloned(),
        _ => pair.mean(PairMeasure::LsiShared).cloned(),
    }
}

fn value(metric: &str, pair: &RoutingPair) -> Option<Observed> {
    estimate(metric, pair).map(|estimate| observed(&estimate))
}

/// Paired by row where the run compared these two stages; else as if their rows were independent,
/// which widens the interval.
fn change(
    metric: &str,
    (new, after): (Side<'_>, &RoutingPair),
    (old, before): (Side<'_>, &RoutingPair),
) -> Option<Observed> {
    if let Some(paired) = paired_change(metric, (new, after), old) {
        return Some(observed(paired));
    }
    let (after, before) = (estimate(metric, after)?, estimate(metric, before)?);
    let value = after.value - before.value;
    let stderr = after.stderr.zip(before.stderr).map(|(a, b)| a.hypot(b));
    let interval = stderr.map(|stderr| interval::normal(value, stderr, 0.95));
    Some(observed(&Estimate { value, stderr, interval, n: after.n.min(before.n) }))
}

fn paired_change<'a>(
    metric: &str,
    (new, pair): (Side<'a>, &RoutingPair),
    old: Side<'_>,
) -> Option<&'a Estimate> {
    let (quantity, part) = match metric {
        "gap" => (Quantity::Gap, Part::All),
        "last_eighth_gap" => (Quantity::Gap, Part::LastEighth),
        "cosine" => (Quantity::Cosine, Part::All),
        "shared_fraction" => (Quantity::Shared, Part::All),
        _ => return None,
    };
    let is_stage = |stage: &&StageComparison| {
        std::ptr::eq(new.summary, old.summary)
            && (stage.stage.as_str(), stage.base.as_str()) == (new.alias, old.alias)
            && (&stage.corpus, &stage.a, &stage.b)
                == (&pair.corpus, &pair.a.language, &pair.b.language)
    };
    let stage = new.summary.study.stages.iter().find(is_stage)?;
    let found = stage.changes.iter().find(|c| c.quantity == quantity && c.part == part);
    found.map(|change| &change.change)
}

fn observed(estimate: &Estimate) -> Observed {
    let end = |pick: fn(&Interval) -> f64| estimate.interval.as_ref().map(pick);
    Observed {
        value: estimate.value,
        low: end(|interval| interval.low),
        high: end(|interval| interval.high),
        level: estimate.interval.as_ref().map_or(0.95, |interval| interval.level),
        n: estimate.n,
        p: None,
        detectable: None,
        digits: 3,
    }
}
