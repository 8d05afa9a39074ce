//! How a command went, and how that is told to the shell.

use std::io::Write;
use std::process::ExitCode;

/// How a command went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// The config has problems, a test fails, a gateway runs another config, or something happened that `--fail-on` names.
    Problems,
    /// The command line is wrong.
    Usage,
    /// A file could not be read or written, or a running gateway could not be asked.
    Io,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::Problems => 1,
            Exit::Usage => 2,
            Exit::Io => 3,
        })
    }
}

/// The end of `--help`.
pub(crate) const HELP: &str = "\
Exit codes:
  0  all is well
  1  the config has errors (the report is on stderr), a test fails, a gateway runs another config, or
     --fail-on came true
  2  the command line is wrong
  3  a file could not be read or written, or a running gateway could not be asked

Colours: --color, else NO_COLOR, CLICOLOR_FORCE and CLICOLOR, else only on a terminal whose TERM is set and not
`dumb`; with CI set, TERM does not matter.";

/// Writes to stdout. A reader who has seen enough (`castgate routes | head`) is no error.
pub(crate) fn print(text: &str) -> Exit {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Exit::Io,
        _ => Exit::Fine,
    }
}
