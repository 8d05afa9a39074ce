//! Reads the config of a command, and reports its problems.

use super::arguments::{Color, ConfigFile};
use super::exit::{Exit, print};
use castgate_codegen::model::Model;
use castgate_codegen::source::Disk;
use castgate_codegen::{Diagnostics, Source, Style, analyse, codes};
use std::io::IsTerminal;

/// The name of stdin among layers.
const STDIN: &str = "-";

/// A config without errors; there may be warnings in the sink.
pub(crate) struct Found {
    pub(crate) source: Source,
    pub(crate) sink: Diagnostics,
    pub(crate) model: Model,
}

impl Found {
    /// Writes its warnings for people.
    pub(crate) fn warn(&self, color: Color) {
        eprint!("{}", self.sink.render(&self.source, style(color)));
    }
}

/// A config with errors.
pub(crate) struct Refused {
    pub(crate) source: Source,
    pub(crate) sink: Diagnostics,
}

impl Refused {
    /// Whether the config could not even be read.
    pub(crate) fn exit(&self) -> Exit {
        let is_unreadable = |code: &codes::Code| code == &codes::UNREADABLE_FILE;
        if self.sink.sorted().iter().any(|problem| is_unreadable(problem.code)) {
            Exit::Io
        } else {
            Exit::Problems
        }
    }

    /// Writes the report for people.
    pub(crate) fn report(&self, color: Color) -> Exit {
        eprint!("{}", self.sink.render(&self.source, style(color)));
        self.exit()
    }
}

/// Reads a config and finds out what it means.
pub(crate) fn load(file: &str) -> Result<Found, Box<Refused>> {
    let mut sink = Diagnostics::new();
    let mut source = Source::read_with(file, disk(file, &mut sink), &mut sink);
    match analyse(&mut source, &mut sink) {
        Ok(model) => Ok(Found { source, sink, model }),
        Err(_) => Err(Box::new(Refused { source, sink })),
    }
}

/// A layer that is called `-` is what stdin has; what it includes is looked for in the working directory.
fn disk(file: &str, sink: &mut Diagnostics) -> Disk {
    let disk = Disk::default();
    if !std::env::split_paths(file).any(|path| path.as_os_str() == STDIN) {
        return disk;
    }
    disk.clone().with_reader(STDIN, std::io::stdin().lock()).unwrap_or_else(|error| {
        sink.error(&codes::UNREADABLE_FILE, format!("cannot read stdin: {error}"));
        disk.with_open(STDIN, Vec::new())
    })
}

/// Prints what `show` makes of the config, or reports its problems.
pub(crate) fn with_cast(config: &ConfigFile, color: Color, show: impl FnOnce(&Found) -> String) -> Exit {
    match load(&config.file) {
        Ok(found) => {
            found.warn(color);
            print(&show(&found))
        }
        Err(refused) => refused.report(color),
    }
}

/// The conventions of <https://bixense.com/clicolors> and <https://no-color.org>. A build server's log (`CI`) is no
/// terminal, so it is plain unless it is told to be otherwise; where it is one, `TERM` need not be set.
pub(crate) fn style(color: Color) -> Style {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let is_off = |name: &str| std::env::var_os(name).is_some_and(|value| value == "0");
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let term_is_able = std::env::var_os("TERM").is_some_and(|term| term != "dumb") || is_set("CI");
    let is_styled = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if no_color => false,
        Color::Auto if is_set("CLICOLOR_FORCE") => true,
        Color::Auto => !is_off("CLICOLOR") && std::io::stderr().is_terminal() && term_is_able,
    };
    if is_styled { Style::Styled } else { Style::Plain }
}
