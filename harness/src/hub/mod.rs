//! Checkpoints and datasets of the Hugging Face hub, and its cache on this machine.
//!
//! [`Hub::checkpoint`] turns `owner/name[@revision]` into a folder; [`HubData`] tells where the files of a dataset's
//! split are. Both look into the cache first, laid out as huggingface_hub lays it out (`snapshots/<commit>/…`), so
//! that what `hf download`, transformers or datasets have brought is found, and make **no request at all** if it has
//! everything. Otherwise they download: safetensors, JSON and data files only, never a pickle, never code.
//!
//! The cache's layout is hf-hub's; the requests are made here (`client`), because hf-hub 0.5 sends the token along
//! to whatever host the hub redirects to, and neither honours `Retry-After` nor checks digests. What is made of the
//! network: temporary failures are retried within [`Patience`], broken transfers resumed, contents held to the
//! digest that the hub announces, and the token given to the hub's own origin only and never printed.

mod access;
mod address;
mod announcement;
mod answer;
mod blob;
mod checkpoint;
mod client;
mod dataset;
mod description;
mod digest;
mod download;
mod error;
mod fetch;
mod path;
mod patience;
mod repository;
mod settings;
mod snapshot;
#[cfg(test)]
mod testing;
mod token;
mod weights;

pub use access::{Hub, checkpoint};
pub use checkpoint::Resolved;
pub use dataset::HubData;
pub use error::HubError;
pub use patience::Patience;
pub use settings::{HubSettings, Progress, ProgressHook};
pub use token::Token;
