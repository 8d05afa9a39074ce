//! The levels of the operational log, `server.log_level`.

/// From the quietest to the loudest.
pub const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// What holds where none is written.
pub const DEFAULT: &str = "info";

/// Whether this is one of them, to the letter.
pub fn is_level(text: &str) -> bool {
    LEVELS.contains(&text)
}
