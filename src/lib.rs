//! castgate: an HTTP gateway cast from its config.
