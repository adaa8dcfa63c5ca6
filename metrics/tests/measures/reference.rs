//! Measured routing of Qwen3-30B-A3B-Base on parallel text, compared to six digits with figures
//! computed by an independent program, and with the paper's own (arXiv:2605.17598: 28 Hebrew,
//! 44 English and 56 shared experts).
//!
//! The measurements lie outside the repository; without them these tests say that they skip.

use std::path::PathBuf;

use harness_metrics::routing::{collapse, lsi, overlap, ranks, similarity, usage};

type Profile = Vec<Vec<f64>>;

/// English and Hebrew activation, one load a layer.
fn measured(name: &str) -> Option<(Profile, Profile)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/reference/routing")
        .join(format!("qwen3-30b-a3b_{name}_avg_activation.csv"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: ../shared is not here");
        return None;
    };
    Some((language(&text, "English"), language(&text, "Hebrew")))
}

fn language(text: &str, language: &str) -> Profile {
    let rows = text.lines().filter(|line| line.split(',').nth(1) == Some(language));
    let profile: Profile = rows
        .map(|row| row.split(',').skip(2).map(|cell| cell.parse().unwrap()).collect())
        .collect();
    assert_eq!(profile.len(), 48);
    profile
}

fn six_digits(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() < 6e-7, "{what}: {found:.8} instead of {expected}");
}

fn mean_and_last(what: &str, by_layer: &[f64], mean: f64, last: f64) {
    six_digits(&format!("{what}, mean"), collapse::mean(by_layer).unwrap(), mean);
    six_digits(&format!("{what}, last layer"), by_layer[47], last);
}

fn mean_count(profile: &Profile, count: fn(&[f64]) -> usize) -> f64 {
    profile.iter().map(|load| count(load) as f64).sum::<f64>() / 48.0
}

struct Expected {
    collapse: [f64; 3],
    entropy_mean: [f64; 2],
    entropy_last: [f64; 2],
    middle_and_last_he: [f64; 2],
    gap: [f64; 2],
    gini_mean: [f64; 2],
    gini_last: [f64; 2],
    cosine: [f64; 2],
    divergence: [f64; 2],
    spearman: [f64; 2],
    kendall: [f64; 2],
    top8_common: [f64; 2],
    top8_jaccard: f64,
    top16_share: [f64; 2],
    active: [f64; 2],
    loaded: [f64; 2],
    loaded_last: [usize; 2],
    by_expert: [usize; 4],
    by_index: [usize; 3],
    sweep: [usize; 6],
}

fn agree(name: &str, expected: &Expected) {
    let Some((en, he)) = measured(name) else {
        return;
    };
    usage_agrees(&en, &he, expected);
    similarity_agrees(&en, &he, expected);
    overlap_agrees(&en, &he, expected);
    specialisation_agrees(&en, &he, expected);
}

fn usage_agrees(en: &Profile, he: &Profile, expected: &Expected) {
    let (h_en, h_he) = (usage::entropies_bits(en).unwrap(), usage::entropies_bits(he).unwrap());
    six_digits("collapse en", collapse::index(&h_en).unwrap(), expected.collapse[0]);
    six_digits("collapse he", collapse::index(&h_he).unwrap(), expected.collapse[1]);
    six_digits("excess", collapse::excess(&h_he, &h_en).unwrap(), expected.collapse[2]);
    mean_and_last("entropy en", &h_en, expected.entropy_mean[0], expected.entropy_last[0]);
    mean_and_last("entropy he", &h_he, expected.entropy_mean[1], expected.entropy_last[1]);
    six_digits("middle he", collapse::mean(&h_he[12..36]).unwrap(), expected.middle_and_last_he[0]);
    six_digits(
        "last eighth he",
        collapse::mean(&h_he[42..]).unwrap(),
        expected.middle_and_last_he[1],
    );
    let gap: Vec<f64> = h_en.iter().zip(&h_he).map(|(x, y)| x - y).collect();
    mean_and_last("gap", &gap, expected.gap[0], expected.gap[1]);
    for (side, profile) in [en, he].into_iter().enumerate() {
        let gini = usage::ginis(profile).unwrap();
        mean_and_last("gini", &gini, expected.gini_mean[side], expected.gini_last[side]);
        // Means of counts are printed to four digits.
        assert!((mean_count(profile, usage::active_experts) - expected.active[side]).abs() < 6e-5);
        assert!((mean_count(profile, usage::loaded_experts) - expected.loaded[side]).abs() < 6e-5);
        assert_eq!(usage::loaded_experts(&profile[47]), expected.loaded_last[side]);
    }
}

fn similarity_agrees(en: &Profile, he: &Profile, expected: &Expected) {
    let by_layer =
        |measure: fn(&[f64], &[f64]) -> Option<f64>| similarity::by_layer(en, he, measure).unwrap();
    mean_and_last("cosine", &by_layer(similarity::cosine), expected.cosine[0], expected.cosine[1]);
    let divergence = by_layer(similarity::jensen_shannon_bits);
    mean_and_last("divergence", &divergence, expected.divergence[0], expected.divergence[1]);
    mean_and_last(
        "spearman",
        &by_layer(ranks::spearman),
        expected.spearman[0],
        expected.spearman[1],
    );
    mean_and_last(
        "kendall",
        &by_layer(ranks::kendall_tau_b),
        expected.kendall[0],
        expected.kendall[1],
    );
}

fn overlap_agrees(en: &Profile, he: &Profile, expected: &Expected) {
    let top = |k: usize| -> Vec<overlap::Overlap> {
        en.iter().zip(he).map(|(x, y)| overlap::top_k(x, y, k).unwrap()).collect()
    };
    let common: Vec<f64> = top(8).iter().map(|o| o.common as f64).collect();
    let jaccard: Vec<f64> = top(8).iter().map(|o| o.jaccard().unwrap()).collect();
    let share: Vec<f64> = top(16).iter().map(|o| o.share().unwrap()).collect();
    assert!((collapse::mean(&common).unwrap() - expected.top8_common[0]).abs() < 6e-5);
    six_digits("top-8 last", common[47], expected.top8_common[1]);
    six_digits("top-8 Jaccard", collapse::mean(&jaccard).unwrap(), expected.top8_jaccard);
    mean_and_last("top-16 share", &share, expected.top16_share[0], expected.top16_share[1]);
}

fn specialisation_agrees(en: &Profile, he: &Profile, expected: &Expected) {
    let by_expert = lsi::per_layer_expert(he, en).unwrap();
    let classes = lsi::classify(by_expert.iter().flatten(), lsi::THRESHOLD);
    assert_eq!([classes.a, classes.b, classes.shared, classes.inactive], expected.by_expert);
    let by_index = lsi::per_index(he, en).unwrap();
    let classes = lsi::classify(&by_index, lsi::THRESHOLD);
    assert_eq!([classes.a, classes.b, classes.shared], expected.by_index);
    let sweep = lsi::SWEEP.map(|threshold| lsi::classify(&by_index, threshold).shared);
    assert_eq!(sweep, expected.sweep);
}

#[test]
fn ted_chunks() {
    let expected = Expected {
        collapse: [0.071479, 0.966927, 0.895448],
        entropy_mean: [5.793820, 5.481986],
        entropy_last: [5.632472, 4.017216],
        middle_and_last_he: [5.616238, 4.649312],
        gap: [0.311834, 1.615256],
        gini_mean: [0.670660, 0.723486],
        gini_last: [0.711392, 0.903790],
        cosine: [0.725989, 0.059470],
        divergence: [0.137881, 0.802159],
        spearman: [0.866000, 0.004896],
        kendall: [0.754235, 0.011364],
        top8_common: [4.6250, 0.0],
        top8_jaccard: 0.438336,
        top16_share: [0.658854, 0.0],
        active: [123.9792, 122.9792],
        loaded: [86.4167, 80.3542],
        loaded_last: [82, 35],
        by_expert: [1196, 3161, 1638, 149],
        by_index: [28, 44, 56],
        sweep: [31, 56, 86, 105, 118, 122],
    };
    agree("ted_he_en_chunks", &expected);
}

#[test]
fn arc() {
    let expected = Expected {
        collapse: [0.084389, 0.893153, 0.808764],
        entropy_mean: [6.056939, 5.689332],
        entropy_last: [5.942324, 4.285089],
        middle_and_last_he: [5.786792, 4.893639],
        gap: [0.367607, 1.657236],
        gini_mean: [0.598228, 0.673728],
        gini_last: [0.639215, 0.882608],
        cosine: [0.643736, 0.138018],
        divergence: [0.165075, 0.689704],
        spearman: [0.788739, -0.001810],
        kendall: [0.640021, 0.022369],
        top8_common: [3.1875, 0.0],
        top8_jaccard: 0.269953,
        top16_share: [0.533854, 0.0],
        active: [122.8125, 119.3958],
        loaded: [95.5625, 88.0000],
        loaded_last: [91, 52],
        by_expert: [1541, 3240, 1152, 211],
        by_index: [27, 45, 56],
        sweep: [27, 56, 86, 107, 113, 122],
    };
    agree("arc_en_he_500", &expected);
}

#[test]
fn gsm8k() {
    let expected = Expected {
        collapse: [-0.104852, 0.701728, 0.806581],
        entropy_mean: [6.001647, 5.732926],
        entropy_last: [6.217052, 4.701801],
        middle_and_last_he: [5.821400, 5.119672],
        gap: [0.268721, 1.515251],
        gini_mean: [0.611954, 0.671856],
        gini_last: [0.560203, 0.847584],
        cosine: [0.755424, 0.286000],
        divergence: [0.114471, 0.530989],
        spearman: [0.835497, 0.033865],
        kendall: [0.693283, 0.047193],
        top8_common: [4.7917, 0.0],
        top8_jaccard: 0.448089,
        top16_share: [0.671875, 0.375],
        active: [124.5625, 123.5417],
        loaded: [98.3958, 91.8333],
        loaded_last: [101, 44],
        by_expert: [1567, 2830, 1645, 102],
        by_index: [25, 33, 70],
        // Exact rational arithmetic gives 116 at 0.2: expert 124 lies at 0.20007.
        sweep: [34, 70, 100, 116, 122, 126],
    };
    agree("gsm_en_he_500", &expected);
}
