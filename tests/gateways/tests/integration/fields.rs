//! What is the client's ends at the gate, or is what it says; what the gateway and its config add is never taken away.

use castgate_test_support::{Gate, Message, RawClient, Reply, Request, Response, Step};

use crate::testbed::{Echoed, KEYS, Testbed, assert_problem};

/// Sent by a peer that is a trusted proxy.
#[track_caller]
fn call_trusted(bed: &Testbed, request: &Request) -> Response {
    RawClient::connect_from("127.0.0.9".parse().unwrap(), bed.gateway.address()).call(request)
}

#[test]
fn a_client_cannot_nominate_away_what_the_config_sets() {
    let bed = Testbed::new("gate");
    for target in ["/spoken", "/ids"] {
        let request = Request::get(target)
            .header("Connection", "keep-alive, X-Zone, X_Folded, X_Request_ID")
            .header("X-Zone", "east")
            .header("X_Folded", "client");
        let echoed = bed.call(&request);
        let echoed = Echoed::of(&echoed);
        if target == "/spoken" {
            assert_eq!((echoed.all("x-zone"), echoed.all("x_folded")), (vec!["west"], vec!["gateway"]));
        } else {
            assert_eq!(echoed.all("x_request_id").len(), 1);
            assert!(echoed.all("x-zone").is_empty() && echoed.all("x_folded").is_empty());
        }
    }
}

#[test]
fn whatever_the_config_sets_reaches_the_backend() {
    let bed = Testbed::new("gate");
    for response in [
        bed.get("/spoken"),
        bed.call(&Request::get("/spoken").header("X-Forwarded-Proto", "gopher").header("X_Folded", "client")),
        call_trusted(
            &bed,
            &Request::get("/spoken").header("X-Forwarded-Proto", "gopher").header("Forwarded", "x"),
        ),
    ] {
        let echoed = Echoed::of(&response);
        for (name, value) in [
            ("x-zone", "west"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-port", "443"),
            ("x-forwarded-prefix", "/spoken"),
            ("x-forwarded-user", "gateway"),
            ("x-real-ip", "192.0.2.9"),
            ("forwarded", "for=192.0.2.9"),
            ("true-client-ip", "192.0.2.9"),
            ("x_folded", "gateway"),
        ] {
            assert_eq!(echoed.all(name), [value], "{name}");
        }
        for name in ["via", "x-forwarded-for", "x-forwarded-host"] {
            assert!(echoed.all(name).is_empty(), "{name} was not removed");
        }
    }
    let response = bed.get("/rewritten");
    let echoed = Echoed::of(&response);
    assert_eq!((echoed.all("via"), echoed.all("x-forwarded-for")), (vec!["1.1 edge"], vec!["192.0.2.9"]));
}

#[test]
fn an_id_reaches_the_backend_whatever_its_field_is_called() {
    let bed = Testbed::new("gate");
    for response in [
        bed.get("/ids"),
        bed.call(&Request::get("/ids").header("X_Request_ID", "from-the-edge-1")),
        bed.call(
            &Request::get("/ids")
                .header("Connection", "X_Request_ID")
                .header("X_Request_ID", "from-the-edge-2"),
        ),
    ] {
        let id = response.header("x_request_id").unwrap();
        assert_eq!(Echoed::of(&response).all("x_request_id"), [id]);
        bed.gateway.log_line(|line| line.text("request_id") == id);
    }
    let ids: Vec<_> = bed.a.requests().iter().map(|r| r.header("x_request_id").unwrap().to_owned()).collect();
    assert_eq!(&ids[1..], ["from-the-edge-1", "from-the-edge-2"], "the client's own id is believed here");
}

#[test]
fn a_nominated_proxy_s_word_is_refused_on_every_route() {
    let bed = Testbed::new("gate");
    for target in ["/", "/fixed", "/spoken"] {
        for name in [
            "X-Forwarded-For",
            "x-forwarded-user",
            "X-Real-IP",
            "Forwarded",
            "True-Client-IP",
            "X-Envoy-Peer",
        ] {
            let response = bed.call(&Request::get(target).header("Connection", &format!("close, {name}")));
            assert_eq!(response.status, 400, "{name} was nominated on {target}");
            assert_eq!(bed.log_of(&response).text("reason"), "bad_request");
        }
    }
    assert_eq!(bed.a.count(), 0);
}

#[test]
fn what_reads_a_field_sees_it_although_it_ends_here() {
    let bed = Testbed::new("gate");
    // A key, under any name, nominated or not; and it goes no further.
    for request in [
        Request::get("/keyed").header("api_key", KEYS[0]),
        Request::get("/keyed").header("API_Key", KEYS[1]).header("Connection", "api_key"),
        Request::get("/forwarded-key").header("X-Forwarded-Access-Token", KEYS[0]),
    ] {
        let response = bed.call(&request);
        let echoed = Echoed::of(&response);
        assert!(echoed.all("api_key").is_empty() && echoed.all("x-forwarded-access-token").is_empty());
    }
    assert_eq!(
        call_trusted(&bed, &Request::get("/forwarded-key").header("X-Forwarded-Access-Token", KEYS[0]))
            .status,
        200
    );
    for request in [
        Request::get("/keyed"),
        Request::get("/keyed").header("api-key", KEYS[0]),
        Request::get("/keyed").header("api_key", KEYS[0]).header("api_key", KEYS[0]),
        Request::get("/proxy-key").header("Proxy-Authorization", "wrong"),
        Request::get("/identity-key").header("X-Auth-Request-Access-Token", "wrong"),
    ] {
        assert_eq!(bed.call(&request).status, 401, "{request:?}");
    }
    // A limit's key.
    for tenant in ["a", "b"] {
        let statuses =
            [(); 3].map(|()| bed.call(&Request::get("/tenants").header("X_Tenant", tenant)).status);
        assert_eq!(statuses, [200, 200, 429], "{tenant} has a limit of its own");
    }
    // A condition: nominated, or with an underscore.
    for (target, name, value, route) in [
        ("/versions", "X_Version", "2", "version-2"),
        ("/versions", "X_Version", "3", "version-1"),
        ("/versions", "X-Canary", "1", "canary"),
    ] {
        let request = Request::get(target).header(name, value);
        assert_eq!(bed.route_of(&request), route);
        assert_eq!(bed.route_of(&request.header("Connection", name)), route, "{name} was nominated");
    }
    let seen = bed.a.requests();
    for name in ["x_tenant", "x_version"] {
        assert!(seen.iter().all(|request| request.header(name).is_none()), "{name} was forwarded");
    }
}

#[test]
fn what_a_client_forges_decides_nothing() {
    let bed = Testbed::new("gate");
    let forged = |n: u8| Request::get("/addresses").header("X-Real-IP", &format!("192.0.2.{n}"));
    let statuses = [1, 2, 3].map(|n| bed.call(&forged(n)).status);
    assert_eq!(statuses, [200, 200, 429], "a limit was evaded by another X-Real-IP");
    assert_eq!(call_trusted(&bed, &forged(1)).status, 200, "a trusted proxy's word counts");
    let secure = Request::get("/schemes").header("X-Forwarded-Proto", "https");
    assert_eq!(bed.route_of(&secure), "open");
    assert_eq!(call_trusted(&bed, &secure).status, 200);
    bed.gateway.log_line(|line| line.text("route") == "secure");
}

#[test]
fn what_the_gateway_says_can_be_matched_and_counted_by() {
    let bed = Testbed::new("gate");
    let request = Request::get("/said").host("asked.example");
    for forged in ["X-Forwarded-Proto", "X-Forwarded-Host"] {
        assert_eq!(bed.route_of(&request.clone().header(forged, "forged")), "said");
    }
    assert_eq!(bed.route_of(&Request::get("/said").host("other.example")), "plain");
    for (peer, status) in [("127.0.0.1", 200), ("127.0.0.2", 200), ("127.0.0.1", 429), ("127.0.0.2", 429)] {
        let mut client = RawClient::connect_from(peer.parse().unwrap(), bed.gateway.address());
        let request = Request::get("/peers").header("X-Forwarded-For", &format!("192.0.2.{}", bed.a.count()));
        assert_eq!(client.call(&request).status, status, "{peer}");
    }
}

/// A row of the table in docs/operations.md: names, what becomes of them from anybody, and from a trusted proxy.
struct Row {
    names: Vec<String>,
    fates: [String; 2],
}

fn rows() -> Vec<Row> {
    let page = include_str!("../../../../docs/operations.md");
    let section = page.split("\n## ").find(|section| section.starts_with("Header fields\n")).unwrap();
    let table = section.split("| field |").nth(1).unwrap().split("\n\n").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| "));
    rows.map(|row| {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        // Every second piece of text between back-ticks is a name; `*` stands for anything.
        let names =
            cells[1].split('`').skip(1).step_by(2).map(|name| name.replace('*', "Anything")).collect();
        Row { names, fates: [cells[2].to_owned(), cells[3].to_owned()] }
    })
    .collect()
}

#[test]
fn each_field_becomes_what_the_table_says_from_anybody_and_from_a_trusted_proxy() {
    let bed = Testbed::new("gate");
    let rows = rows();
    assert!(rows.iter().map(|row| row.names.len()).sum::<usize>() > 60, "the table was not read");
    for (trusted, sender) in [(false, "127.0.0.1"), (true, "127.0.0.9")] {
        let mut client = RawClient::connect_from(sender.parse().unwrap(), bed.gateway.address());
        for row in &rows {
            let fate = row.fates[usize::from(trusted)].as_str();
            for name in &row.names {
                let sent = match name.as_str() {
                    "Connection" => "keep-alive, X-Nominated",
                    // Those have tests of their own, in `proxying`.
                    "Expect" => continue,
                    _ if fate == "written anew" => continue,
                    _ => "sent",
                };
                let request =
                    Request::get("/").host("asked.example").header("X-Nominated", "1").header(name, sent);
                let response = client.call(&request);
                let echoed = Echoed::of(&response);
                let expected: &[&str] = match fate {
                    "removed" => &[],
                    "passes" => &["sent"],
                    "the peer's address" => &["127.0.0.1"],
                    "passes, the peer's address added" => &["sent, 127.0.0.9"],
                    "`http`" => &["http"],
                    "passes; `http` if it is missing" | "passes; the request's `Host` if it is missing" => {
                        &["sent"]
                    }
                    "the request's `Host`" => &["asked.example"],
                    "passes, `1.1 castgate` added" => &["sent", "1.1 castgate"],
                    other => panic!("the table says {other:?} of {name}"),
                };
                assert_eq!(echoed.all(name), expected, "{name}, trusted: {trusted}");
                if name == "Connection" {
                    assert!(echoed.all("x-nominated").is_empty());
                }
            }
        }
        let response = client.call(&Request::get("/").host("asked.example"));
        let echoed = Echoed::of(&response);
        assert_eq!(
            (echoed.all("x-forwarded-proto"), echoed.all("x-forwarded-host")),
            (vec!["http"], vec!["asked.example"])
        );
        assert_eq!(echoed.all("x-forwarded-for"), [sender]);
    }
}

#[test]
fn a_trailer_is_no_way_around_the_table() {
    let bed = Testbed::new("gate");
    for (sender, name) in
        rows().iter().flat_map(|row| &row.names).flat_map(|n| [("127.0.0.1", n), ("127.0.0.9", n)])
    {
        let mut client = RawClient::connect_from(sender.parse().unwrap(), bed.gateway.address());
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: {name}\r\n\r\n\
             2\r\nhi\r\n0\r\n{name}: in-a-trailer\r\n\r\n"
        ));
        let response = client.read_response().unwrap();
        assert!(matches!(response.status, 200 | 400), "{name}: {}", response.status);
    }
    for request in bed.a.requests() {
        let fields = request.headers.iter().chain(&request.trailers);
        assert!(fields.into_iter().all(|(_, value)| value != "in-a-trailer"), "{request:#?}");
    }
}

#[test]
fn what_connection_names_ends_behind_the_body_too() {
    let bed = Testbed::new("proxy");
    let head = "HTTP/1.1 200 OK\r\nConnection: X-Internal\r\nX-Internal: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n";
    let rest = "0\r\nX-Internal: 2\r\nX-Sum: 3\r\n\r\n";
    let raw = |text: &str| Step::SendRaw(text.into());
    let gate = Gate::new();
    let streamed = vec![Step::ReadBody, raw(head), Step::Pause(gate.clone()), raw(rest)];
    for steps in [vec![Step::ReadBody, raw(&format!("{head}{rest}"))], streamed] {
        bed.a.set(Reply(steps));
        let mut client = bed.connect();
        client.send("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n");
        client.await_bytes(b"\r\nhi\r\n").unwrap();
        gate.open();
        let response = client.read_response().unwrap();
        let fields = response.head.headers.iter().chain(&response.trailers);
        let own: Vec<_> = fields.filter(|(name, _)| name.to_lowercase().starts_with("x-")).collect();
        assert!(own.iter().any(|(_, value)| value == "3"), "{own:?}");
        assert!(own.iter().all(|(name, _)| !name.eq_ignore_ascii_case("X-Internal")), "{own:?}");
    }
    // What of a request goes on behind its body is end to end, and nobody can have it vanish.
    for name in ["Content-Digest", "Repr-Digest", "Digest"] {
        let response = bed.raw(format!(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: {name}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n{name}: x\r\n\r\n"
        ));
        assert_problem(&response, 400, "bad_request");
    }
}

#[test]
fn a_message_whose_connection_names_too_many_fields_is_none() {
    let bed = Testbed::new("proxy");
    for (names, requested, answered) in [(32, 200, 200), (33, 400, 502)] {
        let names = vec!["X-Hop"; names].join(", ");
        bed.a.set(Message::new(200));
        let request = Request::get("/").header("Connection", &format!("close, {names}")).header("X-Hop", "1");
        assert_eq!(bed.call(&request).status, requested);
        bed.a.set(Message::new(200).header("Connection", &names).header("X-Hop", "1"));
        let response = bed.get("/");
        assert_eq!((response.status, response.header("x-hop")), (answered, None));
    }
}

#[test]
fn what_goes_out_always_has_a_host() {
    let bed = Testbed::new("gate");
    for head in ["GET / HTTP/1.0", "GET /spoken HTTP/1.0"] {
        let response = bed.raw(format!("{head}\r\n\r\n"));
        let echoed = Echoed::of(&response);
        assert_eq!(echoed.text("version"), "HTTP/1.1");
        assert_eq!(echoed.all("host"), [bed.a.address().to_string()]);
        assert!(echoed.all("x-forwarded-host").is_empty(), "nobody has asked for a host");
    }
    let response = bed.raw("GET http://asked.example/ HTTP/1.0\r\nX-Forwarded-Host: forged.example\r\n\r\n");
    let echoed = Echoed::of(&response);
    assert_eq!(
        (echoed.all("host"), echoed.all("x-forwarded-host")),
        (vec!["asked.example"], vec!["asked.example"])
    );
    let response = bed.raw("GET / HTTP/1.0\r\nX-Forwarded-Host: forged.example\r\n\r\n");
    assert!(Echoed::of(&response).all("x-forwarded-host").is_empty());
}

#[test]
fn fields_keep_the_case_of_their_names_and_their_order_both_ways() {
    let bed = Testbed::new("proxy");
    let lines = [
        "X-Tenant: one",
        "x-tENANT: two",
        "ACCEPT: */*",
        "x-lower: a",
        "User-Agent: MixedCase/1",
        "X-Tenant: three",
    ];
    // One that ends here stands between them, and one is written in another way than it goes on.
    let request = format!(
        "GET / HTTP/1.1\r\nHOST: Shop.Example\r\n{}\r\nTE: trailers\r\n{}\r\nX-Odd:  spaced \r\n\r\n",
        lines[..3].join("\r\n"),
        lines[3..].join("\r\n"),
    );
    let answer = "HTTP/1.1 200 OK\r\nSERVER: Old/1\r\nConnection: x-hop\r\nSet-cookie: a=b\r\nX-Hop: 1\r\nset-Cookie: c=d\r\n\
                  eTag: \"x\"\r\nContent-length: 2\r\nDATE: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\nhi";
    bed.a.set(Reply(vec![Step::ReadBody, Step::SendRaw(answer.into())]));
    for _ in 0..2 {
        let response = bed.raw(&request);
        assert_eq!(response.text(), "hi");
        let sent = [
            "SERVER: Old/1",
            "Set-cookie: a=b",
            "set-Cookie: c=d",
            "eTag: \"x\"",
            "DATE: Mon, 01 Jan 2024 00:00:00 GMT",
        ];
        assert_eq!(response.head.lines[..sent.len()], sent);
        let received = bed.a.requests().pop().unwrap();
        let passed: Vec<&str> = received.lines.iter().map(String::as_str).take(8).collect();
        let mut expected = vec!["HOST: Shop.Example"];
        expected.extend(lines);
        expected.push("X-Odd: spaced");
        assert_eq!(passed, expected);
    }
}
