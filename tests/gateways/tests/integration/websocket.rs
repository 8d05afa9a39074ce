//! WebSockets (RFC 6455) of a library's making, on both sides of a gateway: messages of every kind and size, in fragments, between control
//! frames and cut anywhere, the closing handshake, and what is no WebSocket any more. The gateway reads none of it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;

use castgate_test_support::{DEADLINE, Gateway, Upstream};
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::frame::{CloseFrame, Frame};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use crate::testbed::launch;

/// A stream of which no more than so many bytes are read or written at a time. The library takes handshakes in such pieces for an
/// attack, so that they are whole.
struct Cut(TcpStream, usize);

impl Read for Cut {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buffer.len());
        self.0.read(&mut buffer[..most])
    }
}

impl Write for Cut {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..self.1.min(bytes.len())])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const WHOLE: usize = usize::MAX;

fn config() -> Option<WebSocketConfig> {
    Some(WebSocketConfig::default().max_message_size(None).max_frame_size(None))
}

/// A server that sends back every message; it ends with the process.
fn echo(cut: usize) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            stream.set_nodelay(true).unwrap();
            thread::spawn(move || {
                let accepted = tungstenite::accept_with_config(Cut(stream, WHOLE), config());
                let Ok(mut socket) = accepted else { return };
                socket.get_mut().1 = cut;
                loop {
                    match socket.read() {
                        Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                            socket.send(message).unwrap()
                        }
                        Ok(_) => {}
                        // It says why before it goes.
                        Err(Error::Protocol(_)) => {
                            let frame = CloseFrame { code: CloseCode::Protocol, reason: "no".into() };
                            _ = socket.close(Some(frame));
                            _ = socket.flush();
                            return;
                        }
                        Err(_) => return,
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

struct Rig {
    gateway: Gateway,
    _others: Upstream,
}

impl Rig {
    fn new(cut: usize) -> Self {
        let others = Upstream::echo();
        let gateway = launch("tunnels", [&others; 3]).env("A", echo(cut)).start();
        Self { gateway, _others: others }
    }

    fn open(&self, cut: usize) -> WebSocket<Cut> {
        let address = self.gateway.address();
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let request = format!("ws://{address}/chat").into_client_request().unwrap();
        let (mut socket, response) =
            tungstenite::client::client_with_config(request, Cut(stream, WHOLE), config()).unwrap();
        assert_eq!(response.status(), 101);
        socket.get_mut().1 = cut;
        socket
    }
}

#[test]
fn messages_of_every_size_come_back() {
    let rig = Rig::new(WHOLE);
    let mut socket = rig.open(WHOLE);
    // Each way to write a length, what fits into one read of the gateway, and what does not.
    for size in [0, 1, 125, 126, 127, 65_535, 65_536, 16 * 1024 + 1, 1 << 20, 16 << 20] {
        let text: String = ('a'..='z').cycle().take(size).collect();
        socket.send(Message::text(text.as_str())).unwrap();
        assert!(socket.read().unwrap() == Message::text(text), "a text of {size}");
        let bytes: Vec<u8> = (0..size).map(|place| (place * 31 % 256) as u8).collect();
        socket.send(Message::binary(bytes.clone())).unwrap();
        assert!(socket.read().unwrap() == Message::binary(bytes), "{size} bytes");
    }
}

#[test]
fn many_messages_come_back_in_their_order() {
    let rig = Rig::new(WHOLE);
    let mut socket = rig.open(WHOLE);
    for round in 0..20 {
        let texts: Vec<String> = (0..50).map(|number| format!("{round} {number}")).collect();
        texts.iter().for_each(|text| socket.write(Message::text(text.as_str())).unwrap());
        socket.flush().unwrap();
        texts.iter().for_each(|text| assert_eq!(socket.read().unwrap(), Message::text(text.as_str())));
    }
}

/// A message in these fragments, with a ping between each two of them.
fn fragmented(parts: &[&[u8]], of: Data) -> Vec<Message> {
    let mut frames = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let opcode = OpCode::Data(if place == 0 { of } else { Data::Continue });
        let is_last = place + 1 == parts.len();
        frames.push(Message::Frame(Frame::message(part.to_vec(), opcode, is_last)));
        if !is_last {
            frames.push(Message::Ping(format!("ping {place}").into()));
        }
    }
    frames
}

#[test]
fn fragments_and_control_frames_between_them_go_through() {
    let rig = Rig::new(WHOLE);
    let mut socket = rig.open(WHOLE);
    for parts in [&[&b"one"[..], b"two", b"three"][..], &[b"", b"x"], &[b"x", b""], &[b"", b"", b""]] {
        for of in [Data::Text, Data::Binary] {
            for frame in fragmented(parts, of) {
                socket.send(frame).unwrap();
            }
            for place in 0..parts.len() - 1 {
                assert_eq!(socket.read().unwrap(), Message::Pong(format!("ping {place}").into()));
            }
            let whole = socket.read().unwrap();
            assert_eq!((whole.is_text(), &whole.into_data()[..]), (of == Data::Text, &parts.concat()[..]));
        }
    }
}

#[test]
fn pings_of_every_size_are_answered_and_a_pong_may_come_unasked() {
    let rig = Rig::new(WHOLE);
    let mut socket = rig.open(WHOLE);
    for size in [0, 1, 124, 125] {
        socket.send(Message::Ping(vec![b'p'; size].into())).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Pong(vec![b'p'; size].into()));
    }
    socket.send(Message::Pong("unasked".into())).unwrap();
    socket.send(Message::text("still here")).unwrap();
    assert_eq!(socket.read().unwrap(), Message::text("still here"));
}

#[test]
fn bytes_may_be_cut_anywhere() {
    for (server, client) in [(1, WHOLE), (WHOLE, 1), (1, 1), (3, 2), (7, 5)] {
        let rig = Rig::new(server);
        let mut socket = rig.open(client);
        for text in ["", "x", "κόσμε \u{1f600} und so weiter", &"long ".repeat(60)] {
            socket.send(Message::text(text)).unwrap();
            assert_eq!(socket.read().unwrap(), Message::text(text), "{server} {client}");
        }
        for frame in fragmented(&["κόσ".as_bytes(), "με".as_bytes()], Data::Text) {
            socket.send(frame).unwrap();
        }
        assert_eq!(socket.read().unwrap(), Message::Pong("ping 0".into()));
        assert_eq!(socket.read().unwrap(), Message::text("κόσμε"));
    }
}

#[test]
fn a_closing_handshake_ends_both_sides_with_its_code() {
    let rig = Rig::new(WHOLE);
    for (code, reason) in
        [(1000, ""), (1000, "done"), (1001, "going away"), (1011, "x"), (3000, "ours"), (4999, "ours")]
    {
        let mut socket = rig.open(WHOLE);
        socket.send(Message::text("last words")).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("last words"));
        let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
        socket.close(Some(frame.clone())).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Close(Some(frame)));
        assert!(matches!(socket.read(), Err(Error::ConnectionClosed)), "{code}");
    }
    let mut socket = rig.open(WHOLE);
    socket.close(None).unwrap();
    assert_eq!(socket.read().unwrap(), Message::Close(None));
    assert!(matches!(socket.read(), Err(Error::ConnectionClosed)));
    drop(socket);
    for _ in 0..7 {
        rig.gateway.log_line(|line| line.status() == 101 && line.text("reason") == "ok");
    }
}

/// What is wrong in a WebSocket is for its ends to say: the gateway hands it on as it is.
#[test]
fn what_is_no_websocket_any_more_is_for_its_ends_to_judge() {
    let rig = Rig::new(WHOLE);
    let wrong: [(&str, &[u8]); 5] = [
        ("a reserved opcode", &[0x83, 0x80, 1, 2, 3, 4]),
        ("a reserved bit", &[0xc1, 0x80, 1, 2, 3, 4]),
        ("no mask", &[0x81, 0x01, b'x']),
        ("a fragmented ping", &[0x09, 0x80, 1, 2, 3, 4]),
        ("a continuation of nothing", &[0x80, 0x80, 1, 2, 3, 4]),
    ];
    for (what, bytes) in wrong {
        let mut stream = rig.open(WHOLE).into_inner().0;
        stream.write_all(bytes).unwrap();
        let mut socket = WebSocket::from_raw_socket(stream, Role::Client, config());
        match socket.read() {
            Ok(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Protocol, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }
}

#[test]
fn both_sides_may_talk_at_once() {
    let rig = Rig::new(WHOLE);
    let socket = rig.open(WHOLE);
    let stream = socket.into_inner().0;
    let mut writer = WebSocket::from_raw_socket(stream.try_clone().unwrap(), Role::Client, config());
    let mut reader = WebSocket::from_raw_socket(stream, Role::Client, config());
    let message = |number: usize| Message::binary(vec![(number % 256) as u8; 10_000]);
    thread::scope(|scope| {
        scope.spawn(|| (0..2000).for_each(|number| writer.send(message(number)).unwrap()));
        (0..2000).for_each(|number| assert!(reader.read().unwrap() == message(number), "{number}"));
    });
}

#[test]
fn many_sockets_at_once_do_not_mix() {
    let rig = Rig::new(WHOLE);
    thread::scope(|scope| {
        for number in 0..8 {
            let rig = &rig;
            scope.spawn(move || {
                let mut socket = rig.open(1 + number * 3);
                for round in 0..30 {
                    let text = format!("{number} {round} ").repeat(1 + round);
                    socket.send(Message::text(text.as_str())).unwrap();
                    assert_eq!(socket.read().unwrap(), Message::text(text));
                }
            });
        }
    });
}
