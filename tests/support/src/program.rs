//! Programs that make a test stronger and that not every machine has.

use std::env;
use std::path::PathBuf;

/// Where `name` is installed. Where it is not, the test says that it is skipped and goes on without; with `CI=true`
/// in the environment nothing may be skipped, and a missing program is a panic.
#[track_caller]
pub fn require_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        assert_ne!(env::var("CI").as_deref(), Ok("true"), "{name} is not installed, and CI skips nothing");
        println!("skipped: {name} is not installed");
    }
    found
}
