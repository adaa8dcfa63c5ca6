//! What Python does to text and values, where prompts and hashes depend on it.
