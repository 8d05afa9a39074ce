//! Configs of several files: what they mean together, and that each value knows its file.
// clippy.toml allows unwrap in tests, but does not know helpers of tests as such.
#![allow(clippy::unwrap_used)]

use castgate_codegen::{Diagnostics, Source, Style, analyse, model::Model, normal};
use std::fs;
use std::path::PathBuf;

fn read(paths: &str) -> (Source, Diagnostics, Model) {
    let mut sink = Diagnostics::new();
    let mut source = Source::read(paths, &mut sink);
    let model = analyse(&mut source, &mut sink);
    assert!(sink.is_empty(), "{}", sink.render(&source, Style::Plain));
    (source, sink, model.unwrap())
}

fn directory(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

#[test]
fn a_layer_changes_what_it_names_and_nothing_else() {
    let (source, _, model) = read("tests/pass/layers/gateway.yml:tests/pass/layers/layer.yml");
    let text = normal::text_with_origins(&model, &source);
    let (base, layer) = ("tests/pass/layers/gateway.yml", "tests/pass/layers/layer.yml");
    for line in [
        // A list is replaced as a whole, and so is a list by a single value.
        format!("  listen: [\"0.0.0.0:80\"]  # {layer}:2"),
        format!("      - url: \"http://users.internal:80\"  # {layer}:5"),
        "        weight: 1  # default".to_owned(),
        // Maps merge by key, at any depth.
        format!("    idle: 30s  # {layer}:2"),
        format!("    header_read: 10s  # {base}:1"),
        format!("      connect: 1s  # {base}:5"),
        // Routes merge by name, and keep what is not said again.
        format!("    timeout: 2s  # {layer}:8"),
        format!("    upstream: users  # {base}:11"),
        "  - name: reports  # tests/pass/layers/more.yml:2".to_owned(),
    ] {
        assert!(text.lines().any(|other| other == line), "no {line:?} in\n{text}");
    }
    assert_eq!(text.matches("- url:").count(), 1, "{text}");
    assert!(!text.contains("access_log"), "{text}");
    assert_eq!(model.tests.len(), 1, "a list that the layer does not mention stays");
}

#[test]
fn an_include_adds_and_is_read_once() {
    let (source, _, model) = read("tests/pass/files/gateway.yml");
    let names: Vec<&str> = model.routes.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(names, ["users", "orders"]);
    assert_eq!(model.routes[1].origin.line.to_string(), "tests/pass/files/routes/orders.yml:4");
    assert_eq!(model.tests.len(), 2);
    let files: Vec<&str> = source.files().iter().map(|file| &**file.path()).collect();
    let expected =
        ["gateway.yml", "routes/later.yml", "routes/orders.yml", "organisation.yml", "upstreams.yml"];
    assert_eq!(files, expected.map(|name| format!("tests/pass/files/{name}")));
}

#[test]
fn a_source_can_be_analysed_again() {
    let (mut source, _, model) = read("tests/pass/files/gateway.yml");
    let mut sink = Diagnostics::new();
    let again = analyse(&mut source, &mut sink).unwrap();
    assert!(sink.is_empty());
    assert_eq!(normal::text(&again), normal::text(&model));
    assert_eq!((again.config_files, again.config_sha256), (model.config_files, model.config_sha256));
}

#[test]
fn the_hash_is_that_of_the_files_one_after_the_other() {
    let (base, layer) = ("tests/pass/layers/gateway.yml", "tests/pass/layers/layer.yml");
    let (_, _, both) = read(&format!("{base}:{layer}"));
    let files = [base, layer, "tests/pass/layers/more.yml"].map(|path| fs::read_to_string(path).unwrap());
    let directory = directory("hash", &[("all", &files.concat())]);
    let output = std::process::Command::new("sha256sum").arg(directory.join("all")).output();
    let Ok(output) = output else {
        println!("skipped: no sha256sum");
        assert!(std::env::var_os("CI").is_none());
        return;
    };
    assert!(String::from_utf8(output.stdout).unwrap().starts_with(&both.config_sha256));
}

#[test]
fn a_build_watches_every_file_and_every_place_where_one_may_appear() {
    let (source, _, _) = read("tests/pass/files/gateway.yml");
    let watched = source.watched();
    assert!(watched.contains(&"tests/pass/files/routes/orders.yml".to_owned()), "{watched:?}");
    assert!(watched.contains(&"tests/pass/files/routes".to_owned()), "{watched:?}");

    let directory = directory("watched", &[("gateway.yml", "include: [late.yml, later/*.yml]\n")]);
    let mut sink = Diagnostics::new();
    let mut source = Source::read(directory.join("gateway.yml").to_str().unwrap(), &mut sink);
    assert!(analyse(&mut source, &mut sink).is_err());
    let watched = source.watched();
    for name in ["late.yml", "later"] {
        assert!(watched.contains(&directory.join(name).to_str().unwrap().to_owned()), "{watched:?}");
    }
}

#[test]
fn files_that_include_each_other_are_read_once() {
    let directory = directory(
        "circle",
        &[
            ("gateway.yml", "include: '*.yml'\nroutes: [{path: /, respond: {status: 200}}]\n"),
            ("a.yml", "include: [b.yml, gateway.yml, a.yml]\n"),
            ("b.yml", "include: a.yml\nroutes: [{path: /b, respond: {status: 200}}]\n"),
        ],
    );
    let (source, _, model) = read(directory.join("gateway.yml").to_str().unwrap());
    assert_eq!((source.files().len(), model.routes.len()), (3, 2));
}

#[test]
fn there_may_be_many_files_but_not_too_many() {
    let route = |number: usize| {
        (format!("routes/{number}.yml"), format!("routes: [{{path: /{number}, respond: {{status: 200}}}}]\n"))
    };
    for (count, expected) in [(999, None), (1000, Some("CG0005"))] {
        let mut files: Vec<(String, String)> = (0..count).map(route).collect();
        files.push(("gateway.yml".to_owned(), "include: routes/*.yml\n".to_owned()));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let directory = directory("many", &files);
        let mut sink = Diagnostics::new();
        let mut source = Source::read(directory.join("gateway.yml").to_str().unwrap(), &mut sink);
        let model = analyse(&mut source, &mut sink);
        assert_eq!(sink.sorted().first().map(|problem| problem.code.id), expected);
        assert_eq!(model.map(|model| model.routes.len()).ok(), expected.is_none().then_some(count));
    }
}

#[test]
fn all_files_together_have_one_limit() {
    let comment = "# 0123456789012345678901234567890123456789\n".repeat(60_000);
    let route = "routes: [{path: /, respond: {status: 200}}]\n";
    let files = [("gateway.yml", &*format!("include: more.yml\n{route}{comment}")), ("more.yml", &comment)];
    let directory = directory("large", &files);
    let mut sink = Diagnostics::new();
    let mut source = Source::read(directory.join("gateway.yml").to_str().unwrap(), &mut sink);
    assert!(analyse(&mut source, &mut sink).is_err());
    assert_eq!(sink.sorted().first().map(|problem| problem.code.id), Some("CG0002"));
    assert!(source.text().len() < 4 << 20);
}

#[test]
fn a_config_from_memory_reads_no_files() {
    let mut sink = Diagnostics::new();
    let mut source =
        Source::new("gateway.yml", "include: /etc/*\nroutes: [{path: /, respond: {status: 200}}]\n");
    assert!(analyse(&mut source, &mut sink).is_err());
    assert_eq!(source.files().len(), 1);
    assert_eq!(sink.sorted().first().map(|problem| problem.code.id), Some("CG0005"));
}

/// Another reader takes the config apart; put together again, it means the same.
#[test]
fn a_config_in_pieces_means_what_it_means_in_one() {
    for entry in fs::read_dir("tests/pass").unwrap() {
        let path = entry.unwrap().path();
        // Names of last resort have line numbers in them.
        if path.is_dir() || path.ends_with("names.yml") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let whole: serde_yaml::Mapping = serde_yaml::from_str(&text).unwrap();
        let mut files = vec![("gateway.yml".to_owned(), "include: [pieces/*.yml]\n".to_owned())];
        for (key, value) in whole {
            let name = key.as_str().unwrap().to_owned();
            // Half of the routes to a file of their own.
            let pieces = match value {
                serde_yaml::Value::Sequence(list) if list.len() > 1 && name == "routes" => {
                    let (first, second) = list.split_at(list.len() / 2);
                    vec![first.to_vec().into(), second.to_vec().into()]
                }
                value => vec![value],
            };
            for (number, piece) in pieces.into_iter().enumerate() {
                let piece: serde_yaml::Mapping = [(key.clone(), piece)].into_iter().collect();
                files.push((format!("pieces/{name}{number}.yml"), serde_yaml::to_string(&piece).unwrap()));
            }
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let directory = directory("pieces", &files);
        let (_, _, model) = read(path.to_str().unwrap());
        let (_, _, in_pieces) = read(directory.join("gateway.yml").to_str().unwrap());
        let lines = |model: &Model| {
            // Where it was written is different, of course.
            let text = normal::text(model);
            text.lines().filter(|line| !line.contains("# inherited")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(lines(&in_pieces), lines(&model), "{}", path.display());
    }
}
