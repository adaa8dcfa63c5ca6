//! Black-box tests of the engine: against reference numbers, against itself, against bad input.

mod broken; // every way a checkpoint can be wrong has its message
mod invariance; // packing, splitting and layout change nothing
mod reference; // numbers of other people's programs
mod support;
