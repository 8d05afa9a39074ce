//! The language server's own reading and writing of messages on stdio.
//!
//! lsp-server's would take memory for whatever length an editor announces, and end at the first message that it cannot
//! read. Here a message that is too long or no message is passed over, and said so on stderr.

use lsp_server::{Connection, Message};
use std::io::{self, BufRead, Read};
use std::thread::JoinHandle;

/// Longer messages are passed over. A config is at most 4 MiB, and JSON makes at most six bytes of each.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// As much is looked at in one piece; a line of a head is much shorter.
const PIECE: u64 = 4096;

/// Of a piece without a line break, as much is looked at again: a head may begin there.
const OVERLAP: usize = 64;

/// The thread that writes; it ends when the connection is dropped.
pub(super) struct Writer(JoinHandle<io::Result<()>>);

impl Writer {
    /// Waits until all is written.
    pub(super) fn join(self) -> io::Result<()> {
        self.0.join().unwrap_or_else(|_| Err(io::Error::other("the writer ended too soon")))
    }
}

/// A connection over stdin and stdout. What is read waits in memory, so that whoever is slow can see that more has come.
pub(super) fn stdio() -> io::Result<(Connection, Writer)> {
    let (server, editor) = Connection::memory();
    let Connection { sender, receiver } = editor;
    let writer = std::thread::Builder::new().name("lsp-writer".to_owned()).spawn(move || {
        let mut stdout = io::stdout().lock();
        receiver.into_iter().try_for_each(|message| message.write(&mut stdout))
    })?;
    // Nobody waits for it: it may be at a read that never ends.
    std::thread::Builder::new().name("lsp-reader".to_owned()).spawn(move || {
        let mut stdin = io::stdin().lock();
        while let Ok(Some(message)) = next(&mut stdin, MOST_BYTES) {
            let is_exit = matches!(&message, Message::Notification(note) if note.method == "exit");
            if sender.send(message).is_err() || is_exit {
                return;
            }
        }
    })?;
    Ok((server, Writer(writer)))
}

/// The next message that can be read; `None` at the end.
fn next(input: &mut impl BufRead, most: usize) -> io::Result<Option<Message>> {
    loop {
        let Some(length) = head(input)? else { return Ok(None) };
        let Some(length) = length.filter(|length| *length <= most) else {
            eprintln!("castgate lsp: a message that is too long, or has no length, is passed over");
            continue;
        };
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        match serde_json::from_slice(&body) {
            Ok(message) => return Ok(Some(message)),
            Err(error) => eprintln!("castgate lsp: a message that cannot be read is passed over: {error}"),
        }
    }
}

/// The length of the next message, if its head has one that can be. `None` at the end of the input.
///
/// What is in front of the head is passed over, such as the body of a message that was too long: no JSON has the name of
/// a field, digits and a line break of its own.
fn head(input: &mut impl BufRead) -> io::Result<Option<Option<usize>>> {
    let mut length = None;
    let mut has_field = false;
    let mut line = Vec::new();
    loop {
        // A body that is passed over may be one long line.
        if line.ends_with(b"\n") {
            line.clear();
        }
        line.drain(..line.len().saturating_sub(OVERLAP));
        if input.by_ref().take(PIECE).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if has_field && matches!(line.as_slice(), b"\r\n" | b"\n") {
            return Ok(Some(length));
        }
        if let Some(value) = field(&line) {
            has_field = true;
            length = value;
        }
    }
}

/// The length in a `Content-Length` line, wherever in it that begins.
fn field(line: &[u8]) -> Option<Option<usize>> {
    const NAME: &[u8] = b"content-length:";
    let at = line.windows(NAME.len()).rposition(|window| window.eq_ignore_ascii_case(NAME))?;
    let value = line.strip_suffix(b"\n")?.get(at + NAME.len()..)?;
    let digits = std::str::from_utf8(value).ok()?.trim();
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(input: &str) -> Vec<String> {
        let mut input = input.as_bytes();
        let mut methods = Vec::new();
        while let Some(message) = next(&mut input, 100).unwrap() {
            let Message::Notification(note) = message else { continue };
            methods.push(note.method);
        }
        methods
    }

    fn message(method: &str) -> String {
        let body = format!("{{\"jsonrpc\":\"2.0\",\"method\":\"{method}\"}}");
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn what_is_too_long_or_no_message_is_passed_over() {
        let (one, two) = (message("one"), message("two"));
        let long = format!("Content-Length: 200\r\n\r\n{}", "x".repeat(200));
        let longer = format!("Content-Length: 10000\r\n\r\n{}", "x".repeat(10_000));
        for between in [
            "",
            "Content-Length: 9999999999999\r\n\r\n",
            "Content-Length: 99999999999999999999999999\r\n\r\n",
            "Content-Length: 4\r\n\r\nnull",
            "Content-Length: 2\r\nContent-Type: text/plain\r\n\r\n{}",
            "garbage\r\n\r\n",
            &long,
            &longer,
        ] {
            assert_eq!(methods(&format!("{one}{between}{two}")), ["one", "two"], "{between}");
        }
        assert_eq!(methods(&one.replace("Content-Length", "content-length")), ["one"]);
        // Wherever a piece ends.
        for length in PIECE as usize - 50..PIECE as usize + 10 {
            let long = format!("Content-Length: {length}\r\n\r\n{}", "x".repeat(length));
            assert_eq!(methods(&format!("{long}{two}")), ["two"], "{length}");
        }
    }
}
