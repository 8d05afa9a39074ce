//! The command line of a gateway. Everything but running one is words on stdout, made without reading the environment.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use super::start::{EXIT_FAILURE, run};
use crate::app::App;
use crate::settings::{Settings, VERSION};

/// The command line is wrong.
const EXIT_USAGE: u8 = 2;

/// What a command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Run,
    Config,
    Version,
    Help,
}

impl Command {
    /// The command that these arguments name, or what is wrong with them.
    fn parse(arguments: &[OsString]) -> Result<Self, String> {
        let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
        let Some((first, rest)) = words.split_first() else { return Ok(Self::Run) };
        let command = match &**first {
            "config" => Self::Config,
            "--version" | "-V" => Self::Version,
            "--help" | "-h" => Self::Help,
            other => return Err(format!("unknown argument {other:?}")),
        };
        match rest.first() {
            None => Ok(command),
            Some(more) => Err(format!("unexpected argument {more:?} after {first}")),
        }
    }
}

/// The `main` of a gateway: [`command`] with the arguments of the process.
pub fn main<A: App>(app: &'static A) -> ExitCode {
    command(app, std::env::args_os().skip(1))
}

/// Does what the arguments ask for; without any, [`run`].
///
/// Exit codes: 0 after a drain within the grace period, 1 if requests were cut off or the system failed, 2 for a
/// wrong command line, 78 if the environment does not fit the config.
pub fn command<A: App>(app: &'static A, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let settings = app.settings();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    match Command::parse(&arguments) {
        Ok(Command::Run) => run(app),
        Ok(Command::Config) => print(settings.normal_config),
        Ok(Command::Version) => print(&version(settings)),
        Ok(Command::Help) => print(&help(settings)),
        Err(problem) => {
            eprintln!("gateway: {problem}; try --help");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

fn version(settings: &Settings) -> String {
    let identity = settings.identity;
    format!("gateway (castgate {VERSION}, {} {})\n", identity.file, identity.config_sha256)
}

fn help(settings: &Settings) -> String {
    format!(
        "gateway: an HTTP gateway cast from {}

Usage: gateway [config | --version | --help]

  (nothing)      run until SIGTERM or SIGINT
  config         print the config that is compiled in, with all its defaults; never a secret
  -V, --version  print castgate's version, the config's file and its SHA-256
  -h, --help     print this

The config is part of this program; what it leaves to the environment is read at start.
RUST_LOG sets the level of the operational log on stderr (default: server.log_level).
SIGTERM and SIGINT drain: finish what is in flight, then exit. SIGHUP reloads what can be: nothing, today.

Exit codes:
   0  every request in flight was finished
   1  requests were cut off, a worker was lost, or the system failed
   2  the command line is wrong
  78  it cannot start: every problem is on stderr
",
        settings.identity.file
    )
}

/// Writes to stdout. A reader who has seen enough (`gateway config | head`) is no failure.
fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::from(EXIT_FAILURE),
        _ => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Command, String> {
        Command::parse(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn only_what_is_in_the_help_is_understood() {
        for (words, command) in [
            (&[][..], Command::Run),
            (&["config"], Command::Config),
            (&["--version"], Command::Version),
            (&["-V"], Command::Version),
            (&["--help"], Command::Help),
            (&["-h"], Command::Help),
        ] {
            assert_eq!(parse(words), Ok(command), "{words:?}");
        }
        for words in [&["run"][..], &["--config"], &[""], &["config", "--origins"], &["--version", "--help"]]
        {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
