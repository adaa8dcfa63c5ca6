#!/usr/bin/env bash
# Scoring time of lm-evaluation-harness and of `harness eval` on the same checkpoint and documents, in turn.
#
#   pip install lm_eval==0.4.13 transformers==5.23.0 torch datasets
#   cargo build --release
#   benches/vs_lm_eval.sh CHECKPOINT [TASK [DOCUMENTS [ROUNDS]]]
#
# Both run in float32 on the CPU, lm-eval with batches of 8. DATA is a folder of benchmark files in hub layout (default
# ../shared/data), PYTHON the interpreter (default python3). Task files beside this script are known to both.
# What is timed: for lm-eval its `loglikelihood` call, for the harness its windows from encoding to scores; loading
# weights counts for neither. Processor seconds are those of the whole process, with loading.
set -euo pipefail
cd "$(dirname "$0")/.."
checkpoint=${1:?usage: benches/vs_lm_eval.sh CHECKPOINT [TASK [DOCUMENTS [ROUNDS]]]}
task=${2:-ja_leaderboard_jcommonsenseqa}
documents=${3:-20}
rounds=${4:-3}
data=${DATA:-../shared/data}
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for round in $(seq "$rounds"); do
    "$python" benches/vs_lm_eval.py lm-eval "$checkpoint" "$task" "$documents" "$data" "$work/lm-eval-$round.json"
    "$python" benches/vs_lm_eval.py harness "$checkpoint" "$task" "$documents" "$data" "$work/harness-$round.json"
done
"$python" benches/vs_lm_eval.py compare "$work"
