//! A crate of one's own, as `examples/embedded` shows it, through its whole life with cargo: it is built and serves, is
//! left alone, is edited, is broken. Copies of it are built, so that nothing here touches the source tree.

mod batch;
mod features;
mod files;
mod home;
#[path = "../../codegen/tests/random/mod.rs"]
mod random;
mod twice;

use castgate_test_support::Gateway;
use home::{Crate, read, root, stderr};
use serde_json::Value;

fn start(downstream: &Crate) -> Gateway {
    Gateway::start(downstream.binary(), &[], &[])
}

#[test]
fn a_crate_of_ones_own_is_built_edited_and_broken() {
    let downstream = Crate::copy("embedded");
    let good = read(&root().join("examples/embedded/gateway.yml"));
    downstream.write("gateway.yml", &good);

    downstream.compiles();
    assert_eq!(start(&downstream).get("/hello").text(), "hello from a crate of its own\n");

    assert!(!downstream.compiles(), "nothing was touched, but something was built");

    downstream.write("gateway.yml", &good.replace("hello from", "greetings from"));
    assert!(downstream.compiles(), "gateway.yml was edited, but nothing was built");
    assert_eq!(start(&downstream).get("/hello").text(), "greetings from a crate of its own\n");

    let (routes, _) = good.split_once("    respond:").expect("a target");
    downstream.write("gateway.yml", &format!("{routes}    upstream: userz\n"));
    it_is_broken(&downstream);

    downstream.write("gateway.yml", &good);
    assert!(downstream.compiles());
}

/// One report and nothing after it, for people and for editors.
fn it_is_broken(downstream: &Crate) {
    let output = downstream.build([]);
    let said = stderr(&output);
    assert!(!output.status.success(), "{said}");
    let errors: Vec<&str> = said.lines().map(str::trim).filter(|line| line.starts_with("error")).collect();
    let [problem, total, cargo] = errors[..] else { panic!("not one report alone:\n{said}") };
    assert!(problem.ends_with("error: [CG0203]: unknown upstream `userz`"), "{said}");
    assert!(total.starts_with("error: 1 problem in gateway.yml"), "{said}");
    assert!(cargo.starts_with("error: could not compile `embedded`"), "{said}");
    assert!(said.contains("--> gateway.yml:9:"), "{said}");
    assert!(!said.contains("panicked") && !said.contains("warning"), "{said}");

    let output = downstream.build(["--message-format=json"]);
    let messages = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["reason"] == "compiler-message" && line["message"]["level"] == "error")
        .map(|line| line["message"]["message"].as_str().unwrap_or_default().to_owned())
        .collect::<Vec<_>>();
    assert!(messages[0].contains("[CG0203]: unknown upstream `userz`"), "{messages:?}");
}
