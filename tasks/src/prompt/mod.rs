//! From documents to requests.
