//! Any bytes as a safetensors file.
#![no_main]

use harness_models::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    fuzzing::message(fuzzing::weight_file(bytes));
});
