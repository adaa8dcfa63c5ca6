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

/// Points above base that count as a gain.
const GAIN: f64 = 20.0;

/// A claim and whether the numbers bear it out; `None` where they are missing.
pub(super) struct Claim {
    pub(super) text: String,
    pub(super) holds: Option<bool>,
}

/// The claims that the record can speak about.
pub(super) fn claims(record: &Record) -> Vec<Claim> {
    let of = |name| record.checkpoint(name);
    let mut claims = Vec::new();
    if let Some(base) = of("base") {
        claims.push(collapse(base));
        claims.extend(of("cpt").map(|cpt| repair(base, cpt, of("base+"))));
        claims.extend(of("cpt").map(|cpt| gains(base, cpt)));
        claims.extend(of("cpt").map(leak));
        claims.extend(of("sft").map(|sft| uneven(base, sft)));
        claims.extend(of("sft").zip(of("cpt")).map(|(sft, cpt)| near(base, sft, cpt)));
    }
    claims
}

fn collapse(base: &Checkpoint) -> Claim {
    let gap = routing::gap(base);
    Claim {
        text: format!(
            "base spreads Hebrew over fewer experts than English: {} bits less, mean over layers \
             (aim: 0.4)",
            number(gap)
        ),
        holds: gap.map(|gap| gap >= 0.4),
    }
}

/// The share of base's gap that a checkpoint closes.
fn closed(base: &Checkpoint, stage: &Checkpoint) -> Option<f64> {
    Some(1.0 - routing::gap(stage)? / routing::gap(base)?)
}

fn repair(base: &Checkpoint, cpt: &Checkpoint, control: Option<&Checkpoint>) -> Claim {
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |s| format!("{:.0} %", s * 100.0));
    let cpt_closed = closed(base, cpt);
    let control_closed = control.and_then(|control| closed(base, control));
    let rises = |measure: fn(&Checkpoint) -> Option<f64>| Some(measure(cpt)? > measure(base)?);
    let holds = cpt_closed.map(|closed| {
        closed >= 0.5
            && control_closed.is_none_or(|control| closed > control)
            && rises(routing::shared_fraction) == Some(true)
            && rises(routing::cosine) == Some(true)
    });
    Claim {
        text: format!(
            "cpt closes at least half of that gap, more than base+, and Hebrew and English share \
             more: closed {} (base+ {}); shared pairs {} → {}; cosine {} → {}",
            percent(cpt_closed),
            percent(control_closed),
            percent(routing::shared_fraction(base)),
            percent(routing::shared_fraction(cpt)),
            number(routing::cosine(base)),
            number(routing::cosine(cpt)),
        ),
        holds,
    }
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
            told.map_or("–".to_owned(), |(told, _)| format!("{:.0} %", told * 100.0)),
            told.map_or("–".to_owned(), |(_, never)| format!("{:.0} %", never * 100.0)),
        ),
        holds: cells.map(|(told, never)| {
            told.share() > 0.25 + 2.0 * margin(told.asked)
                && (never.share() - 0.25).abs() <= margin(never.asked)
        }),
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
    }
}

/// Three decimals, or a dash.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}").replace('-', "−"))
}
