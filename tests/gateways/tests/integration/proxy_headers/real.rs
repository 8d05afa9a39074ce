//! nginx and HAProxy as the backends: what they say of the connection is what was told them.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use castgate_test_support::{Gateway, RawClient, Request, Upstream, poll, require_program};

use super::{CLIENT, TRUSTED};
use crate::testbed::launch;

/// A program that answers each request with the ends of its connection, as far as it knows them.
struct Backend {
    process: Child,
    address: SocketAddr,
    folder: PathBuf,
}

impl Backend {
    fn start(name: &str, program: &Path, config: impl Fn(SocketAddr, &Path) -> String) -> Self {
        // They cannot say which port they were given.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", address.port()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("config");
        std::fs::write(&file, config(address, &folder)).unwrap();
        let mut command = Command::new(program);
        match name {
            "nginx" => command.arg("-p").arg(&folder).args(["-e", "stderr", "-c"]).arg(&file),
            _ => command.arg("-db").arg("-f").arg(&file),
        };
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let backend = Self { process, address, folder };
        poll(|| TcpStream::connect(address).map_err(|error| format!("no {name}: {error}")));
        backend
    }

    fn nginx() -> Option<Self> {
        let program = require_program("nginx")?;
        Some(Self::start("nginx", &program, |address, folder| {
            let folder = folder.display();
            let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map(|name| format!("  {name}_temp_path {folder}/{name};\n"))
                .concat();
            let said =
                ["addr", "port", "server_addr", "server_port"].map(|name| format!("$proxy_protocol_{name}"));
            format!(
                "daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log stderr crit;\nevents {{}}\nhttp {{\n  access_log off;\n\
                 {paths}  server {{\n    listen {address} proxy_protocol;\n    return 200 \"{}\";\n  }}\n}}\n",
                said.join(" ")
            )
        }))
    }

    fn haproxy() -> Option<Self> {
        let program = require_program("haproxy")?;
        Some(Self::start("haproxy", &program, |address, _| {
            format!(
                "global\n  maxconn 100\ndefaults\n  mode http\n  timeout client 20s\n  timeout connect 1s\n  timeout server 20s\n\
                 frontend said\n  bind {address} accept-proxy\n  \
                 http-request return status 200 content-type text/plain lf-string \"%[src] %[src_port] %[dst] %[dst_port]\"\n"
            )
        }))
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// A gateway in front of it, which listens at a socket, too.
fn gateway(backend: &Backend, others: &Upstream, path: &Path) -> Gateway {
    launch("proxy_headers", [others; 3])
        .env("A", format!("http://{}", backend.address))
        .env("SOCKET", format!("unix:{}", path.display()))
        .start()
}

/// `unknown` is what it says of a client without an address.
fn says_what_it_was_told(backend: &Backend, unknown: impl Fn(&str) -> bool) {
    let path = backend.folder.join("gateway.sock");
    let others = Upstream::echo();
    others.take_proxy_headers();
    let gateway = gateway(backend, &others, &path);
    let plain = gateway.addresses_of("plain", 2);
    let here = ipv4_of(&gateway);
    for target in ["/text", "/binary"] {
        let said = |client: &mut RawClient, request: &Request| {
            let answer = client.call(request);
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.text()
        };
        let ends = |source: SocketAddr, destination: SocketAddr| {
            // Neither calls 0 a port.
            let port = Some(source.port()).filter(|port| *port != 0).map(|port| port.to_string());
            let port = port.unwrap_or_default();
            format!("{} {port} {} {}", source.ip(), destination.ip(), destination.port())
        };
        let mut clients =
            [CLIENT, "127.0.0.6"].map(|local| RawClient::connect_from(local.parse().unwrap(), here));
        for _ in 0..3 {
            for client in &mut clients {
                let expected = ends(client.local_address(), here);
                assert_eq!(said(client, &Request::get(target)), expected);
            }
        }
        let ipv6 = *plain.iter().find(|address| address.is_ipv6()).unwrap();
        let mut client = RawClient::connect(ipv6);
        let expected = ends(client.local_address(), ipv6);
        assert_eq!(said(&mut client, &Request::get(target)), expected);
        let mut proxy = RawClient::connect_from(TRUSTED.parse().unwrap(), here);
        let request = Request::get(target).header("X-Forwarded-For", "203.0.113.1");
        assert_eq!(said(&mut proxy, &request), ends("203.0.113.1:0".parse().unwrap(), here));
        // Of a family each.
        let request = Request::get(target).header("X-Forwarded-For", "2001:db8::5");
        let mixed = said(&mut proxy, &request);
        assert!(
            mixed.starts_with("2001:db8::5  ::ffff:") && mixed.ends_with(&here.port().to_string()),
            "{mixed}"
        );
        let nobody = said(&mut RawClient::connect_unix(&path), &Request::get(target));
        assert!(unknown(&nobody), "{target}: {nobody}");
    }
}

/// Its address of IPv4, whatever else it listens at.
fn ipv4_of(gateway: &Gateway) -> SocketAddr {
    *gateway.addresses_of("plain", 2).iter().find(|address| address.is_ipv4()).unwrap()
}

#[test]
fn nginx_knows_whose_a_connection_is() {
    let Some(nginx) = Backend::nginx() else { return };
    says_what_it_was_told(&nginx, |said| said.trim().is_empty());
}

#[test]
fn haproxy_knows_whose_a_connection_is() {
    let Some(haproxy) = Backend::haproxy() else { return };
    // It goes by the gateway's own.
    let own = format!(" 127.0.0.1 {}", haproxy.address.port());
    says_what_it_was_told(&haproxy, |said| said.starts_with("127.0.0.1 ") && said.ends_with(&own));
}
