//! One connection of a scripted upstream: reads requests, and follows what the script says to each, step by step.

use std::io::{self, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;

use super::reply::{Reply, Step};
use super::{BodyState, Received, Shared};
use crate::poll::let_pass;
use crate::wire::{Framing, Head, ReadError, Reader};

/// What becomes of a connection after a reply.
#[derive(PartialEq, Eq)]
enum Next {
    Keep,
    Close,
}

struct Connection<'s> {
    number: usize,
    stream: Arc<TcpStream>,
    reader: Reader,
    shared: &'s Shared,
}

/// Answers whatever comes on a connection, until either side closes it.
pub(super) fn serve(number: usize, stream: Arc<TcpStream>, shared: &Shared) {
    _ = stream.set_nodelay(true);
    let mut connection = Connection { number, reader: Reader::new(Arc::clone(&stream)), stream, shared };
    connection.serve();
    let Connection { reader, stream, .. } = connection;
    drop(shared.streams.lock().unwrap().remove(&number));
    drop(reader);
    drop(stream);
    shared.record.update(|record| record.open[number] = false);
}

impl Connection<'_> {
    fn serve(&mut self) {
        if self.shared.takes_proxy_headers.read(|takes| *takes) {
            let Ok(header) = self.reader.proxy_header() else { return };
            self.shared.record.update(|record| record.proxy_headers.insert(self.number, header));
        }
        while let Ok(head) = self.reader.head() {
            let request = Received::new(self.number, &head);
            let (probe, method) = (request.is_probe(), request.method.clone());
            let script = if probe { &self.shared.health } else { &self.shared.script };
            let script = Arc::clone(&script.lock().unwrap());
            let reply = script(&request);
            let index = self.shared.record.update(|record| {
                let list = record.list(probe);
                list.push(request);
                list.len() - 1
            });
            let mut exchange = Exchange { connection: self, head, method, probe, index, read: false };
            if exchange.follow(reply) == Next::Close {
                return;
            }
        }
    }
}

struct Exchange<'c, 's> {
    connection: &'c mut Connection<'s>,
    head: Head,
    method: String,
    probe: bool,
    index: usize,
    /// Whether the body has been read.
    read: bool,
}

impl Exchange<'_, '_> {
    fn follow(&mut self, reply: Reply) -> Next {
        for step in reply.0 {
            let mut stream = &*self.connection.stream;
            let done = match step {
                Step::ReadBody => self.read_body(Duration::ZERO, 0),
                Step::SipBody(pause, most) => self.read_body(pause, most),
                Step::Send(message) => stream.write_all(&message.bytes(&self.method)),
                Step::Echo => {
                    let index = self.index;
                    let probe = self.probe;
                    let message =
                        self.connection.shared.record.update(|record| record.list(probe)[index].echo());
                    stream.write_all(&message.bytes(&self.method))
                }
                Step::SendRaw(bytes) => stream.write_all(&bytes),
                Step::Drip(bytes, pause) => bytes.iter().try_for_each(|byte| {
                    stream.write_all(&[*byte])?;
                    let_pass(pause);
                    Ok(())
                }),
                Step::Flood(length) => self.flood(length),
                Step::Repeat(bytes) => loop {
                    if let Err(error) = stream.write_all(&bytes) {
                        break Err(error);
                    }
                },
                Step::Pause(gate) => {
                    let stopping = &self.connection.shared.stopping;
                    if !gate.wait(|| stopping.read(|stopping| *stopping)) {
                        return Next::Close;
                    }
                    Ok(())
                }
                Step::Take => self.take(|_| Ok(())),
                Step::Mirror => {
                    let stream = Arc::clone(&self.connection.stream);
                    self.take(|piece| (&*stream).write_all(piece))
                }
                Step::Hang => {
                    while self.connection.reader.fill().unwrap_or(false) {}
                    return Next::Close;
                }
                Step::Finish => stream.shutdown(Shutdown::Write),
                Step::Close => {
                    _ = stream.shutdown(Shutdown::Both);
                    return Next::Close;
                }
                Step::Reset => {
                    // With no time to linger, a close is a reset.
                    _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
                    return Next::Close;
                }
            };
            if done.is_err() {
                return Next::Close;
            }
        }
        if self.read_body(Duration::ZERO, 0).is_ok() { Next::Keep } else { Next::Close }
    }

    fn read_body(&mut self, pause: Duration, most: usize) -> io::Result<()> {
        if std::mem::replace(&mut self.read, true) {
            return Ok(());
        }
        let framing = Framing::of(&self.head, Framing::None);
        let mut read = 0;
        self.read_as(framing, |piece| {
            read += piece.len();
            if read <= most {
                let_pass(pause);
            }
            Ok(())
        })
    }

    /// Reads until the peer ends, whatever was read before.
    fn take(&mut self, each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.read = true;
        let (probe, index) = (self.probe, self.index);
        self.connection.shared.record.update(|record| record.list(probe)[index].state = BodyState::Arriving);
        self.read_as(Ok(Framing::UntilClose), each)
    }

    fn read_as(
        &mut self,
        framing: Result<Framing, ReadError>,
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let Connection { reader, shared, .. } = &mut *self.connection;
        let (probe, index) = (self.probe, self.index);
        let mut done = Ok(());
        let result = framing.and_then(|framing| {
            reader.body(framing, |piece| {
                shared.record.update(|record| record.list(probe)[index].body.extend_from_slice(piece));
                if done.is_ok() {
                    done = each(piece);
                }
            })
        });
        done?;
        let failed = result.is_err();
        shared.record.update(|record| {
            let request = &mut record.list(probe)[index];
            match result {
                Ok(trailers) => {
                    request.trailers = trailers;
                    request.state = BodyState::Complete;
                }
                Err(error) => request.state = BodyState::Broken(error),
            }
        });
        if failed { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    fn flood(&mut self, mut length: u64) -> io::Result<()> {
        let filler = [b'x'; 16 * 1024];
        while length > 0 {
            let piece = usize::try_from(length).unwrap_or(usize::MAX).min(filler.len());
            (&*self.connection.stream).write_all(&filler[..piece])?;
            self.connection.shared.record.update(|record| record.sent += piece as u64);
            length -= piece as u64;
        }
        Ok(())
    }
}
