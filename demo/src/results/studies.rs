//! Trainings that were compared with each other: several seeds, and the balancing loss. Their
//! tables lie beside the record as the trainer wrote them.

use std::path::Path;

use harness_metrics::scores::mcnemar::Flips;

/// A comparison: its heading, its words and its table.
pub struct Study {
    /// The heading on the page.
    pub title: &'static str,
    /// What was compared, and what follows from the numbers.
    pub words: String,
    /// The table: CSV without quotes.
    pub csv: String,
}

const SEEDS: &str = "\
Base and cpt trained from six seeds, each on its own world, by `harness-demo train --seeds 6 \
--tokens 500000` (so much of each stage; the committed checkpoints read more). Usage entropy in \
bits, mean over layers, by the trainer's own probe of 100 sentences. ";

const ABLATION: &str = "\
cpt trained from the committed base's state with three coefficients of the load-balancing loss, by \
`harness-demo train --ablate-aux 0,1e-4,1e-3 --tokens 500000`: cross entropy at the end (nats a \
token, mean of the last tenth), its largest rise over the lowest loss before, and the \
Jensen-Shannon divergence of routing from base in bits. ";

/// The comparisons whose tables lie below the demo's folder.
pub(super) fn studies(folder: &Path) -> Vec<Study> {
    let table = |name| std::fs::read_to_string(folder.join("results").join(name)).ok();
    let seeds = table("seeds.csv").map(|csv| Study {
        title: "Six lineages from six seeds",
        words: SEEDS.to_owned() + &closing(&csv),
        csv,
    });
    let ablation = table("ablation.csv").map(|csv| Study {
        title: "The balancing loss",
        words: ABLATION.trim_end().to_owned(),
        csv,
    });
    seeds.into_iter().chain(ablation).collect()
}

/// In how many lineages cpt narrowed the gap, with the sign test's p: every lineage is one draw.
fn closing(csv: &str) -> String {
    let closed: Vec<f64> =
        csv.lines().skip(1).filter_map(|line| line.rsplit(',').next()?.parse().ok()).collect();
    let narrowed = closed.iter().filter(|&&share| share > 0.0).count();
    let lost = closed.len() - narrowed;
    let flips = Flips { gained: narrowed as u64, lost: lost as u64 };
    format!(
        "cpt narrowed the gap of Hebrew in {narrowed} of {} lineages (sign test: p = {:.3}).",
        closed.len(),
        flips.exact_p()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lineages_are_counted_once_each() {
        let csv = "seed,gap_closed\n1,0.5\n2,0.1\n3,-0.2\n4,0.3\n5,0.2\n6,0.4\n";
        assert!(closing(csv).contains("in 5 of 6 lineages (sign test: p = 0.219)"));
        assert!(
            closing(&csv.replace('-', "")).contains("in 6 of 6 lineages (sign test: p = 0.031)")
        );
        assert!(closing("seed\n").contains("0 of 0"));
    }

    #[test]
    fn tables_that_are_not_there_are_left_out() {
        assert!(studies(tempfile::tempdir().unwrap().path()).is_empty());
    }
}
