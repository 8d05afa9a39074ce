//! `castgate explain`: a code, a lint, or a request.

use super::arguments::{Color, ConfigOption};
use super::config::load;
use super::exit::{Exit, print};
use castgate_codegen::lint::Lint;
use castgate_codegen::table::Request;
use castgate_codegen::{codes, explain};
use std::net::IpAddr;

pub(crate) fn run(
    what: &str,
    (headers, client_ip): (&[String], Option<IpAddr>),
    listener: Option<&str>,
    config: &ConfigOption,
    all: bool,
    color: Color,
) -> Exit {
    if is_code(what) {
        return code(what);
    }
    if let Some(lint) = Lint::named(what) {
        return code(lint.code().id);
    }
    let request = request(what, headers);
    let request = match request {
        Ok(request) => match client_ip {
            Some(client_ip) => request.from_client(client_ip.to_canonical()),
            None => request,
        },
        Err(error) => {
            eprintln!("error: {error}");
            return Exit::Usage;
        }
    };
    match load(&config.file) {
        Ok(found) => match explain::explain(&found.model, &request, listener, all) {
            Ok(text) => print(&text),
            Err(error) => {
                eprintln!("error: {error}");
                Exit::Usage
            }
        },
        Err(refused) => refused.report(color),
    }
}

/// A bare path or URL is a GET; `Host` says which host, unless the URL did.
fn request(what: &str, headers: &[String]) -> Result<Request, String> {
    let line = if what.contains(' ') { what.to_owned() } else { format!("GET {what}") };
    let request = Request::parse(line.trim_end_matches(" HTTP/1.1"))?;
    headers.iter().try_fold(request, |request, field| {
        let (name, value) = field
            .split_once(':')
            .ok_or_else(|| format!("`{field}` is not a header field; write `name: value`"))?;
        let (name, value) = (name.trim(), value.trim());
        if !name.eq_ignore_ascii_case("host") || !request.host().is_empty() {
            return Ok(request.with_header(name, value));
        }
        request.with_host(value).map_err(str::to_owned)
    })
}

fn is_code(what: &str) -> bool {
    what.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("CG"))
        && what[2..].bytes().all(|byte| byte.is_ascii_digit())
}

fn code(id: &str) -> Exit {
    match codes::find(id) {
        Some(code) => {
            let lint = Lint::ALL.iter().find(|lint| lint.code() == code);
            let more = lint.map_or(String::new(), |lint| {
                let name = lint.name();
                format!(
                    "\n`castgate reference --lint {name}` has an example, its report, and how to mend it.\n"
                )
            });
            print(&format!("{}: {}\n\n{}\n{more}", code.id, code.title, code.explanation()))
        }
        None => {
            eprintln!("error: no code {id}; codes are CG and four digits, as a report shows them");
            Exit::Usage
        }
    }
}
