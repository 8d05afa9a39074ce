//! The same requests to the gateway and to an nginx whose config says the same: redirects, prefixes, places in responses. What is
//! different is said here, with the reason.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use castgate_test_support::{Message, RawClient, Request, Response, Upstream, poll, require_program};

use crate::testbed::{Echoed, Testbed};

/// An nginx with these locations, in one process.
struct Nginx {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Nginx {
    fn start(program: &Path, locations: &str) -> Self {
        // nginx cannot say which port it was given.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nginx-{}", address.port()));
        std::fs::create_dir_all(&folder).unwrap();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("  {name}_temp_path {}/{name};\n", folder.display()))
            .concat();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {0}/pid;\nerror_log stderr crit;\nevents {{}}\nhttp {{\n  access_log off;\n\
             {paths}  absolute_redirect off;\n  server {{\n    listen {address};\n{locations}  }}\n}}\n",
            folder.display()
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(program);
        command.arg("-p").arg(&folder).args(["-e", "stderr", "-c"]).arg(&file).stdin(Stdio::null());
        let nginx = Self { process: command.spawn().unwrap(), address, folder };
        poll(|| TcpStream::connect(address).map_err(|error| format!("no nginx: {error}")));
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// As nginx's users write what `configs/paths.yml` says.
fn locations(backend: &Upstream) -> String {
    let url = backend.url();
    format!(
        "    location /secure {{ return 308 https://$host$request_uri; }}
    location /host {{ return 308 http://www.example.com$request_uri; }}
    location /was {{ rewrite ^/was(/.*)?$ /is$1 redirect; }}
    location /api/ {{ proxy_pass {url}/; }}
    location /replace/ {{ proxy_pass {url}/to/v2/; }}
    location /keep {{ proxy_pass {url}; proxy_redirect off; }}
    location /shop/ {{
      proxy_pass {url}/;
      proxy_redirect default;
      proxy_redirect / /shop/;
      proxy_cookie_path / /shop/;
    }}
    location /old/app/ {{
      proxy_pass {url}/app/;
      proxy_redirect default;
      proxy_redirect /app/ /old/app/;
      proxy_cookie_path /app/ /old/app/;
    }}\n"
    )
}

/// Where a client goes that has asked `a.example`: nginx names a path where the gateway names the whole place.
fn resolved(response: &Response) -> String {
    let location = response.header("location").unwrap_or_default();
    let is_path = location.starts_with('/') && !location.starts_with("//");
    if is_path { format!("http://a.example{location}") } else { location.to_owned() }
}

fn ask(address: SocketAddr, target: &str) -> Response {
    RawClient::connect(address).call(&Request::get(target).host("a.example"))
}

#[test]
fn redirects_and_prefixes_are_those_of_nginx() {
    let Some(program) = require_program("nginx") else { return };
    let bed = Testbed::new("paths");
    let nginx = Nginx::start(&program, &locations(&bed.a));
    let of_both = |target: &str| [bed.gateway.address(), nginx.address].map(|address| ask(address, target));
    for target in
        ["/secure", "/secure/x%20y?q=a+b&c=%2F", "/host/x/?q", "/host", "/was", "/was/", "/was/x/y?q=1&r=%20"]
    {
        let [ours, theirs] = of_both(target);
        assert_eq!((ours.status, resolved(&ours)), (theirs.status, resolved(&theirs)), "{target}");
    }
    for target in
        ["/api/v1/users?a=1", "/api/v1/", "/replace/x?q=%2F", "/replace/", "/replace/x/y/", "/keep/x"]
    {
        let [ours, theirs] = of_both(target);
        assert_eq!(Echoed::of(&ours).text("target"), Echoed::of(&theirs).text("target"), "{target}");
    }
    // A redirect names the path in its one canonical form; `$request_uri` is what the client has sent.
    let [ours, theirs] = of_both("/secure/%7e/../a");
    assert_eq!(
        [resolved(&ours), resolved(&theirs)],
        ["https://a.example/secure/a", "https://a.example/secure/%7e/../a"]
    );
    // A location with a slash at its end sends whoever lacks the slash there; a prefix takes both.
    let [ours, theirs] = of_both("/replace");
    assert_eq!((Echoed::of(&ours).text("target"), theirs.status), ("/to/v2", 301));
}

#[test]
fn places_in_responses_are_those_of_nginx() {
    let Some(program) = require_program("nginx") else { return };
    let bed = Testbed::new("paths");
    let nginx = Nginx::start(&program, &locations(&bed.a));
    let own = bed.a.url();
    let of_both = |target: &str, fields: &[(&str, &str)]| {
        let message = Message::new(302);
        bed.a.set(fields.iter().fold(message, |message, (name, value)| message.header(name, value)));
        [bed.gateway.address(), nginx.address].map(|address| ask(address, target))
    };
    for (target, place) in [
        ("/shop/x", "/login?next=%2F#top"),
        ("/shop/x", "/"),
        ("/shop/x", "y"),
        ("/shop/x", "https://elsewhere.example/login"),
        ("/shop/x", "http://elsewhere.example"),
        ("/shop/x", &format!("{own}/login")),
        ("/old/app/x", "/app/login"),
        ("/old/app/x", "/login"),
        ("/old/app/x", "/application"),
        ("/old/app/x", &format!("{own}/app/login")),
        ("/old/app/x", &format!("{own}/login")),
        ("/keep/x", &format!("{own}/login")),
    ] {
        let [ours, theirs] = of_both(target, &[("Location", place)]);
        assert_eq!((ours.status, resolved(&ours)), (theirs.status, resolved(&theirs)), "{target} {place}");
    }
    for (target, cookie) in [
        ("/shop/x", "a=b; Path=/x; HttpOnly"),
        ("/shop/x", "a=b; Max-Age=5"),
        ("/old/app/x", "a=b; Path=/app/x"),
        ("/old/app/x", "a=b; Path=/"),
        ("/keep/x", "a=b; Path=/x"),
    ] {
        let [ours, theirs] = of_both(target, &[("Set-Cookie", cookie)]);
        let plain =
            |response: &Response| response.all("set-cookie").concat().to_ascii_lowercase().replace(' ', "");
        assert_eq!(plain(&ours), plain(&theirs), "{target} {cookie}");
    }
    // `/shop/` is no path of a request for `/shop`, which the route takes too.
    let [ours, theirs] = of_both("/shop/x", &[("Set-Cookie", "a=b; Path=/")]);
    assert_eq!(
        [ours.all("set-cookie"), theirs.all("set-cookie")],
        [["a=b; Path=/shop"], ["a=b; Path=/shop/"]]
    );
    // A cookie of this name has the path `/`, or browsers refuse it.
    let [ours, theirs] = of_both("/shop/x", &[("Set-Cookie", "__Host-a=b; Path=/; Secure")]);
    assert_eq!(ours.all("set-cookie"), ["__Host-a=b; Path=/; Secure"]);
    assert_eq!(theirs.all("set-cookie"), ["__Host-a=b; Path=/shop/; Secure"]);
    // `//evil.example` names another host; nginx makes a path of it.
    let [ours, theirs] = of_both("/shop/x", &[("Location", "//evil.example/x")]);
    assert_eq!(
        [resolved(&ours), resolved(&theirs)],
        ["//evil.example/x", "http://a.example/shop//evil.example/x"]
    );
}
