//! `castgate test --against` as a command: exit codes, and what it says. The gateway is a scripted one here; a real one
//! is asked in `tests/gateways` of the workspace.
#![cfg(feature = "cli")]
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::{Diagnostics, Source, analyse};
use castgate_test_support::{Message, Reply, Upstream};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const CONFIG: &str = "tests/pass/against.yml";

fn castgate(arguments: &[&str]) -> Output {
    // Nothing may come between the command and the gateway.
    let mut command = Command::new(env!("CARGO_BIN_EXE_castgate"));
    command.env("HTTP_PROXY", "http://127.0.0.1:1").env("http_proxy", "http://127.0.0.1:1");
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The config's hash.
fn hash() -> String {
    hash_of(CONFIG)
}

fn hash_of(config: &str) -> String {
    let mut sink = Diagnostics::new();
    analyse(&mut Source::read(config, &mut sink), &mut sink).unwrap().config_sha256
}

/// A gateway with this hash that answers every request with `answer`, and counts it for the route `users`.
fn gateway(hash: String, answer: Message) -> Upstream {
    let taken = AtomicUsize::new(0);
    Upstream::scripted(move |request| {
        if request.target != "/metrics" {
            taken.fetch_add(1, Ordering::SeqCst);
            return Reply::from(answer.clone());
        }
        let taken = taken.load(Ordering::SeqCst);
        Reply::from(Message::new(200).body(format!(
            "gateway_build_info{{version=\"0.1.0\",config_sha256=\"{hash}\"}} 1\n\
             gateway_http_requests_total{{route=\"users\",method=\"GET\",status=\"200\"}} {taken}\n"
        )))
    })
}

#[test]
fn all_is_well_is_0() {
    let redirect = Message::new(308).header("Location", "/new?x=1");
    let gateway = gateway(hash(), redirect);
    let output = castgate(&["test", CONFIG, "--against", &gateway.url(), "-H", "X-Key: 1"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        text(&output.stdout),
        format!(
            "ok  line 10   GET http://api.example.com/a/./b/..//users => 308 (not seen: forward_path)\n\
             ok  line 11   POST /old?x=1 => 308\n\
             --  line 12   GET http://api.example.com/a => not sent (not seen: forward_path)\n\
             --  line 13   GET http://api.example.com/a from 203.0.113.9 => not sent (not seen: route, upstream)\n\
             {CONFIG}: 2 of 4 tests passed against {}\n\
             not seen: 2 `forward_path`, because only a backend knows the path it gets\n\
             not seen: 2 expectations, because a test with `client_ip` cannot come from that address\n",
            gateway.url()
        )
    );
    assert!(output.stderr.is_empty(), "{output:?}");

    let sent: Vec<_> =
        gateway.requests().into_iter().filter(|request| request.target != "/metrics").collect();
    assert_eq!(sent.len(), 2, "no redirect is followed");
    let (get, post) = (&sent[0], &sent[1]);
    // To the letter: a path is not made canonical, and a field is there once.
    assert_eq!((get.method.as_str(), get.target.as_str()), ("GET", "/a/./b/..//users"));
    assert_eq!(get.all("host"), ["api.example.com"]);
    assert_eq!((get.header("x-test"), get.header("x-key")), (Some("yes"), Some("1")));
    assert_eq!((post.method.as_str(), post.target.as_str()), ("POST", "/old?x=1"));
    assert_eq!(post.all("host"), [gateway.address().to_string()]);
    assert_eq!((post.header("content-length"), post.header("transfer-encoding")), (Some("0"), None));
}

#[test]
fn a_failing_test_is_1() {
    let gateway = gateway(hash(), Message::new(200).body("no redirect"));
    let output = castgate(&["test", CONFIG, "--against", &gateway.url()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).contains("1 of 4 tests passed"), "{output:?}");
    assert_eq!(
        text(&output.stderr),
        "error[CG0602]: a test fails against the running gateway: `POST /old?x=1` is answered with 200
  --> tests/pass/against.yml:11:47
   |
11 |   - {request: POST /old?x=1, expect: {status: 308, redirect_to: /new?x=1}}
   |                                               ^^^ is `200`      -------- the response has no Location

error: 1 problem in tests/pass/against.yml; `castgate explain CG0602` says more
"
    );
}

#[test]
fn another_config_is_1() {
    let gateway = gateway("0".repeat(64), Message::new(308).header("Location", "/new?x=1"));
    let arguments = ["test", CONFIG, "--against", &gateway.url()];
    let output = castgate(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("error[CG0603]: the gateway at http://127.0.0.1:"), "{stderr}");
    for part in ["0".repeat(64), hash(), "`--any-config`".to_owned()] {
        assert!(stderr.contains(&part), "{part} is not in {stderr}");
    }
    let output = castgate(&[&arguments[..], &["--any-config"]].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let note = format!("{} was cast from another config than {CONFIG}\n", gateway.url());
    assert!(text(&output.stdout).starts_with(&note), "{output:?}");
}

#[test]
fn nobody_to_ask_is_3() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let output = castgate(&["test", CONFIG, "--against", &nobody]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output.stderr).starts_with(&format!("error: cannot ask {nobody}: ")), "{output:?}");

    let other = Upstream::start(Reply::text("up 1\n"));
    let output = castgate(&["test", CONFIG, "--against", &other.url()]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(text(&output.stderr).contains("is no gateway"), "{output:?}");
}

/// What is sent is what has a test at this listener, and only there.
#[test]
fn one_of_several_listeners_is_asked() {
    const CONFIG: &str = "tests/pass/named-listeners.yml";
    let (hash, taken) = (hash_of(CONFIG), Mutex::new(BTreeMap::<&str, usize>::new()));
    let gateway = Upstream::scripted(move |request| {
        let mut taken = taken.lock().unwrap();
        let route = match request.target.as_str() {
            "/metrics" => {
                let counts = taken.iter().map(|(route, count)| {
                    format!("gateway_http_requests_total{{route=\"{route}\",method=\"GET\",status=\"200\"}} {count}\n")
                });
                let build = format!("gateway_build_info{{version=\"0.1.0\",config_sha256=\"{hash}\"}} 1\n");
                return Reply::from(Message::new(200).body(build + &counts.collect::<String>()));
            }
            "/" => "public",
            "/x" => "rest",
            _ => "/y @public",
        };
        *taken.entry(route).or_default() += 1;
        Reply::from(Message::new(200).body("fine"))
    });
    let url = gateway.url();
    let public = castgate(&["test", CONFIG, "--against", &url, "--listener", "public"]);
    assert_eq!(public.status.code(), Some(0), "{public:?}");
    assert!(
        text(&public.stdout).ends_with(&format!("{CONFIG}: 3 of 3 tests passed against {url}\n")),
        "{public:?}"
    );
    let sent: Vec<String> = gateway.requests().into_iter().map(|request| request.target).collect();
    let sent: Vec<&str> = sent.iter().map(String::as_str).filter(|target| *target != "/metrics").collect();
    assert_eq!(sent, ["/", "/x", "/y"]);

    // At another one the same paths are other routes', which this gateway has not.
    let internal = castgate(&["test", CONFIG, "--against", &url, "--listener", "internal"]);
    assert_eq!(internal.status.code(), Some(1), "{internal:?}");
    assert!(text(&internal.stderr).contains("error[CG0602]"), "{internal:?}");

    for unsaid in [&["--listener", "nobody"][..], &[]] {
        let output = castgate(&[&["test", CONFIG, "--against", &url], unsaid].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let stderr = text(&output.stderr);
        assert!(
            stderr.starts_with("error: say with --listener which one is asked; this config has "),
            "{stderr}"
        );
        assert!(
            ["public", "internal", "same as public"].iter().all(|name| stderr.contains(name)),
            "{stderr}"
        );
    }
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &["test", CONFIG, "--admin", "http://127.0.0.1:1"][..],
        &["test", CONFIG, "--any-config"],
        &["test", CONFIG, "--against", "https://127.0.0.1:1"],
        &["test", CONFIG, "--against", "127.0.0.1:1"],
        &["test", CONFIG, "--against", "http://127.0.0.1:1", "-H", "nonsense"],
        // Its /metrics is on the admin listener.
        &["test", "tests/pass/everything.yml", "--against", "http://127.0.0.1:1"],
    ] {
        let output = castgate(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
}
