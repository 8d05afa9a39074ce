//! The workflow of `examples/ci` does what it says: its commands are run here, with a repository, as its host would.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The names of the steps that run something, and what.
fn steps() -> Vec<(String, String)> {
    let workflow: serde_yaml::Value =
        serde_yaml::from_str(&fs::read_to_string("../examples/ci/validate.yml").unwrap()).unwrap();
    let steps = workflow["jobs"]["validate"]["steps"].as_sequence().unwrap();
    let text = |step: &serde_yaml::Value, key: &str| step[key].as_str().map(str::to_owned);
    steps.iter().filter_map(|step| Some((text(step, "name")?, text(step, "run")?))).collect()
}

/// A repository with a gateway.yml, whose main branch has been pushed.
struct Repository(PathBuf);

impl Repository {
    fn new(name: &str, config: &str) -> Self {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow").join(name);
        _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(directory.join("temporary")).unwrap();
        let repository = Self(directory);
        repository.write(config);
        let commit = "git init -q && git add gateway.yml && git -c user.name=test -c user.email=test@example.com commit -qm one \
                      && git update-ref refs/remotes/origin/main HEAD";
        assert!(repository.run(commit).status.success());
        repository
    }

    fn write(&self, config: &str) {
        fs::write(self.0.join("gateway.yml"), config).unwrap();
    }

    /// As a step is run: bash, which stops at the first command that fails.
    fn run(&self, script: &str) -> Output {
        let castgate = Path::new(env!("CARGO_BIN_EXE_castgate")).parent().unwrap();
        let path = format!("{}:{}", castgate.display(), std::env::var("PATH").unwrap());
        Command::new("bash")
            .args(["-e", "-o", "pipefail", "-c", script])
            .current_dir(&self.0)
            .env("PATH", path)
            .env("RUNNER_TEMP", self.0.join("temporary"))
            .env("GITHUB_BASE_REF", "main")
            .output()
            .unwrap()
    }

    /// The steps of the workflow that fail, with what they say. Building is tried in `tests/downstream` of the workspace.
    fn failures(&self) -> Vec<(String, String)> {
        let mut failures = Vec::new();
        for (name, script) in steps().into_iter().filter(|(name, _)| name != "build") {
            let output = self.run(&script);
            if !output.status.success() {
                let said = [output.stdout, output.stderr].concat();
                failures.push((name, String::from_utf8_lossy(&said).into_owned()));
            }
        }
        failures
    }
}

const GUARDED: &str = "
upstreams: {users: {backends: ['http://users:80']}}
routes:
  - {name: users, path: /users, upstream: users, middleware: {auth: {api_keys: {keys: \"${env:KEYS}\"}}}}
tests:
  - {request: GET /users/1, expect: {route: users}}
";

#[test]
fn a_good_config_passes_every_step() {
    assert_eq!(steps().len(), 5, "install, check, test, diff, build");
    assert_eq!(Repository::new("good", GUARDED).failures(), []);
}

#[test]
fn a_problem_is_shown_at_its_line() {
    let repository = Repository::new("wrong", GUARDED);
    repository.write(&GUARDED.replace("upstream: users,", "upstream: userz,"));
    let failures = repository.failures();
    let (step, said) = &failures[0];
    assert_eq!(step, "check");
    assert!(said.starts_with("::error file=gateway.yml,line=4,"), "{said}");
}

#[test]
fn auth_that_goes_away_fails() {
    let repository = Repository::new("open", GUARDED);
    let (guarded, rest) = GUARDED.split_once(", middleware:").unwrap();
    let (_, rest) = rest.split_once("}}}}").unwrap();
    repository.write(&format!("{guarded}}}{rest}"));
    let failures = repository.failures();
    let steps: Vec<&str> = failures.iter().map(|(step, _)| step.as_str()).collect();
    assert_eq!(steps, ["what changes for requests"], "{failures:?}");
}
