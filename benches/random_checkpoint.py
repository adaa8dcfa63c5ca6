#!/usr/bin/env python3
"""Writes a Qwen3-MoE checkpoint of random f32 weights, with nothing but Python's library.

    python3 benches/random_checkpoint.py OUT --tokenizer demo/models/base [--hidden 512 --layers 12 ...]

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


def write(path, tensors):
    header, offset = {}, 0
    for name, shape in tensors:
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + 4 * count]}
        offset += 4 * count
    noise = random.Random(0)
    block = array.array("f", (noise.gauss(0, 0.02) for _ in range(1 << 20))).tobytes()
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
    a = parser.parse_args()
    tokenizer = json.loads((a.tokenizer / "tokenizer.json").read_text())
    vocab = a.vocab or max(max(tokenizer["model"]["vocab"].values()),
                           max((t["id"] for t in tokenizer["added_tokens"]), default=0)) + 1
    a.out.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(a.tokenizer / name, a.out / name)
    (a.out / "config.json").write_text(json.dumps(config(a, vocab), indent=1))
    write(a.out / "model.safetensors", list(shapes(a, vocab)))


if __name__ == "__main__":
    main()
