//! Where a dictionary is.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{MecabError, Segmenter};

/// The environment variable that names a dictionary's folder.
pub const DICTIONARY_VARIABLE: &str = "HARNESS_MECAB_DICTIONARY";

/// Where packages put IPADIC in UTF-8: Debian and its kin, Fedora, a build
/// from source, Homebrew.
const FOLDERS: [&str; 5] = [
    "/var/lib/mecab/dic/ipadic-utf8",
    "/usr/lib64/mecab/dic/ipadic",
    "/usr/lib/mecab/dic/ipadic",
    "/usr/local/lib/mecab/dic/ipadic",
    "/opt/homebrew/lib/mecab/dic/ipadic",
];

/// The dictionary of this machine, read once: the folder that
/// [`DICTIONARY_VARIABLE`] names, else the first of the usual folders that
/// has one.
///
/// # Errors
/// [`MecabError::Absent`] with the command that installs one, or what is
/// wrong with the one that is there.
pub fn installed() -> Result<&'static Segmenter, &'static MecabError> {
    static INSTALLED: OnceLock<Result<Segmenter, MecabError>> = OnceLock::new();
    let load = || {
        let named = std::env::var_os(DICTIONARY_VARIABLE).map(PathBuf::from);
        find(named.as_deref(), &FOLDERS.map(Path::new))
    };
    INSTALLED.get_or_init(load).as_ref()
}

/// The dictionary in `named`, or in the first of `folders` that has one.
///
/// # Errors
/// See [`installed`].
pub fn find(named: Option<&Path>, folders: &[&Path]) -> Result<Segmenter, MecabError> {
    let has_one = |folder: &&&Path| folder.join("sys.dic").is_file();
    match named.or_else(|| folders.iter().find(has_one).copied()) {
        Some(folder) => Segmenter::open(folder),
        None => Err(MecabError::Absent),
    }
}
