#!/usr/bin/env bash
# Checks that the engine compiles with the `metal` feature, on any machine with rustup.
#
# Only types are checked: the shaders are compiled by the system when a program starts, and nothing is
# run. The program itself has C dependencies, which take a compiler for macOS.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-apple-darwin
rustup target add "$target"
cargo check --release --package harness-models --features metal --target "$target"
printf '\nchecked: harness-models compiles with `metal` for %s. Nothing was run on an Apple GPU.\n' "$target"
