//! The operational log: what the gateway says of itself, on stderr. As with the access log, nobody waits for who reads it: lines go
//! through a bounded queue to a thread of their own. When the queue is full they are dropped, counted, and told of as
//! soon as stderr takes something again.

use std::env::VarError;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Lines that may wait for stderr.
const DEPTH: usize = 1024;
/// Crates that a gateway is made of and that have something to say.
const OURS: [&str; 2] = ["castgate", "hyper"];
/// Between two looks whether all is written.
const LOOK: Duration = Duration::from_millis(2);

/// Which modules may say what: `info,castgate::upstream=debug`; what no directive speaks of, `otherwise`. Spaces around a
/// directive, and an empty one, mean nothing.
fn targets(directives: &str, otherwise: LevelFilter) -> Result<Targets, String> {
    let mut targets = Targets::new().with_default(otherwise);
    for directive in directives.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        if let Ok(level) = directive.parse::<LevelFilter>() {
            targets = targets.with_default(level);
            continue;
        }
        let wrong = |why: &str| Err(format!("`{directive}`: {why}"));
        let (module, level) = match directive.split_once('=') {
            Some((_, "")) => return wrong("a level is expected behind `=`"),
            Some((module, level)) => match level.parse() {
                Ok(level) => (module, level),
                Err(_) => return wrong("its level is none of off, error, warn, info, debug and trace"),
            },
            // A module alone may say all. A word that is none of ours was more likely meant for a level.
            None if directive.contains("::") || OURS.contains(&directive) => (directive, LevelFilter::TRACE),
            None => return wrong("neither a level nor a module; of another crate, write `module=level`"),
        };
        // Rust's paths have no others; what else tracing's filters understand is about spans and fields.
        let is_path = |char: char| char == '_' || char == ':' || char.is_ascii_alphanumeric();
        if module.is_empty() || !module.chars().all(is_path) {
            return wrong("a level, a module or `module=level` is expected");
        }
        targets = targets.with_target(module, level);
    }
    Ok(targets)
}

/// `RUST_LOG`, as [`targets`] reads it.
fn from_environment(otherwise: LevelFilter) -> Result<Targets, String> {
    match std::env::var("RUST_LOG") {
        Ok(directives) => targets(&directives, otherwise),
        Err(VarError::NotPresent) => targets("", otherwise),
        Err(VarError::NotUnicode(_)) => Err("it is not UTF-8".to_owned()),
    }
}

/// The way of lines to the thread that writes them.
#[derive(Clone, Debug)]
pub(crate) struct OperationalLog {
    queue: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

#[derive(Debug)]
enum Entry {
    Line(Vec<u8>),
    /// Everything before this is written when its sender is dropped.
    Mark(SyncSender<()>),
}

impl OperationalLog {
    /// Starts the thread, and makes this the log of the process at the level that `RUST_LOG` says, or else `level`.
    pub(crate) fn start(level: &str) -> io::Result<Self> {
        let log = Self::write_to(io::stderr())?;
        let level = level.parse().unwrap_or(LevelFilter::INFO);
        let (filter, misread) = match from_environment(level) {
            Ok(filter) => (filter, None),
            Err(error) => (Targets::new().with_default(level), Some(error)),
        };
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let lines = tracing_subscriber::fmt::layer().with_ansi(colour).with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(filter).with(lines);
        // A second gateway in one process keeps the first one's subscriber.
        let _ = subscriber.try_init();
        if let Some(error) = misread {
            tracing::warn!(%error, "RUST_LOG is not understood; server.log_level holds");
        }
        // The standard hook writes to stderr itself, and would wait for it.
        std::panic::set_hook(Box::new(|panic| {
            let text = panic.payload().downcast_ref::<&str>().copied();
            let why = text.or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str));
            let why = why.unwrap_or("of an unknown kind");
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(why, place, "panic: a defect of the gateway");
        }));
        Ok(log)
    }

    /// A log that goes there.
    pub(crate) fn write_to(output: impl Write + Send + 'static) -> io::Result<Self> {
        let (queue, entries) = sync_channel(DEPTH);
        let dropped = Arc::new(AtomicU64::new(0));
        let counter = dropped.clone();
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(&entries, &counter, output))?;
        Ok(Self { queue, dropped })
    }

    /// Lines that were lost.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Waits until everything said so far is written, at most until `deadline`: stderr may be blocked for ever.
    pub(crate) fn finish(&self, deadline: Instant) {
        let (mark, written) = sync_channel(0);
        let mut mark = Entry::Mark(mark);
        while let Err(error) = self.queue.try_send(mark) {
            if Instant::now() >= deadline {
                return;
            }
            mark = match error {
                std::sync::mpsc::TrySendError::Full(mark) => mark,
                std::sync::mpsc::TrySendError::Disconnected(_) => return,
            };
            std::thread::sleep(LOOK);
        }
        // Nothing is ever sent: this ends with the mark, or with the time.
        let _ = written.recv_timeout(deadline.saturating_duration_since(Instant::now()));
    }
}

/// Each line is formatted as a whole and written with one call.
impl Write for OperationalLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Entry::Line(line.to_vec())).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for OperationalLog {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Writes for as long as anybody may have something to say.
fn write(entries: &Receiver<Entry>, dropped: &AtomicU64, mut output: impl Write) {
    let mut reported = 0;
    while let Ok(entry) = entries.recv() {
        let line = match entry {
            Entry::Line(line) => line,
            Entry::Mark(written) => {
                drop(written);
                continue;
            }
        };
        // There is nobody to tell that stderr fails.
        let written = output.write_all(&line).is_ok();
        let lost = dropped.load(Ordering::Relaxed);
        if written && lost > reported {
            let notice = format!(" WARN castgate: {} lines of this log were dropped\n", lost - reported);
            if output.write_all(notice.as_bytes()).is_ok() {
                reported = lost;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn directives_are_levels_modules_or_both() {
        use tracing::Level;
        let may = |directives: &str, module: &str, level| {
            targets(directives, LevelFilter::WARN).unwrap().would_enable(module, &level)
        };
        assert!(may("info", "castgate", Level::INFO) && !may("info", "castgate", Level::DEBUG));
        assert!(may("INFO", "hyper", Level::INFO) && !may("off", "castgate", Level::ERROR));
        let both = " info, castgate::upstream=debug,";
        assert!(may(both, "castgate::upstream::health", Level::DEBUG));
        assert!(may(both, "castgate::process", Level::INFO) && !may(both, "castgate::process", Level::DEBUG));
        let reverse = "castgate::upstream=error,info";
        assert!(may(reverse, "castgate", Level::INFO));
        assert!(!may(reverse, "castgate::upstream", Level::WARN));
        assert!(may("castgate", "castgate::path", Level::TRACE) && !may("castgate", "hyper", Level::INFO));
        assert!(may("castgate=warn,3", "hyper", Level::INFO));
        // What is not spoken of stays as it is without.
        for nothing in ["", " ", ",", " , ", "castgate::path=off"] {
            assert!(
                may(nothing, "castgate", Level::WARN) && !may(nothing, "castgate", Level::INFO),
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_directive_that_is_not_understood_is_named() {
        for wrong in [
            "inof",
            "9",
            "castgate=",
            "castgate=loudly",
            "castgate=info=debug",
            "[span]=info",
            "castgate[{field}]=info",
            "a b",
            "=info",
        ] {
            let error = targets(&format!("info,{wrong}"), LevelFilter::WARN).unwrap_err();
            assert!(error.starts_with(&format!("`{wrong}`: ")), "{error}");
        }
    }

    /// Takes what it is given when it is told to.
    struct Gated {
        open: Receiver<()>,
        taken: std::sync::mpsc::Sender<Vec<u8>>,
    }

    impl Write for Gated {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.open.recv();
            let _ = self.taken.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nobody_waits_for_stderr_and_what_is_lost_is_told() {
        let (gate, open) = channel();
        let (taken, lines) = channel();
        let mut log = OperationalLog::write_to(Gated { open, taken }).unwrap();
        for number in 0..2 * DEPTH {
            log.write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        let dropped = log.dropped();
        // The thread holds one that is not in the queue any more, or is about to.
        assert!((DEPTH - 1..=DEPTH).contains(&(dropped as usize)), "{dropped}");
        let before = Instant::now();
        log.finish(before + Duration::from_millis(20));
        assert!(before.elapsed() < Duration::from_secs(5), "it is stuck, and is not waited for");
        drop(gate);
        log.finish(Instant::now() + Duration::from_secs(60));
        let lines: Vec<String> =
            lines.try_iter().map(|line| String::from_utf8_lossy(&line).into_owned()).collect();
        assert_eq!(lines[0], "0\n");
        assert_eq!(lines[1], format!(" WARN castgate: {dropped} lines of this log were dropped\n"));
        assert_eq!(lines.len(), 2 * DEPTH - dropped as usize + 1);
    }
}
