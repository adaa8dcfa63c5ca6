//! Any bytes as a `config.json`.
#![no_main]

use harness_models::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::message(fuzzing::config(bytes));
});
