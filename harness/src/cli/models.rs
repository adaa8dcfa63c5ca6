use std::path::Path;

use comfy_table::{Table, presets};
use harness_models::{Checkpoint, LayerKind, inspect};
use serde_json::json;

use super::args::{ModelsArgs, ModelsCommand};
use super::error::CommandError;
use super::output;
use crate::config::{Config, choose_models};
use crate::eval::{EvalError, locate};
use crate::exit::Exit;

/// Describes a checkpoint.
pub(super) fn run(args: &ModelsArgs) -> Result<Exit, CommandError> {
    let ModelsCommand::Show { checkpoint, json, config } = &args.command;
    let config = Config::load(config.as_deref())?;
    let choices = choose_models(&config, std::slice::from_ref(checkpoint))?;
    for choice in choices {
        let (folder, _) = locate(&choice.alias, &choice.model.source)?;
        show(&folder, *json)?;
    }
    Ok(Exit::Success)
}

fn show(folder: &Path, json: bool) -> Result<(), CommandError> {
    let checkpoint = inspect(folder).map_err(EvalError::from)?;
    if json {
        output::print_json(&json!(checkpoint))?;
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for (name, value) in rows(&checkpoint) {
        table.add_row([name.to_owned(), value]);
    }
    output::print(&table.to_string())?;
    Ok(())
}

fn rows(checkpoint: &Checkpoint) -> Vec<(&'static str, String)> {
    let architecture = &checkpoint.architecture;
    let mut rows = vec![
        ("family", format!("{} (model_type {})", architecture.family, architecture.model_type)),
        ("layers", format!("{}: {}", architecture.layers, kinds(&architecture.layer_kinds))),
        ("hidden size", architecture.hidden_size.to_string()),
        (
            "vocabulary",
            format!(
                "{}{}",
                architecture.vocab_size,
                if architecture.tied_head { ", tied head" } else { "" }
            ),
        ),
        ("context", format!("{} tokens", architecture.max_position_embeddings)),
    ];
    match architecture.score_function {
        Some(score_function) => rows.extend([
            (
                "MoE layers",
                format!("{} ({})", architecture.moe_layers.len(), ranges(&architecture.moe_layers)),
            ),
            (
                "experts",
                format!(
                    "{} routed, top {}, {} shared",
                    architecture.experts, architecture.top_k, architecture.shared_experts
                ),
            ),
            ("router scores", format!("{score_function:?}").to_lowercase()),
        ]),
        None => rows.push(("MoE layers", "none: no routing".to_owned())),
    }
    rows.push((
        "parameters",
        format!(
            "{} total, {} active a token",
            millions(architecture.parameters_total),
            millions(architecture.parameters_active)
        ),
    ));
    for (dtype, bytes) in &checkpoint.bytes_by_dtype {
        rows.push(("on disk", format!("{} {dtype}", mebibytes(*bytes))));
    }
    for (dtype, size) in [("f32", 4), ("bf16", 2)] {
        rows.push((
            "in memory",
            format!("{} as {dtype}", mebibytes(architecture.parameters_total * size)),
        ));
    }
    rows.push(("per cached token", format!("{} bytes in f32", architecture.kv_bytes_per_token())));
    rows.push(("files", format!("{} with {} tensors", checkpoint.files.len(), checkpoint.tensors)));
    rows.extend(checkpoint.notes.iter().map(|note| ("note", note.clone())));
    rows
}

fn kinds(kinds: &[LayerKind]) -> String {
    let count = |kind: LayerKind| kinds.iter().filter(|&&known| known == kind).count();
    let names = [
        (LayerKind::AttentionMoe, "attention + MoE"),
        (LayerKind::AttentionMlp, "attention + MLP"),
        (LayerKind::MambaMoe, "Mamba + MoE"),
        (LayerKind::MambaMlp, "Mamba + MLP"),
        (LayerKind::DeltaNetMoe, "DeltaNet + MoE"),
        (LayerKind::DeltaNetMlp, "DeltaNet + MLP"),
        (LayerKind::Attention, "attention"),
        (LayerKind::Mamba, "Mamba"),
        (LayerKind::Moe, "MoE"),
        (LayerKind::Mlp, "MLP"),
    ];
    let present =
        names.into_iter().map(|(kind, name)| (count(kind), name)).filter(|(count, _)| *count > 0);
    present.map(|(count, name)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

/// `0-3, 5, 7-9`.
fn ranges(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[usize]| match run {
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    };
    runs.map(run).collect::<Vec<_>>().join(", ")
}

fn millions(count: u64) -> String {
    format!("{:.1} M", count as f64 / 1e6)
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    #[test]
    fn layer_numbers_are_shown_as_ranges() {
        assert_eq!(super::ranges(&[0, 1, 2, 5, 7, 8]), "0-2, 5, 7-8");
        assert_eq!(super::ranges(&[]), "");
    }
}
