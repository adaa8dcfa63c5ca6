//! Words against MeCab itself, over a small dictionary of our own;
//! `tests/parity/mecab_words.py` wrote the words. `sacrebleu.rs` has IPADIC's.

use std::fs;
use std::path::{Path, PathBuf};

use harness_tasks::mecab::{MecabError, Segmenter, find};

const WORDS: &str = include_str!("../vectors/mecab_words.json");
const FILES: [&str; 4] = ["sys.dic", "unk.dic", "char.bin", "matrix.bin"];

fn dictionary() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mecab/dictionary")
}

#[test]
fn words_are_mecabs() {
    let segmenter = Segmenter::open(&dictionary()).unwrap();
    assert_eq!(segmenter.version(), "0.996-19");
    let cases: Vec<(String, Vec<String>)> = serde_json::from_str(WORDS).unwrap();
    assert!(cases.len() > 400);
    for (text, words) in cases {
        assert_eq!(segmenter.words(&text), words, "{text:?}");
    }
}

#[test]
fn an_absent_dictionary_names_the_command() {
    let nowhere = tempfile::tempdir().unwrap();
    let error = find(None, &[nowhere.path()]).err().unwrap();
    assert_eq!(error, MecabError::Absent);
    assert!(error.to_string().contains("apt-get install mecab-ipadic-utf8"), "{error}");
    let error = find(Some(nowhere.path()), &[]).err().unwrap().to_string();
    assert!(error.contains("matrix.bin: No such file"), "{error}");
    assert!(find(None, &[nowhere.path(), &dictionary()]).is_ok());
}

/// Opens a copy of the dictionary with one file changed.
fn damaged(file: &str, change: impl FnOnce(&mut Vec<u8>)) -> Result<Segmenter, MecabError> {
    let folder = tempfile::tempdir().unwrap();
    for name in FILES {
        fs::copy(dictionary().join(name), folder.path().join(name)).unwrap();
    }
    let mut bytes = fs::read(dictionary().join(file)).unwrap();
    change(&mut bytes);
    fs::write(folder.path().join(file), bytes).unwrap();
    Segmenter::open(folder.path())
}

#[test]
fn damaged_files_are_named() {
    for file in FILES {
        let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2);
        let empty = |bytes: &mut Vec<u8>| bytes.clear();
        for error in [damaged(file, cut), damaged(file, empty)] {
            let error = error.err().unwrap().to_string();
            assert!(error.contains(file), "{error}");
        }
    }
    let euc = |bytes: &mut Vec<u8>| bytes[40..46].copy_from_slice(b"EUC-JP");
    let error = damaged("sys.dic", euc).err().unwrap().to_string();
    assert!(error.contains("not in UTF-8; install mecab-ipadic-utf8"), "{error}");
}

/// Whatever a byte of a dictionary is changed to, text is cut into pieces of
/// itself or the dictionary is refused.
#[test]
fn no_damage_stops_the_program() {
    let text = "すもも12 ABあああ京都😀ー。";
    for file in ["sys.dic", "unk.dic", "matrix.bin"] {
        let length = fs::read(dictionary().join(file)).unwrap().len();
        for at in (0..length).step_by(length / 40 + 1) {
            let flip = |bytes: &mut Vec<u8>| bytes[at] ^= 0xa5;
            if let Ok(segmenter) = damaged(file, flip) {
                let words = segmenter.words(text).concat();
                assert!(words.len() <= text.len(), "{file}, byte {at}");
            }
        }
    }
}
