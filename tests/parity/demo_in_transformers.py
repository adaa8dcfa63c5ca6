"""Scores the demo's probe sentences with transformers and compares with a run of the harness.

    pip install torch transformers
    cargo run --release -- eval --models base,cpt,sft --tasks he-leaderboard --log-samples --output runs/demo
    python3 tests/parity/demo_in_transformers.py runs/demo demo/models/base demo/models/cpt demo/models/sft

Prints, for each checkpoint, the largest difference of a sentence's log-likelihood (nats), and how
often the experts that transformers chose add up to other counts than the harness recorded.
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)


def sentences(run, task):
    for line in (run / f"samples_{task}.jsonl").read_text(encoding="utf-8").splitlines():
        sample = json.loads(line)
        yield sample["doc"]["text"], float(sample["resps"][0][0])


def score(model, tokenizer, text):
    """The log-likelihood after the end-of-text token, and the router's logits of every text token."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    fed = torch.tensor([[tokenizer.eos_token_id] + ids])
    with torch.no_grad():
        out = model(fed, output_router_logits=True)
    steps = out.logits[0, :-1].float().log_softmax(-1)
    likelihood = steps[torch.arange(len(ids)), torch.tensor(ids)].sum().item()
    return likelihood, torch.stack([layer[1:] for layer in out.router_logits])


def main():
    run, *checkpoints = map(pathlib.Path, sys.argv[1:])
    for checkpoint in checkpoints:
        folder = run / checkpoint.name
        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32).eval()
        top_k, experts = model.config.num_experts_per_tok, model.config.num_experts
        groups = json.loads((folder / "routing.json").read_text())["groups"]
        for task in ("flores200_he", "flores200_en"):
            recorded = next(g["selection_counts"] for g in groups if g["task"] == task)
            counts = torch.zeros(len(recorded), experts, dtype=torch.long)
            worst = 0.0
            for text, ours in sentences(folder, task):
                theirs, logits = score(model, tokenizer, text)
                worst = max(worst, abs(theirs - ours))
                chosen = logits.topk(top_k, dim=-1).indices
                for layer in range(len(recorded)):
                    counts[layer] += torch.bincount(chosen[layer].flatten(), minlength=experts)
            moved = (counts - torch.tensor(recorded)).abs().sum().item() // 2
            print(f"{checkpoint.name} {task}: log-likelihood within {worst:.1e}, {moved} selections moved")


if __name__ == "__main__":
    main()
