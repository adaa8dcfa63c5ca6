#!/usr/bin/env python3
"""Writes a Qwen3-MoE checkpoint of random weights, with nothing but Python's library.

    python3 benches/random_checkpoint.py OUT --tokenizer demo/models/base [--hidden 512 --layers 12 ...]
    python3 benches/random_checkpoint.py OUT --tokenizer DIR --config benches/configs/qwen3_30b_a3b.json --bf16

The sizes are those of a config.json where one is named; 61 GB for the second line.

For measurements only: the numbers are one block of Gaussian noise repeated, which costs a kernel the same.
"""
import argparse
import array
import json
import pathlib
import random
import shutil
import struct


def shapes(a, vocab):
    """Name and shape of every tensor, in the order of transformers' qwen3_moe."""
    head = a.head_dim
    yield "model.embed_tokens.weight", (vocab, a.hidden)
    for layer in range(a.layers):
        p = f"model.layers.{layer}."
        yield p + "input_layernorm.weight", (a.hidden,)
        yield p + "post_attention_layernorm.weight", (a.hidden,)
        for name, rows in (("q", a.heads), ("k", a.kv_heads), ("v", a.kv_heads)):
            yield p + f"self_attn.{name}_proj.weight", (rows * head, a.hidden)
        yield p + "self_attn.o_proj.weight", (a.hidden, a.heads * head)
        for name in ("q_norm", "k_norm"):
            yield p + f"self_attn.{name}.weight", (head,)
        yield p + "mlp.gate.weight", (a.experts, a.hidden)
        for expert in range(a.experts):
            e = p + f"mlp.experts.{expert}."
            yield e + "gate_proj.weight", (a.moe_width, a.hidden)
            yield e + "up_proj.weight", (a.moe_width, a.hidden)
            yield e + "down_proj.weight", (a.hidden, a.moe_width)
    yield "model.norm.weight", (a.hidden,)
    if not a.tied:
        yield "lm_head.weight", (vocab, a.hidden)


# Options, and what config.json calls them.
SIZES = {"hidden": "hidden_size", "layers": "num_hidden_layers", "heads": "num_attention_heads",
         "kv_heads": "num_key_value_heads", "head_dim": "head_dim", "experts": "num_experts",
         "top_k": "num_experts_per_tok", "moe_width": "moe_intermediate_size", "tied": "tie_word_embeddings"}


def config(a, vocab):
    return {
        "architectures": ["Qwen3MoeForCausalLM"], "model_type": "qwen3_moe", "hidden_size": a.hidden,
        "num_hidden_layers": a.layers, "num_attention_heads": a.heads, "num_key_value_heads": a.kv_heads,
        "head_dim": a.head_dim, "num_experts": a.experts, "num_experts_per_tok": a.top_k,
        "moe_intermediate_size": a.moe_width, "intermediate_size": 4 * a.hidden, "norm_topk_prob": True,
        "decoder_sparse_step": 1, "mlp_only_layers": [], "rms_norm_eps": 1e-6, "rope_theta": 1e6,
        "max_position_embeddings": 4096, "tie_word_embeddings": True, "vocab_size": vocab, "hidden_act": "silu",
        "attention_bias": False, "use_sliding_window": False,
    }


def write(path, tensors, bf16):
    header, offset, size = {}, 0, 2 if bf16 else 4
    for name, shape in tensors:
        count = 1
        for side in shape:
            count *= side
        place = [offset, offset + size * count]
        header[name] = {"dtype": "BF16" if bf16 else "F32", "shape": list(shape), "data_offsets": place}
        offset += size * count
    noise = random.Random(0)
    numbers = array.array("f", (noise.gauss(0, 0.02) for _ in range(1 << 20)))
    if bf16:  # the upper half of each f32
        numbers = array.array("H", numbers.tobytes())[1::2]
    block = numbers.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        while offset > 0:
            file.write(block[: min(offset, len(block))])
            offset -= len(block)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--tokenizer", type=pathlib.Path, required=True)
    for name, value in (("hidden", 512), ("layers", 12), ("heads", 8), ("kv-heads", 2), ("head-dim", 64),
                        ("experts", 64), ("top-k", 8), ("moe-width", 192), ("vocab", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--config", type=pathlib.Path, help="a qwen3_moe config.json, whose sizes count")
    parser.add_argument("--bf16", action="store_true", help="bf16 weights in place of f32 ones")
    parser.set_defaults(tied=True)
    a = parser.parse_args()
    given = json.loads(a.config.read_text()) if a.config else {}
    vars(a).update({option: given[key] for option, key in SIZES.items() if key in given})
    a.vocab = given.get("vocab_size", a.vocab)
    tokenizer = json.loads((a.tokenizer / "tokenizer.json").read_text())
    vocab = a.vocab or max(max(tokenizer["model"]["vocab"].values()),
                           max((t["id"] for t in tokenizer["added_tokens"]), default=0)) + 1
    a.out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(a.tokenizer / name, a.out / name)
    (a.out / "config.json").write_text(json.dumps(config(a, vocab) | given, indent=1))
    write(a.out / "model.safetensors", list(shapes(a, vocab)), a.bf16)


if __name__ == "__main__":
    main()
