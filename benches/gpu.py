#!/usr/bin/env python3
"""transformers and `harness bench` on one card, in turn: same config, same batches, random bf16 weights.

    pip install torch transformers==5.23.0
    cargo build --release --workspace --features harness/cuda
    python3 benches/gpu.py [--config FILE ...] [--rounds N] [--leaderboard] [--json FILE]

For Nemotron-H transformers has fast paths of its own in the packages mamba_ssm and causal_conv1d; without them it
computes the scan from plain PyTorch, and the report says which of them were there. Experts run as grouped products
where transformers has them, its default, and once more by its eager loop over experts.

Needs an NVIDIA card with bf16 (compute capability 8.0 or later) and memory for the weights of one model at a time
beside its activations: 80 GB for the two 30B configs, which are measured where none is named. Each program has the
card to itself: they run one after the other, each in a process of its own. Nothing is downloaded; both make their
weights from the config.

What is compared: prefill of 32 x 512 tokens with router outputs on (transformers runs its layers and returns every
router's logits, without the vocabulary projection; ours counts routing and predicts one row a sequence), and greedy
generation of 64 tokens after each of 64 prompts of 128. Where transformers runs out of memory, its batch is halved
until it fits, and the table says so. Rates are also given as shares of what the card's own bf16 product of two square
matrices reaches in the same run. Overhead of capture is ours with capture against ours without. --leaderboard adds
the time of a workload in the shape of the Hebrew leaderboard's six tasks, ours only.

--device cpu runs the same steps with smaller batches, to test this script; its numbers compare nothing.
"""
import argparse
import importlib.util
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CONFIGS = [ROOT / "benches/configs" / name for name in ("qwen3_30b_a3b.json", "nemotron_3_nano_30b_a3b.json")]
# Workload of `harness bench`, sequences, tokens of each, new tokens: by device.
PREFILL = {"cuda": ("prefill-16k", 32, 512, 0), "cpu": ("prefill", 8, 512, 0)}
GENERATE = {"cuda": ("generate-64", 64, 128, 64), "cpu": ("generate", 32, 128, 64)}
MATMUL = {"cuda": 8192, "cpu": 1024}


def clock(device, work):
    """Seconds that the work takes, the device's part of it included."""
    import torch

    def synchronise():
        if device == "cuda":
            torch.cuda.synchronize()

    synchronise()
    begun = time.perf_counter()
    work()
    synchronise()
    return time.perf_counter() - begun


def peak(device):
    """The card, and the fastest of 20 products of two square bf16 matrices, in TFLOP/s."""
    import torch
    import transformers

    if device == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch sees no NVIDIA card: is a driver installed, and is this torch built for CUDA?")
    size = MATMUL[device]
    a, b = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    fastest = min(clock(device, lambda: a @ b) for _ in range(20))
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU"
    fast_paths = [name for name in ("mamba_ssm", "causal_conv1d") if importlib.util.find_spec(name)]
    return dict(card=name, torch=torch.__version__, transformers=transformers.__version__, fast_paths=fast_paths,
                matmul=size, tflops=2 * size**3 / fastest / 1e12)


def fitting(sequences, run):
    """Runs batches of all sequences, of half of them, … until one fits: the seconds for all, and the batch."""
    import torch

    batch = sequences
    while True:
        try:
            return sum(run(batch) for _ in range(sequences // batch)), batch
        except torch.OutOfMemoryError:
            torch.cuda.empty_cache()
            if batch == 1:
                return None, 0
            batch //= 2


def theirs(config, device, rounds):
    """Median seconds of prefill and generation, the batches that fitted, and how experts were run."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(config)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).eval()
    random = torch.Generator(device).manual_seed(0)

    def ids(rows, tokens):
        return torch.randint(0, config.vocab_size, (rows, tokens), generator=random, device=device)

    # Families whose outputs have no place for router logits (Nemotron-H): their routers' own outputs are kept.
    kept = []
    for module in model.modules():
        if type(module).__name__ == "NemotronHTopkRouter":
            module.register_forward_hook(lambda module, inputs, output: kept.append(output))

    def prefill(batch, tokens):
        kept.clear()
        out = model.model(input_ids=ids(batch, tokens), use_cache=False, output_router_logits=True)
        if not (getattr(out, "router_logits", None) or kept):
            raise SystemExit("transformers returned no router outputs: the comparison would not be fair")

    def generate(batch, tokens, new):
        prompt = ids(batch, tokens)
        model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=new, min_new_tokens=new,
                       do_sample=False, pad_token_id=0)

    def median(workload):
        _, sequences, tokens, new = workload
        one = (lambda batch: generate(batch, tokens, new)) if new else (lambda batch: prefill(batch, tokens))
        runs = [fitting(sequences, lambda batch: clock(device, lambda: one(batch))) for _ in range(rounds + 1)][1:]
        seconds = [seconds for seconds, _ in runs]  # the first run set things up
        return dict(seconds=None if None in seconds else statistics.median(seconds),
                    batch=min(batch for _, batch in runs))

    with torch.inference_mode():
        measured = dict(prefill=median(PREFILL[device]), generate=median(GENERATE[device]),
                        experts=getattr(model.config, "_experts_implementation", None))
        if measured["experts"] not in (None, "eager"):
            model.set_experts_implementation("eager")
            measured["prefill, eager experts"] = median(PREFILL[device])
    return measured


def ours(config, device, rounds, batch_tokens, leaderboard, program):
    """What `harness bench --json` prints, by workload."""
    workloads = [PREFILL[device][0], GENERATE[device][0]] + (["he-leaderboard"] if leaderboard else [])
    command = [program, "bench", "--config", config, "--device", device, "--weights", "bf16", "--dtype", "bf16",
               "--workload", ",".join(workloads), "--repeat", str(rounds), "--batch-tokens", str(batch_tokens),
               "--json"]
    found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    by_name = {one["workload"]: one for one in found["workloads"]}
    for name, sequences, tokens, _ in (PREFILL[device], GENERATE[device]):
        if by_name[name]["tokens_naive"] != sequences * tokens:
            raise SystemExit(f"the workload {name} of `harness bench` is not {sequences} x {tokens} tokens any more")
    return by_name


def compare(name, workload, theirs, ours, tflops):
    """One line of the table, as numbers."""
    _, sequences, tokens, new = workload
    counted = sequences * (new or tokens)  # generation is counted in new tokens
    their_seconds, our_seconds = theirs["seconds"], ours["seconds"]
    return dict(
        what=name, tokens=counted,
        transformers_tokens_per_second=their_seconds and counted / their_seconds,
        transformers_batch=theirs["batch"],
        harness_tokens_per_second=counted / our_seconds,
        ratio=their_seconds and their_seconds / our_seconds,
        transformers_share_of_peak=their_seconds and ours["gflop"] / 1e3 / their_seconds / tflops,
        harness_share_of_peak=ours["gflop"] / 1e3 / our_seconds / tflops,
        capture_overhead=ours["capture_overhead"],
        harness_tokens_per_second_without_capture=counted / ours["seconds_without_capture"],
    )


def text(report):
    """The report as a person reads it."""
    machine = report["machine"]
    size, rate = machine["matmul"], machine["tflops"]
    fast_paths = " and ".join(machine["fast_paths"]) or "no fast paths for Mamba"
    yield (f"{machine['card']}, torch {machine['torch']}, transformers {machine['transformers']} with {fast_paths}; "
           f"bf16 product of {size} x {size} matrices: {rate:.1f} TFLOP/s")
    head = ("", "tokens", "transformers tok/s", "harness tok/s", "ratio", "transformers of peak", "harness of peak",
            "without capture tok/s", "capture")
    for model in report["models"]:
        yield f"\n{model['config']}, experts of transformers: {model['experts'] or 'one way only'}"
        lines = [head]
        for one in model["lines"]:
            slow, share = one["transformers_tokens_per_second"], one["transformers_share_of_peak"]
            lines.append((
                one["what"], str(one["tokens"]), f"{slow:,.0f}" if slow else "out of memory",
                f"{one['harness_tokens_per_second']:,.0f}", f"{one['ratio']:.1f}" if slow else "-",
                f"{share:.1%}" if slow else "-", f"{one['harness_share_of_peak']:.1%}",
                f"{one['harness_tokens_per_second_without_capture']:,.0f}", f"{one['capture_overhead']:+.1%}"))
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        for line in lines:
            yield "  ".join(cell.rjust(width) for cell, width in zip(line, widths)).rstrip()
        for one in model["lines"]:
            if 0 < one["transformers_batch"] < one["sequences"]:
                yield f"{one['what']}: transformers had memory for {one['transformers_batch']} sequences at a time"
        if "leaderboard_seconds" in model:
            yield f"he-leaderboard workload, harness: {model['leaderboard_seconds']:.1f} s"


def in_a_process(arguments):
    """The JSON that this script prints last when run with these arguments: the card is free again afterwards."""
    output = subprocess.run([sys.executable, __file__, *map(str, arguments)], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(output.splitlines()[-1])


def measure(a):
    report = dict(machine=in_a_process(["--device", a.device, "--step", "peak"]), models=[])
    tflops = report["machine"]["tflops"]
    for config in a.config or CONFIGS:
        step = ["--device", a.device, "--rounds", a.rounds, "--config", config, "--step", "theirs"]
        slow = in_a_process(step)
        fast = ours(config, a.device, a.rounds, a.batch_tokens, a.leaderboard, a.program)
        lines = []
        eager = "prefill, eager experts"
        for name, workload in (("prefill", PREFILL[a.device]), (eager, PREFILL[a.device]), ("generate", GENERATE[a.device])):
            if name in slow:
                line = compare(name, workload, slow[name], fast[workload[0]], tflops)
                lines.append(line | dict(sequences=workload[1]))
        model = dict(config=pathlib.Path(config).name, experts=slow["experts"], lines=lines, harness=fast)
        if a.leaderboard:
            model["leaderboard_seconds"] = fast["he-leaderboard"]["seconds"]
        report["models"].append(model)
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", nargs="*", type=pathlib.Path, help="config.json files [default: both 30B ones]")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, of which the median counts")
    parser.add_argument("--batch-tokens", type=int, default=16384, help="tokens of a forward pass of ours")
    parser.add_argument("--leaderboard", action="store_true")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target/release/harness")
    parser.add_argument("--json", type=pathlib.Path, help="file for all numbers")
    parser.add_argument("--step", choices=["peak", "theirs"], help=argparse.SUPPRESS)
    a = parser.parse_args()
    if a.step == "peak":
        print(json.dumps(peak(a.device)))
    elif a.step == "theirs":
        print(json.dumps(theirs(a.config[0], a.device, a.rounds)))
    else:
        missing = [file for file in [a.program, *(a.config or CONFIGS)] if not file.exists()]
        if missing:
            parser.error(f"{missing[0]} is not there")
        try:
            report = measure(a)
        except subprocess.CalledProcessError as error:
            command = " ".join(map(str, error.cmd[:3]))
            sys.exit(f"stopped: {command} … ended with {error.returncode}; its reason is above")
        if a.json:
            a.json.write_text(json.dumps(report, indent=1))
        print("\n".join(text(report)))


if __name__ == "__main__":
    main()
