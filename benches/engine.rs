//! Speed of the engine's parts, each in a model that consists of little else.
//!
//! `cargo bench --profile release --workspace --bench engine`. Nothing here is asserted: a shared machine's clock proves nothing.

#![expect(clippy::unwrap_used, reason = "a measurement stops where it fails")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use harness_models::synthetic::{RandomCheckpoint, SyntheticOptions};
use harness_models::{
    Batch, GroupCounter, LoadOptions, Model, NoRouting, Segment, UNCOUNTED, Want,
};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

/// One layer of attention over one sequence, and a dense network of one number.
#[divan::bench(args = [128, 512, 2048])]
fn attention(bencher: Bencher<'_, '_>, tokens: usize) {
    let model = model(&dense(1000, 8));
    forward(bencher, model.as_ref(), &batch(vec![segment(tokens, 1000)]), false);
}

/// The same over a forest: a trunk of 1,024 tokens and as many branches of 4 tokens as said.
#[divan::bench(args = [8, 64])]
fn attention_over_a_trunk(bencher: Bencher<'_, '_>, branches: u64) {
    let model = model(&dense(1000, 8));
    let branch = |node| Segment { node, parent: Some(0), ..segment(4, 1000) };
    let segments = std::iter::once(segment(1024, 1000)).chain((1..=branches).map(branch));
    forward(bencher, model.as_ref(), &batch(segments.collect()), false);
}

/// 64 experts of which 8 are chosen, behind one narrow head of attention.
#[divan::bench(args = [1, 16, 256, 2048])]
fn experts(bencher: Bencher<'_, '_>, tokens: usize) {
    let model = model(&routed());
    forward(bencher, model.as_ref(), &batch(vec![segment(tokens, 1000)]), false);
}

/// The same with routing capture: what it adds is the difference.
#[divan::bench(args = [256, 2048])]
fn experts_with_capture(bencher: Bencher<'_, '_>, tokens: usize) {
    let model = model(&routed());
    let counted = Segment { groups: vec![0; tokens], ..segment(tokens, 1000) };
    forward(bencher, model.as_ref(), &Batch { segments: vec![counted], groups: 1 }, true);
}

/// Predictions of this many rows from a vocabulary of 151,936.
#[divan::bench(args = [1, 32, 256])]
fn head(bencher: Bencher<'_, '_>, rows: usize) {
    let model = model(&dense(151_936, 1));
    let wants = (0..rows).map(|row| Want { row, targets: vec![1, 2, 3] }).collect();
    let wanted = Segment { wants, ..segment(rows, 1000) };
    forward(bencher, model.as_ref(), &batch(vec![wanted]), false);
}

fn forward(bencher: Bencher<'_, '_>, model: &dyn Model, batch: &Batch, capture: bool) {
    bencher.counter(ItemsCount::new(batch.tokens())).bench_local(|| {
        let mut counter = GroupCounter::new(model.architecture());
        let mut cache = model.new_cache();
        let output = if capture {
            model.forward(black_box(batch), &mut cache, &mut counter)
        } else {
            model.forward(black_box(batch), &mut cache, &mut NoRouting)
        };
        (output.unwrap(), counter.take().unwrap())
    });
}

fn batch(segments: Vec<Segment>) -> Batch {
    Batch { segments, groups: 0 }
}

fn segment(tokens: usize, vocab: u32) -> Segment {
    let ids = (0..tokens as u32).map(|i| i * i % vocab).collect();
    Segment { tokens: ids, groups: vec![UNCOUNTED; tokens], ..Segment::default() }
}

fn model(config: &Value) -> Box<dyn Model> {
    let (file, config) = ("config.json".as_ref(), config.to_string());
    let checkpoint = RandomCheckpoint::new(file, &config, SyntheticOptions::default()).unwrap();
    checkpoint.load(&LoadOptions::default()).unwrap()
}

fn dense(vocab: usize, heads: usize) -> Value {
    let mut config = common(vocab, heads);
    config["model_type"] = "qwen3".into();
    config["architectures"] = json!(["Qwen3ForCausalLM"]);
    config["intermediate_size"] = 1.into();
    config
}

fn routed() -> Value {
    let mut config = common(1000, 1);
    for (key, value) in
        [("num_experts", 64), ("num_experts_per_tok", 8), ("moe_intermediate_size", 192)]
    {
        config[key] = value.into();
    }
    config["model_type"] = "qwen3_moe".into();
    config["architectures"] = json!(["Qwen3MoeForCausalLM"]);
    config["intermediate_size"] = 1.into();
    config
}

fn common(vocab: usize, heads: usize) -> Value {
    json!({
        "hidden_size": 512, "num_hidden_layers": 1, "num_attention_heads": heads,
        "num_key_value_heads": heads.div_ceil(4), "head_dim": 64, "rms_norm_eps": 1e-6,
        "rope_theta": 1e6, "max_position_embeddings": 4096, "tie_word_embeddings": true,
        "vocab_size": vocab, "hidden_act": "silu", "attention_bias": false, "norm_topk_prob": true,
        "use_sliding_window": false
    })
}
