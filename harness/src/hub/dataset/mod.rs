//! Where the files of a dataset's split are in a repository of the hub.
//!
//! A repository is a list of file names. [`converted`] knows the layout of the branch `refs/convert/parquet` that
//! the hub writes itself; [`original`] reads a dataset's own files as its card describes them ([`card`]), or as the
//! datasets library infers them where the card is silent ([`infer`]). All three are pure: they choose names, and
//! [`search`] finds or downloads them.

mod card;
mod converted;
mod infer;
mod lack;
mod locate;
mod original;
mod search;

pub use locate::HubData;
