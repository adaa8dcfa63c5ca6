#!/usr/bin/env python3
"""Prefill of transformers against this engine, on the same random checkpoints of about 100 M parameters, in turn.

    pip install torch transformers==5.23.0
    cargo build --release -p harness-models --example prefill
    python3 benches/families.py [ROUNDS]

Nemotron-H (Mamba-2, attention, experts) and Qwen3-MoE, in float32 on the CPU: 8 sequences of 512 tokens, without the
vocabulary projection. Both programs use as many threads as there are cores and count nothing of loading. Ratios are of
wall-clock and of processor time; where other things run too, the second is the steadier one.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEQUENCES, TOKENS = 8, 512
COMMON = dict(vocab_size=8192, hidden_size=512, num_attention_heads=8, num_key_value_heads=2, head_dim=64,
              max_position_embeddings=4096, bos_token_id=None, eos_token_id=None, pad_token_id=None)
MODELS = {
    "nemotron_h": ("NemotronH", dict(
        layers_block_type=(["linear_attention", "moe"] * 2 + ["linear_attention", "full_attention", "moe"]) * 2,
        mamba_num_heads=16, mamba_head_dim=64, n_groups=8, ssm_state_size=128, chunk_size=128, time_step_min=1e-9,
        n_routed_experts=64, num_experts_per_tok=6, moe_intermediate_size=192,
        moe_shared_expert_intermediate_size=384, intermediate_size=1024, routed_scaling_factor=2.5)),
    "qwen3_moe": ("Qwen3Moe", dict(
        num_hidden_layers=6, num_experts=48, num_experts_per_tok=8, moe_intermediate_size=192, intermediate_size=1024,
        norm_topk_prob=True)),
}


def folder(name):
    return ROOT / "target/bench" / f"{name}-100m"


def write(name):
    import torch
    import transformers

    kind, special = MODELS[name]
    torch.manual_seed(0)
    model = getattr(transformers, kind + "ForCausalLM")(getattr(transformers, kind + "Config")(**(COMMON | special)))
    print(f"{name}: {sum(p.numel() for p in model.parameters()) / 1e6:.0f} M parameters", flush=True)
    model.float().save_pretrained(folder(name))


def theirs(name):
    import torch
    from transformers import AutoModelForCausalLM

    torch.set_num_threads(os.cpu_count())
    model = AutoModelForCausalLM.from_pretrained(folder(name), dtype=torch.float32).eval()
    ids = torch.randint(0, model.config.vocab_size, (SEQUENCES, TOKENS))
    with torch.inference_mode():
        model.model(input_ids=ids[:, :64], use_cache=False)  # the first call sets things up
        clock, cpu = time.perf_counter(), time.process_time()
        model.model(input_ids=ids, use_cache=False)
        return dict(seconds=time.perf_counter() - clock, cpu_seconds=time.process_time() - cpu)


def in_a_process(command):
    """The JSON that a command prints last: each measurement has a process of its own."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
    return json.loads(output.splitlines()[-1])


def compare(name, rounds):
    program = [ROOT / "target/release/examples/prefill", folder(name), str(SEQUENCES), str(TOKENS), "1"]
    ratios = []
    for _ in range(rounds):
        slow = in_a_process([sys.executable, __file__, "--theirs", name])
        fast = in_a_process(program)
        ratios.append((slow["seconds"] / fast["seconds"], slow["cpu_seconds"] / fast["cpu_seconds"]))
        print(f"{name}: transformers {slow['seconds']:.2f} s ({slow['cpu_seconds']:.2f} s of processor time), "
              f"ours {fast['seconds']:.2f} s ({fast['cpu_seconds']:.2f} s)", flush=True)
    clock, cpu = (statistics.median(r[i] for r in ratios) for i in (0, 1))
    print(f"{name}: median ratio {clock:.2f}, of processor times {cpu:.2f}", flush=True)


def main():
    if sys.argv[1:2] == ["--theirs"]:
        print(json.dumps(theirs(sys.argv[2])))
        return
    for name in MODELS:
        if not (folder(name) / "model.safetensors").exists():
            write(name)
        compare(name, int(sys.argv[1]) if len(sys.argv) > 1 else 3)


if __name__ == "__main__":
    main()
