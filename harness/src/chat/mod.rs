//! Chat templates: how a conversation is written for a model that was tuned on conversations.
