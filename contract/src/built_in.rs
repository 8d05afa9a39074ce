//! The paths that the gateway answers itself, ahead of all routes, unless `admin` has a listener of its own.

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// `/health`: every backend's health.
    Health,
    /// `/livez`: whether the process lives.
    Livez,
    /// `/readyz`: whether it should get traffic.
    Readyz,
    /// `/metrics`: for Prometheus.
    Metrics,
}

/// Their paths, exactly so and no others.
pub const PATHS: [&str; 4] = ["/health", "/livez", "/readyz", "/metrics"];

/// What stands at a path as it was written: no other spelling is answered here. Asked for every request: a comparison of lengths, and rarely more.
#[inline]
pub fn at(path: &str) -> Option<BuiltIn> {
    match path {
        "/health" => Some(BuiltIn::Health),
        "/livez" => Some(BuiltIn::Livez),
        "/readyz" => Some(BuiltIn::Readyz),
        "/metrics" => Some(BuiltIn::Metrics),
        _ => None,
    }
}

impl BuiltIn {
    /// Its path.
    pub fn path(self) -> &'static str {
        PATHS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_is_something_else_and_no_other_is_anything() {
        assert_eq!(PATHS.map(|path| at(path).map(BuiltIn::path)), PATHS.map(Some));
        assert_eq!(["/healthz", "/health/", "/", "", "health"].map(at), [None; 5]);
    }
}
