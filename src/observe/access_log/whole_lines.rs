//! Writing lines whole: what takes them may take them in pieces, ask for patience, or fail in the middle of one.

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

/// Between two tries at an output that is not ready: a pipe that somebody has made non-blocking.
const PAUSE: Duration = Duration::from_millis(5);

/// An output of lines. A line is written as a whole, or not at all; what a failure leaves of one is written before anything else.
#[derive(Debug)]
pub(super) struct WholeLines<W> {
    output: W,
    /// The end of a line of which the beginning is written.
    rest: Vec<u8>,
}

impl<W: Write> WholeLines<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, rest: Vec::new() }
    }

    /// Writes lines. If that fails: how many of them are not, and will not be, written.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), u64> {
        let rest = std::mem::take(&mut self.rest);
        if let Err(written) = write_all(&mut self.output, &rest) {
            self.rest = rest[written..].to_vec();
            return Err(count(lines));
        }
        match write_all(&mut self.output, lines) {
            Ok(()) => Ok(()),
            Err(written) => {
                let (done, undone) = lines.split_at(written);
                if done.last().is_some_and(|byte| *byte != b'\n') {
                    let end = undone.iter().position(|byte| *byte == b'\n').map_or(undone.len(), |at| at + 1);
                    self.rest = undone[..end].to_vec();
                    return Err(count(&undone[end..]));
                }
                Err(count(undone))
            }
        }
    }
}

/// Writes everything; if that fails, the number of bytes that were written. However long an output that is not ready takes,
/// this waits.
fn write_all(output: &mut impl Write, bytes: &[u8]) -> Result<(), usize> {
    let mut written = 0;
    while written < bytes.len() {
        match output.write(&bytes[written..]) {
            Ok(0) => return Err(written),
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::sleep(PAUSE),
            Err(_) => return Err(written),
        }
    }
    Ok(())
}

fn count(lines: &[u8]) -> u64 {
    lines.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The process's stdout without the buffer of `std::io::Stdout`, which after a failure holds, and later writes, part of what
/// it has said to have failed.
pub(super) fn stdout() -> io::Result<std::fs::File> {
    use std::os::fd::AsFd;
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    /// What the next call does.
    #[derive(Clone, Copy, Debug)]
    enum Step {
        Takes(usize),
        NotReady,
        Interrupted,
        Full,
    }

    #[derive(Debug)]
    struct Scripted {
        steps: VecDeque<Step>,
        taken: Vec<u8>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = match self.steps.pop_front() {
                Some(Step::Takes(count)) => count.min(bytes.len()),
                Some(Step::NotReady) => return Err(ErrorKind::WouldBlock.into()),
                Some(Step::Interrupted) => return Err(ErrorKind::Interrupted.into()),
                Some(Step::Full) => return Err(ErrorKind::StorageFull.into()),
                None => bytes.len(),
            };
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_line_is_whole_or_counted(
            steps in prop::collection::vec(prop_oneof![
                8 => (1_usize..12).prop_map(Step::Takes),
                1 => Just(Step::NotReady),
                1 => Just(Step::Interrupted),
                3 => Just(Step::Full),
            ], 0..60),
            batches in prop::collection::vec(0_usize..5, 1..20),
        ) {
            let mut output = WholeLines::new(Scripted { steps: steps.into(), taken: Vec::new() });
            let (mut written, mut lost) = (Vec::new(), 0);
            for (batch, lines) in batches.into_iter().enumerate() {
                let lines: Vec<String> = (0..lines).map(|line| format!("<{batch}.{line}>")).collect();
                let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
                lost += output.write(text.as_bytes()).err().unwrap_or(0);
                written.extend(lines);
            }
            // The beginning of a line may be the last that was written.
            lost += u64::from(!output.rest.is_empty());
            let taken = String::from_utf8(output.output.taken).unwrap();
            let whole: Vec<&str> = taken.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            prop_assert_eq!(whole.len() as u64 + lost, written.len() as u64);
            let mut expected = written.iter();
            for line in whole {
                prop_assert!(expected.any(|written| *written == line.trim_end()), "{:?}", taken);
            }
        }
    }
}
