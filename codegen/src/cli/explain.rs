//! `castgate explain`: a code, or a request.

use super::arguments::{Color, ConfigOption};
use super::config::load;
use super::exit::{Exit, print};
use castgate_codegen::{codes, explain, request::Request};

pub(crate) fn run(what: &str, headers: &[String], config: &ConfigOption, all: bool, color: Color) -> Exit {
    if is_code(what) {
        return code(what);
    }
    let request = Request::parse(what)
        .and_then(|request| headers.iter().try_fold(request, |request, header| request.header(header)));
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Usage;
        }
    };
    match load(&config.file) {
        Ok(found) => print(&explain::explain(&found.cast.model, &request, all)),
        Err(refused) => refused.report(color),
    }
}

fn is_code(what: &str) -> bool {
    what.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("CG"))
        && what[2..].bytes().all(|byte| byte.is_ascii_digit())
}

fn code(id: &str) -> Exit {
    match codes::find(id) {
        Some(code) => print(&format!("{}: {}\n\n{}\n", code.id, code.title, code.explanation)),
        None => {
            eprintln!("error: no code {id}; codes are CG and four digits, as a report shows them");
            Exit::Usage
        }
    }
}
