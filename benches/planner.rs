//! Speed of the planner: from sequences to a forest. `cargo bench --profile release --workspace --bench planner`

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use harness::encode::Pass;
use harness::plan::Forest;

fn main() {
    divan::main();
}

/// So many documents of four choices behind 1,000 common tokens.
#[divan::bench(args = [16, 256])]
fn fixed_shots(bencher: Bencher<'_, '_>, documents: usize) {
    plan(bencher, documents, 1000, 60);
}

/// So many documents of four choices that share nothing with each other.
#[divan::bench(args = [16, 256])]
fn own_shots(bencher: Bencher<'_, '_>, documents: usize) {
    plan(bencher, documents, 0, 1060);
}

fn plan(bencher: Bencher<'_, '_>, documents: usize, shared: usize, own: usize) {
    let choice = |index: usize| {
        let (document, choice) = (index / 4, index % 4);
        let mut tokens: Vec<u32> = (0..shared as u32).collect();
        tokens.extend((0..own as u32).map(|at| at * 31 + document as u32));
        tokens.push(choice as u32);
        (
            document,
            Pass {
                spans: vec![None; tokens.len()],
                first_row: tokens.len() - 1,
                targets: vec![7],
                tokens,
                generation: None,
            },
        )
    };
    let passes: Vec<(usize, Pass)> = (0..4 * documents).map(choice).collect();
    let passes: Vec<(usize, &Pass)> =
        passes.iter().map(|(document, pass)| (*document, pass)).collect();
    let tokens: usize = passes.iter().map(|(_, pass)| pass.tokens.len()).sum();
    bencher.counter(ItemsCount::new(tokens)).bench_local(|| Forest::new(black_box(&passes), 4096));
}
