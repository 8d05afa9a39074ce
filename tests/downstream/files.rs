//! A config of several files: a build sees what becomes of each of them, and of those that appear.

use castgate_test_support::Gateway;

use crate::home::{Crate, stderr};

fn respond(path: &str, body: &str) -> String {
    format!("routes: [{{path: {path}, respond: {{body: {body}}}}}]\n")
}

#[test]
fn whatever_file_changes_the_next_build_has_it() {
    let several = Crate::copy("several");
    several.remove("routes/late.yml");
    several.write(
        "gateway.yml",
        &format!("include: routes/*.yml\nserver: {{listen: 127.0.0.1:0}}\n{}", respond("/", "root")),
    );
    several.write("routes/one.yml", &respond("/one", "first"));
    several.compiles();
    assert!(!several.compiles(), "nothing was touched, but something was built");
    let get = |path: &str| Gateway::start(several.binary(), &[], &[]).get(path).text();
    assert_eq!((get("/"), get("/one")), ("root".to_owned(), "first".to_owned()));

    several.write("routes/one.yml", &respond("/one", "second"));
    assert!(several.compiles(), "an included file was edited, but nothing was built");
    assert_eq!(get("/one"), "second");

    several.write("routes/late.yml", &respond("/late", "late"));
    assert!(several.compiles(), "there is another file to include, but nothing was built");
    assert_eq!(get("/late"), "late");

    several.write("routes/late.yml", &respond("/late", "{}"));
    let output = several.build([]);
    let said = stderr(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("--> routes/late.yml:1:"), "{said}");

    several.remove("routes/late.yml");
    assert!(several.compiles(), "an included file is gone, but nothing was built");
    assert_eq!(get("/late"), get("/"), "the prefix takes it again");
}
