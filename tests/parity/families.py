#!/usr/bin/env python3
"""Tiny checkpoints of every model family with the numbers that transformers computes for them.

    pip install torch transformers==5.23.0
    python3 tests/parity/families.py [NAME ...]

Writes models/tests/families/NAME/: `config.json` and `model.safetensors` (bf16) as `save_pretrained` leaves them, and
`reference.safetensors`: `input_ids` [2,24], `logits` [2,24,vocab] and, for each router module, `router.<module>.{0,1,2}`
= raw logits, applied weights and ids, one row a token. Weights are random numbers that bf16 holds exactly and the
passes run in float32, so the files carry no rounding. A name is a family, or a family, a dash and what is special.
"""
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "models/tests/families"
SEQUENCES, TOKENS = 2, 24

COMMON = dict(vocab_size=40, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=32, bos_token_id=None, eos_token_id=None, pad_token_id=None)
YARN = dict(rope_type="yarn", rope_theta=500.0, factor=4.0, original_max_position_embeddings=8)
LATENT = dict(num_key_value_heads=4, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8,
              intermediate_size=12, n_shared_experts=2, first_k_dense_replace=1, kv_lora_rank=8, qk_nope_head_dim=6,
              qk_rope_head_dim=4, v_head_dim=6)
MAMBA = dict(mamba_n_heads=4, mamba_d_head=8, mamba_n_groups=2, mamba_d_state=6, mamba_d_conv=4, mamba_expand=2)
GRANITE = dict(intermediate_size=8, num_local_experts=5, num_experts_per_tok=2, embedding_multiplier=12.0,
               logits_scaling=6.0, residual_multiplier=0.22, attention_multiplier=0.2)
DELTA = dict(head_dim=8, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=8,
             shared_expert_intermediate_size=8, linear_num_key_heads=2, linear_num_value_heads=4,
             linear_key_head_dim=4, linear_value_head_dim=6,
             layer_types=["linear_attention", "full_attention", "linear_attention"])
NEMOTRON = dict(num_hidden_layers=None, head_dim=4, mamba_num_heads=4, mamba_head_dim=4, n_groups=2, ssm_state_size=6,
                n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8,
                moe_shared_expert_intermediate_size=8, intermediate_size=8, time_step_min=1e-9,
                routed_scaling_factor=2.5)

# name: (class of the config, what is special to it)
FAMILIES = {
    "deepseek_v2": ("DeepseekV2", dict(
        **LATENT, q_lora_rank=None, topk_method="group_limited_greedy", n_group=3, topk_group=2,
        routed_scaling_factor=1.5, rope_parameters=dict(**YARN, mscale=0.707, mscale_all_dim=0.707))),
    "deepseek_v3": ("DeepseekV3", dict(
        **LATENT, q_lora_rank=8, n_group=3, topk_group=2, rope_parameters=dict(**YARN, mscale=1.0, mscale_all_dim=1.0))),
    "ernie4_5_moe": ("Ernie4_5_Moe", dict(
        intermediate_size=12, moe_intermediate_size=8, moe_num_experts=6, moe_k=2, moe_num_shared_experts=2,
        moe_layer_start_index=1, moe_layer_interval=1, use_bias=False)),
    "gemma3_text": ("Gemma3Text", dict(
        head_dim=8, intermediate_size=12, sliding_window=5, query_pre_attn_scalar=6,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"])),
    "glm4_moe": ("Glm4Moe", dict(
        head_dim=8, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8, intermediate_size=12,
        n_shared_experts=1, first_k_dense_replace=1, n_group=1, topk_group=1, use_qk_norm=True, attention_bias=True,
        routed_scaling_factor=2.5)),
    "gpt_oss": ("GptOss", dict(
        head_dim=8, intermediate_size=8, num_local_experts=5, num_experts_per_tok=2, sliding_window=6,
        swiglu_limit=1.5, rope_parameters=dict(**YARN, truncate=False))),
    "granitemoe": ("GraniteMoe", GRANITE),
    "granitemoehybrid": ("GraniteMoeHybrid", dict(
        **GRANITE, **MAMBA, shared_intermediate_size=8,
        layer_types=["linear_attention", "full_attention", "linear_attention"])),
    "granitemoehybrid-dense": ("GraniteMoeHybrid", dict(
        **GRANITE | dict(num_local_experts=0), **MAMBA, shared_intermediate_size=8, position_embedding_type="rope",
        layer_types=["full_attention", "linear_attention", "full_attention"])),
    "llama": ("Llama", dict(
        intermediate_size=12, tie_word_embeddings=True, rope_parameters=dict(
            rope_type="llama3", rope_theta=500.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=16))),
    "llama-bias": ("Llama", dict(intermediate_size=12, attention_bias=True, mlp_bias=True)),
    "minimax_m2": ("MiniMaxM2", dict(
        head_dim=8, intermediate_size=8, num_local_experts=6, num_experts_per_tok=2,
        rope_parameters=dict(rope_type="default", rope_theta=500.0, partial_rotary_factor=0.5))),
    "mixtral": ("Mixtral", dict(intermediate_size=8, num_local_experts=5, num_experts_per_tok=2, sliding_window=7)),
    "nemotron_h": ("NemotronH", dict(
        **NEMOTRON, layers_block_type=["linear_attention", "moe", "full_attention", "mlp", "linear_attention", "moe"])),
    "nemotron_h-latent": ("NemotronH", dict(
        **NEMOTRON, moe_latent_size=8, n_group=3, topk_group=2,
        layers_block_type=["moe", "linear_attention", "full_attention", "moe"])),
    "olmoe": ("Olmoe", dict(intermediate_size=8, num_experts=5, num_experts_per_tok=2, clip_qkv=0.8)),
    "phimoe": ("Phimoe", dict(
        intermediate_size=8, num_local_experts=5, num_experts_per_tok=2, attention_bias=True, lm_head_bias=True,
        router_jitter_noise=0.4, sliding_window=None, max_position_embeddings=64, rope_parameters=dict(
            rope_type="longrope", rope_theta=500.0, original_max_position_embeddings=32, short_factor=[1.0, 1.5],
            long_factor=[1.0, 4.0], short_mscale=1.1, long_mscale=1.2))),
    "qwen2_moe": ("Qwen2Moe", dict(
        intermediate_size=12, moe_intermediate_size=8, shared_expert_intermediate_size=12, num_experts=5,
        num_experts_per_tok=2, decoder_sparse_step=2)),
    "qwen3": ("Qwen3", dict(head_dim=8, intermediate_size=12)),
    "qwen3_5_moe": ("Qwen3_5MoeText", DELTA),
    "qwen3_moe": ("Qwen3Moe", dict(
        head_dim=8, intermediate_size=12, moe_intermediate_size=8, num_experts=6, num_experts_per_tok=2,
        mlp_only_layers=[1], norm_topk_prob=True)),
    "qwen3_next": ("Qwen3Next", dict(**DELTA, intermediate_size=12, mlp_only_layers=[2])),
}


def model_class(name):
    """The language model of a config class; text parts of larger models drop `Text`."""
    plain = name.removesuffix("Text") if name != "Gemma3Text" else "Gemma3"
    return getattr(transformers, plain + "ForCausalLM")


def draw(name, tensor):
    """A random value for a weight: rows keep their size, norms are near one, routers have preferences."""
    noise = torch.randn(tensor.shape)
    if name.endswith("A_log"):
        return torch.rand(tensor.shape)
    if tensor.dim() == 1 or name.endswith("_bias"):
        return tensor.float().mean().round() + 0.3 * noise
    return noise / tensor.shape[-1] ** 0.5


def randomise(model):
    state = dict(model.named_parameters())
    state |= {name: b for name, b in model.named_buffers() if "correction_bias" in name}
    for name, tensor in state.items():
        tensor.data.copy_(draw(name, tensor.data).to(torch.bfloat16))


def watch_routers(model, seen):
    """Keeps what every router returns."""
    for name, module in model.named_modules():
        if type(module).__name__.endswith("Router"):
            module.register_forward_hook(lambda _, __, out, name=name: seen.__setitem__(name, out))


def write(name):
    kind, special = FAMILIES[name]
    torch.manual_seed(sum(name.encode()))
    config = getattr(transformers, kind + "Config")(**{k: v for k, v in (COMMON | special).items()
                                                       if v is not None or k not in COMMON or k.endswith("_id")})
    config._attn_implementation = "eager"
    model = model_class(kind)(config).float().eval()
    randomise(model)
    seen = {}
    watch_routers(model, seen)
    input_ids = torch.randint(0, config.vocab_size, (SEQUENCES, TOKENS))
    with torch.no_grad():
        logits = model(input_ids, use_cache=False).logits
    tensors = {"input_ids": input_ids.to(torch.int32), "logits": logits}
    for module, output in seen.items():
        for part, tensor in enumerate(output):
            tensor = tensor.to(torch.int32 if part == 2 else torch.float32)
            tensors[f"router.{module}.{part}"] = tensor.reshape(-1, tensor.shape[-1])
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({k: t.contiguous() for k, t in tensors.items()}, folder / "reference.safetensors")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {len(seen)} routers, logits up to {logits.abs().max():.2f}, {size / 1024:.0f} KiB", flush=True)


def main():
    torch.set_num_threads(1)
    for name in sys.argv[1:] or FAMILIES:
        write(name)


if __name__ == "__main__":
    main()
