//! A crate outside of the workspace that depends on castgate, as a user's does, and what cargo makes of it.
//!
//! All of them share one target directory, and the versions of the workspace's lock file, so that castgate and what it
//! needs are built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The crate, in a directory of the test's own.
pub(crate) struct Crate {
    pub(crate) directory: PathBuf,
    name: String,
    target: PathBuf,
}

impl Crate {
    /// A copy of `examples/embedded` under another name, without its config.
    pub(crate) fn copy(name: &str) -> Self {
        let root = root();
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("downstream");
        let copy = Self { directory: home.join(name), name: name.to_owned(), target: home.join("target") };
        fs::create_dir_all(copy.directory.join("src")).expect("a directory of the test's own");
        let original = root.join("examples/embedded");
        for file in ["build.rs", "src/main.rs"] {
            copy.write(file, &read(&original.join(file)));
        }
        let manifest = read(&original.join("Cargo.toml"));
        let manifest = manifest.replace("\"../..", &format!("\"{}", root.display()));
        copy.write("Cargo.toml", &manifest.replace("name = \"embedded\"", &format!("name = \"{name}\"")));
        // The versions that the workspace was tested with, all of them at hand.
        copy.write("Cargo.lock", &read(&root.join("Cargo.lock")));
        copy
    }

    /// Has castgate built with these features beside the default ones: `"http2"`.
    pub(crate) fn with_features(&self, features: &str) {
        let manifest = read(&self.directory.join("Cargo.toml"));
        let line = "[dependencies]\ncastgate = {";
        let with = manifest.replace(line, &format!("{line} features = [{features}],"));
        assert_ne!(with, manifest);
        self.write("Cargo.toml", &with);
    }

    /// Writes a file of the crate, if it is not the same already: cargo goes by the time of the change.
    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.directory.join(file);
        if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
            return;
        }
        fs::create_dir_all(path.parent().expect("a directory of the test's own")).expect("the same");
        fs::write(path, text).expect("a directory of the test's own");
    }

    /// Removes a file of the crate, if it is there.
    pub(crate) fn remove(&self, file: &str) {
        match fs::remove_file(self.directory.join(file)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{file}: {error}"),
            _ => {}
        }
    }

    pub(crate) fn build<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Output {
        self.build_with([], arguments)
    }

    /// Builds with these variables in the environment.
    pub(crate) fn build_with<'a, const N: usize>(
        &self,
        variables: [(&str, &str); N],
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Output {
        self.cargo("build", arguments).envs(variables).output().expect("cargo")
    }

    /// Builds; whether anything had to be compiled.
    pub(crate) fn compiles(&self) -> bool {
        let output = self.build([]);
        let said = stderr(&output);
        assert!(output.status.success(), "{said}");
        said.contains(&format!("Compiling {} ", self.name))
    }

    /// Forgets all that was built of this crate, but not of what it depends on.
    pub(crate) fn clean(&self) {
        let output = self.cargo("clean", ["-p", &self.name]).output().expect("cargo");
        assert!(output.status.success(), "{}", stderr(&output));
    }

    pub(crate) fn binary(&self) -> PathBuf {
        self.target.join("debug").join(&self.name)
    }

    fn cargo<'a>(&self, command: &str, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args([command, "--offline", "--color=never"])
            .args(arguments)
            .current_dir(&self.directory)
            .env("CARGO_TARGET_DIR", &self.target)
            .env_remove("GATEWAY_CONFIG")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        cargo
    }
}

/// The workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
