//! The configs that tests go through.

use std::path::Path;

/// The configs in a directory, as paths relative to the crate, sorted. One of several files has a directory of its own:
/// `gateway.yml`, what that includes, and perhaps `layer.yml`, which is laid over it.
pub(crate) fn configs(directory: &str) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let paths = names.map(|name| format!("{directory}/{name}"));
    let mut configs: Vec<String> = paths
        .filter_map(|path| {
            let layer = format!("{path}/layer.yml");
            match Path::new(&path).is_dir() {
                true if Path::new(&layer).exists() => Some(format!("{path}/gateway.yml:{layer}")),
                true => Some(format!("{path}/gateway.yml")),
                false => path.ends_with(".yml").then_some(path),
            }
        })
        .collect();
    configs.sort();
    assert!(!configs.is_empty());
    configs
}
