//! Any bytes as an index of shards.
#![no_main]

use harness_models::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::message(fuzzing::index(bytes));
});
