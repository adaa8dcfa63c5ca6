//! The task files that are compiled in.

use std::path::Path;

use crate::config::TaskFiles;

macro_rules! library {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../library/", $path)))),*]
    };
}

/// Every file of the `library` folder, sorted. Those whose names end in
/// `_yaml` are only included by others.
const FILES: &[(&str, &str)] = library![
    "he/arc_ai2_heb.yaml",
    "he/copa_heb.yaml",
    "he/global_mmlu_full_he.yaml",
    "he/gsm8k_heb.yaml",
    "he/he-instruct.yaml",
    "he/he-leaderboard.yaml",
    "he/heb_lb_heq.yaml",
    "he/heb_lb_sentiment.yaml",
    "he/heb_lb_sentiment_ll.yaml",
    "he/heb_lb_sentiment_onlp.yaml",
    "he/heb_lb_snli.yaml",
    "he/heb_lb_snli_ll.yaml",
    "he/heb_lb_trans_flores.yaml",
    "he/heb_lb_translation.yaml",
    "he/heb_lb_trivia.yaml",
    "he/heb_lb_winograd.yaml",
    "he/heb_lb_winograd_gen.yaml",
    "he/hellaswag_heb.yaml",
    "he/mmlu_heb.yaml",
    "he/psychometric_heb.yaml",
    "he/psychometric_heb_analogies_hebrew.yaml",
    "he/psychometric_heb_english_common_yaml",
    "he/psychometric_heb_hebrew_common_yaml",
    "he/psychometric_heb_math.yaml",
    "he/psychometric_heb_restatement_english.yaml",
    "he/psychometric_heb_sentence_complete_english.yaml",
    "he/psychometric_heb_sentence_complete_hebrew.yaml",
    "he/psychometric_heb_sentence_text_english.yaml",
    "he/psychometric_heb_sentence_text_hebrew.yaml",
    "he/psychometric_heb_understanding_hebrew.yaml",
    "ja/arc_challenge_ja.yaml",
    "ja/gsm8k.yaml",
    "ja/hellaswag.yaml",
    "ja/ja-base.yaml",
    "ja/ja-instruct.yaml",
    "ja/ja_leaderboard_jcommonsenseqa.yaml",
    "ja/ja_leaderboard_jnli.yaml",
    "ja/ja_leaderboard_jsquad.yaml",
    "ja/ja_leaderboard_marc_ja.yaml",
    "ja/ja_leaderboard_mgsm.yaml",
    "ja/ja_leaderboard_xwinograd.yaml",
    "ja/ja_mlsa_sentiment.yaml",
    "ja/llmjp_jcommonsenseqa.yaml",
    "ja/llmjp_jmmlu_japanese_history.yaml",
    "ja/mgsm_direct_ja.yaml",
    "ja/mgsm_native_cot_ja.yaml",
    "ja/niilc.yaml",
    "ja/swallow_base_mgsm_ja.yaml",
    "ja/swallow_base_wmt20_en_ja.yaml",
    "ja/swallow_base_wmt20_ja_en.yaml",
    "ja/swallow_hellaswag.yaml",
    "ja/swallow_jamcqa.yaml",
    "ja/swallow_jamcqa_cot.yaml",
    "ja/swallow_jmmlu_japanese_history.yaml",
    "ja/swallow_wmt20_en_ja.yaml",
    "ja/swallow_wmt20_ja_en.yaml",
    "ja/xwinograd_jp.yaml",
    "probe/flores200_chunks_en.yaml",
    "probe/flores200_chunks_he.yaml",
    "probe/flores200_chunks_ja.yaml",
    "probe/flores200_en.yaml",
    "probe/flores200_he.yaml",
    "probe/flores200_ja.yaml",
    "probe/flores200_shuffled_en.yaml",
    "probe/flores200_shuffled_he.yaml",
    "probe/flores200_shuffled_ja.yaml",
    "probe/ntrex128_en.yaml",
    "probe/ntrex128_he.yaml",
    "probe/ntrex128_ja.yaml",
    "probe/routing-controls.yaml",
    "probe/routing-probes.yaml",
    "probe/ted_chunks_en.yaml",
    "probe/ted_chunks_en_ja.yaml",
    "probe/ted_chunks_he.yaml",
    "probe/ted_chunks_ja.yaml",
];

/// Where errors say that a file lies.
const ROOT: &str = "tasks/library";

/// The task files that are compiled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Library;

impl Library {
    /// The files that define tasks and groups.
    pub(super) fn paths() -> impl Iterator<Item = String> {
        let files = FILES.iter().map(|(path, _)| path);
        files.filter(|path| path.ends_with(".yaml")).map(|path| format!("{ROOT}/{path}"))
    }
}

impl TaskFiles for Library {
    fn read(&self, path: &Path) -> Result<String, String> {
        let path = path.strip_prefix(ROOT).ok().and_then(Path::to_str).unwrap_or_default();
        let found = FILES.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| "there is no such file".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn files(folder: &Path, found: &mut Vec<String>) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("library");
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let mut found = Vec::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("library"), &mut found);
        found.sort();
        let table: Vec<&str> = FILES.iter().map(|(path, _)| *path).collect();
        assert_eq!(table, found, "add the file to FILES in registry/library.rs");
    }
}
