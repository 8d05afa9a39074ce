//! What an installation wants of the command line itself: completions for shells, and man pages.

use super::arguments::Arguments;
use super::exit::{Exit, print};
use clap::CommandFactory;
use clap_complete::Shell;

pub(crate) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "castgate", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The page of the program, or of one command (`castgate-check(1)`, as git does it).
pub(crate) fn man(name: Option<&str>) -> Exit {
    let mut program = Arguments::command();
    program.build();
    let page = match name {
        None => Some(program),
        Some(name) => program.find_subcommand(name).cloned(),
    };
    let Some(page) = page else {
        eprintln!("error: no command {}", name.unwrap_or_default());
        return Exit::Usage;
    };
    let page = page.version(env!("CARGO_PKG_VERSION"));
    let mut text = Vec::new();
    match clap_mangen::Man::new(page).render(&mut text) {
        Ok(()) => print(&String::from_utf8_lossy(&text)),
        Err(_) => Exit::Io,
    }
}
