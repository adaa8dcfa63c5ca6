//! What the demo is meant to show, each claim with the numbers that bear it out or do not.

use super::record::{Checkpoint, Record};
use super::routing;

/// Tasks of the Hebrew leaderboard, each with the points that guessing among the right kind of
/// answers gets.
pub(super) const TASKS: [(&str, &str, f64); 6] = [
    ("heb_lb_snli", "entailment", 100.0 / 3.0),
    ("heb_lb_heq", "reading", 0.0),
    ("heb_lb_sentiment", "sentiment", 100.0 / 3.0),
    ("heb_lb_winograd", "Winograd", 50.0),
    ("heb_lb_translation", "translation", 0.0),
    ("heb_lb_trivia", "trivia", 25.0),
];

/// Bits that base's Hebrew was meant to lie below its English.
const AIM: f64 = 0.4;
/// Points above base that count as a gain.
const GAIN: f64 = 20.0;

/// A claim and whether the numbers bear it out; `None` where they are missing.
pub(super) struct Claim {
    pub(super) text: String,
    pub(super) holds: Option<bool>,
    /// What we think about it where it does not hold; may be empty.
    pub(super) otherwise: &'static str,
}

/// The claims that the record can speak about.
pub(super) fn claims(record: &Record) -> Vec<Claim> {
    let of = |name| record.checkpoint(name);
    let mut claims = Vec::new();
    if let Some(base) = of("base") {
        claims.extend(collapse(base));
        claims
            .extend(of("cpt").map(|cpt| repair(base, cpt, of("base-plus"))).into_iter().flatten());
        claims.extend(of("cpt").map(|cpt| gains(base, cpt)));
        claims.extend(of("cpt").map(leak));
        claims.extend(of("sft").map(|sft| uneven(base, sft)));
        claims.extend(of("sft").zip(of("cpt")).map(|(sft, cpt)| near(base, sft, cpt)));
    }
    claims
}

fn collapse(base: &Checkpoint) -> [Claim; 2] {
    let gap = routing::gap(base);
    let below = Claim {
        text: format!(
            "base spreads Hebrew over fewer experts than English: {} bits less, mean over layers",
            number(gap)
        ),
        holds: gap.map(|gap| gap > 0.0),
        otherwise: "",
    };
    let aim = Claim {
        text: format!("it does so by the {AIM} bits that were the aim: {}", number(gap)),
        holds: gap.map(|gap| gap >= AIM),
        otherwise: "the gap narrows as base reads on; after half a million tokens it is wider in \
                    every one of the six lineages below, while this base has read 120,000 tokens \
                    of Hebrew and only its last layers stay narrow",
    };
    [below, aim]
}

/// The share of base's gap that a checkpoint closes.
fn closed(base: &Checkpoint, stage: &Checkpoint) -> Option<f64> {
    Some(1.0 - routing::gap(stage)? / routing::gap(base)?)
}

fn repair(base: &Checkpoint, cpt: &Checkpoint, control: Option<&Checkpoint>) -> [Claim; 3] {
    let closed_by = |stage| closed(base, stage);
    let gap = [closed_by(cpt), control.and_then(closed_by)];
    let shared = [base, cpt].map(routing::shared_fraction);
    let cosine = [base, cpt].map(routing::cosine);
    let rise = |[before, after]: [Option<f64>; 2]| Some(after? > before?);
    [
        Claim {
            text: format!(
                "cpt closes at least half of that gap, more than base-plus: {} (base-plus {})",
                percent(gap[0]),
                percent(gap[1])
            ),
            holds: gap[0].map(|cpt| cpt >= 0.5 && gap[1].is_none_or(|control| cpt > control)),
            otherwise: "",
        },
        Claim {
            text: format!(
                "more (layer, expert) pairs serve both languages in cpt: {} → {} (base-plus {})",
                percent(shared[0]),
                percent(shared[1]),
                percent(control.and_then(routing::shared_fraction))
            ),
            holds: rise(shared),
            otherwise: "",
        },
        Claim {
            text: format!(
                "the cosine of Hebrew and English routing rises in cpt: {} → {} (base-plus {})",
                number(cosine[0]),
                number(cosine[1]),
                number(control.and_then(routing::cosine))
            ),
            holds: rise(cosine),
            otherwise: "cpt spreads Hebrew evenly, but in part over other experts than English",
        },
    ]
}

/// Points of a task above base, where base is granted what guessing gets: a model that never
/// writes the answer words scores 0, and learning to write them is no gain.
fn gain(
    base: &Checkpoint,
    stage: &Checkpoint,
    (task, _, chance): (&str, &str, f64),
) -> Option<f64> {
    Some(stage.points(task)? - base.points(task)?.max(chance))
}

fn told(base: &Checkpoint, stage: &Checkpoint) -> String {
    let told = TASKS
        .iter()
        .filter_map(|&task| gain(base, stage, task).map(|gain| format!("{} {gain:+.1}", task.1)));
    told.collect::<Vec<_>>().join(", ").replace('-', "−")
}

fn gains(base: &Checkpoint, cpt: &Checkpoint) -> Claim {
    let gains: Vec<f64> = TASKS.iter().filter_map(|&task| gain(base, cpt, task)).collect();
    let far = gains.iter().filter(|&&gain| gain >= GAIN).count();
    Claim {
        text: format!(
            "cpt gains {GAIN} points or more on at least three of six tasks (base granted chance): \
             on {far}; {}",
            told(base, cpt)
        ),
        holds: (gains.len() == TASKS.len()).then_some(far >= 3),
        otherwise: "",
    }
}

/// A 95 % interval of a share of `asked` that excludes chance does so by about this.
fn margin(asked: usize) -> f64 {
    1.96 * (0.25 * 0.75 / asked.max(1) as f64).sqrt()
}

fn leak(cpt: &Checkpoint) -> Claim {
    let cells = cpt.cell("H").zip(cpt.cell("N"));
    let told = cells.map(|(told, never)| (told.share(), never.share()));
    Claim {
        text: format!(
            "cpt answers what only its Hebrew told (H) far above chance and what nothing told (N) \
             at chance (25 %): {} and {}",
            percent(told.map(|(told, _)| told)),
            percent(told.map(|(_, never)| never)),
        ),
        holds: cells.map(|(told, never)| {
            told.share() > 0.25 + 2.0 * margin(told.asked)
                && (never.share() - 0.25).abs() <= margin(never.asked)
        }),
        otherwise: "",
    }
}

fn uneven(base: &Checkpoint, sft: &Checkpoint) -> Claim {
    let gains: Vec<f64> = TASKS.iter().filter_map(|&task| gain(base, sft, task)).collect();
    let far = gains.iter().filter(|&&gain| gain >= GAIN).count();
    let still = gains.iter().filter(|&&gain| gain < 5.0).count();
    Claim {
        text: format!(
            "sft is uneven: some tasks far up, others not or down (base granted chance): {}",
            told(base, sft)
        ),
        holds: (gains.len() == TASKS.len()).then_some(far >= 1 && still >= 1),
        otherwise: "",
    }
}

fn near(base: &Checkpoint, sft: &Checkpoint, cpt: &Checkpoint) -> Claim {
    let moved = |stage| routing::moved(base, stage, "he");
    let (sft, cpt) = (moved(sft), moved(cpt));
    Claim {
        text: format!(
            "sft routes Hebrew nearer to base than cpt does: Jensen-Shannon divergence {} against \
             {} bits",
            number(sft),
            number(cpt)
        ),
        holds: sft.zip(cpt).map(|(sft, cpt)| sft < cpt),
        otherwise: "",
    }
}

/// Three decimals, or a dash.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}").replace('-', "−"))
}

/// Whole percent, or a dash.
fn percent(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |share| format!("{:.0} %", share * 100.0).replace('-', "−"))
}
