#!/usr/bin/env python3
"""Prefill and generation of transformers against `harness bench`, on one model shape, in turn.

    pip install torch transformers==5.23.0
    python3 benches/random_checkpoint.py OUT --tokenizer ../shared/reference/tokenizers/qwen3 --vocab 151936
    cargo build --release && python3 benches/vs_transformers.py OUT [ROUNDS]

Prefill: 8 sequences of 512 tokens; transformers runs its layers without the vocabulary projection. Generation: 32
prompts of 128 tokens, 64 new tokens each, greedy. Both in float32 on the CPU. Ratios are of wall-clock and of
processor time; on a machine that does other things too, the second is the steadier one.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREFILL, GENERATE = "prefill", "generate"


def timed(work):
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - cpu


def theirs(checkpoint):
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
    vocab = model.config.vocab_size
    torch.manual_seed(0)
    long, short = torch.randint(0, vocab, (8, 512)), torch.randint(0, vocab, (32, 128))
    generate = dict(max_new_tokens=64, min_new_tokens=64, do_sample=False, pad_token_id=0)
    with torch.inference_mode():
        model.model(input_ids=long[:, :64])  # the first call sets things up
        return {PREFILL: timed(lambda: model.model(input_ids=long, use_cache=False)),
                GENERATE: timed(lambda: model.generate(short, attention_mask=torch.ones_like(short), **generate))}


def ours(checkpoint):
    command = [ROOT / "target/release/harness", "bench", "--config", pathlib.Path(checkpoint) / "config.json",
               "--workload", f"{PREFILL},{GENERATE}", "--repeat", "1", "--json"]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {one["workload"]: (one["seconds"], one["cpu_seconds"]) for one in found["workloads"]}


def main():
    if sys.argv[1] == "--theirs":  # a process of its own, so that its memory is gone afterwards
        print(json.dumps(theirs(sys.argv[2])))
        return
    checkpoint, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    ratios = {PREFILL: [], GENERATE: []}
    for _ in range(rounds):
        output = subprocess.run([sys.executable, __file__, "--theirs", checkpoint], check=True, stdout=subprocess.PIPE)
        slow, fast = json.loads(output.stdout.splitlines()[-1]), ours(checkpoint)
        for name, pairs in ratios.items():
            pairs.append((slow[name][0] / fast[name][0], slow[name][1] / fast[name][1]))
            print(f"{name}: transformers {slow[name][0]:.2f} s ({slow[name][1]:.2f} s of processor time), "
                  f"harness {fast[name][0]:.2f} s ({fast[name][1]:.2f} s)", flush=True)
    for name, pairs in ratios.items():
        clock, cpu = (statistics.median(p[i] for p in pairs) for i in (0, 1))
        print(f"{name}: median ratio {clock:.2f}, of processor times {cpu:.2f}")


if __name__ == "__main__":
    main()
