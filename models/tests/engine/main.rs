//! Black-box tests of the engine: against reference numbers, against itself, against bad input.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop where they fail, as tests do")]
#![expect(clippy::print_stdout, reason = "tests tell what they measured and what they skipped")]

mod accelerator; // a GPU, where one is named
mod agreement; // how far a model is from a reference
mod bad_batches; // batches that cannot be, weights that are not numbers
mod bad_configs; // every way a config can be wrong has its message
mod bad_weights; // every way weight files can be wrong has its message
mod breakage; // good checkpoints, broken in one place
mod configs; // small configurations of every family
mod families; // every family against transformers
mod fuzz; // damaged files, a bounded number of them
mod invariance; // packing and splitting change nothing
mod layouts; // disk layouts, cache sizes, counters
mod portable; // candle’s operations, which accelerators use, against the CPU’s own
mod random; // random models without a folder
mod recipe; // the README’s steps for a new family
mod reference; // numbers of other people's programs
mod strategies; // random tiny configurations
mod support; // scratch checkpoints, batches, a trace of routing
