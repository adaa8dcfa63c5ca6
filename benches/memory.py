#!/usr/bin/env python3
"""Peak memory of `harness eval` against the bound: weights + 20 % + 64 MiB per 1,000 tokens of budget.

    cargo build --release && python3 benches/memory.py

Each row is one process on a random 230 M-parameter checkpoint (f32 on disk, made once under target/); its peak
resident size is what the kernel reports for the child. Resident size counts mapped pages of the weight file too.
"""
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
CHECKPOINT = ROOT / "target/bench/random-230m"
MIB = 1 << 20


def peak(arguments):
    """Runs the program and returns its peak resident bytes."""
    process = subprocess.Popen([ROOT / "target/release/harness", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"harness {' '.join(map(str, arguments))} failed")
    return usage.ru_maxrss * 1024


def main():
    if not (CHECKPOINT / "model.safetensors").exists():
        script = ROOT / "benches/random_checkpoint.py"
        subprocess.run([sys.executable, script, CHECKPOINT, "--tokenizer", ROOT / "demo/models/base"], check=True)
    weights = (CHECKPOINT / "model.safetensors").stat().st_size
    print(f"weights {weights / MIB:.0f} MiB (f32)")
    print("| tasks | documents | budget (tokens) | peak (MiB) | bound (MiB) |\n|---|---|---|---|---|")
    run = ROOT / "target/bench/memory-run"
    for tasks in ("flores200_he", "heb_lb_snli"):
        for limit in (10, 150):
            for budget in (512, 2048):
                shutil.rmtree(run, ignore_errors=True)
                bytes_ = peak(["eval", "--models", f"m={CHECKPOINT}", "--tasks", tasks, "--limit", str(limit),
                               "--batch-tokens", str(budget), "--output", run, "--quiet"])
                bound = 1.2 * weights + 64 * MIB * budget / 1000
                print(f"| {tasks} | {limit} | {budget} | {bytes_ / MIB:.0f} | {bound / MIB:.0f} |", flush=True)


if __name__ == "__main__":
    main()
