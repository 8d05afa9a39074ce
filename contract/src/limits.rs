//! How many limits one middleware may ask of a request: what is kept of each while the others are asked stands on the stack.

/// The most that a list may have.
pub const MOST: usize = 16;
