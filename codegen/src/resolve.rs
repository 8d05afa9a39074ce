//! ast -> model: names become ids, text becomes values, defaults are filled in.
//!
//! Nothing stops here: what is wrong is reported and left out or replaced by its default, so that the checks of
//! the whole file see as much as possible.

mod backend;
mod condition;
pub(crate) mod cx;
pub(crate) mod document;
mod lints;
pub(crate) mod names;
mod route;
mod server;
mod target;
mod test;
pub(crate) mod units;
mod upstream;
pub(crate) mod value;

pub(crate) use cx::Cx;

use crate::ast::Gateway;
use crate::diagnostic::Reporter;
use crate::language::Section;
use crate::middleware;
use crate::model::{Model, Observability};
use crate::source::{ConfigPath, Source};
use sha2::{Digest, Sha256};

/// Gives the file its meaning. Problems are in the sink.
pub(crate) fn resolve(gateway: &Gateway, sink: &mut Reporter<'_>) -> Model {
    let Reporter { problems, source, levels } = sink;
    let cx =
        &mut Cx { sink: Reporter { problems, source, levels }, source, captures: value::Captures::TopLevel };
    lints::levels(cx, gateway);
    let server = server::server(cx, gateway.server.get());
    let listeners = server::listeners(cx, gateway.server.get(), &server);
    server::http2(cx, &listeners, &server);
    let admin = server::admin(cx, gateway.admin.get());
    let mut upstreams = upstream::Upstreams::resolve(cx, gateway);
    let mut policies = middleware::Policies::default();
    let top = middleware::Layer::top(cx, gateway.middleware.get(), &mut policies);
    let routes = route::routes(cx, gateway, (&server, &listeners), &top, &mut policies, &mut upstreams);
    upstreams.report_unused(cx, gateway);
    let upstreams = upstreams.into_list();
    let tests = test::tests(cx, &gateway.tests, &listeners, &routes, &upstreams);
    let observability = ConfigPath::root().key("observability");
    let observability = Observability::with_defaults(cx, observability, gateway.observability.get());
    Model {
        config_path: source.path().to_owned(),
        config_files: source.files().iter().map(|file| file.path().to_string()).collect(),
        config_sha256: sha256(source),
        server,
        listeners,
        admin,
        upstreams,
        policies,
        unmatched: top.for_unmatched(),
        routes,
        observability,
        tests,
    }
}

fn sha256(source: &Source) -> String {
    let mut hash = Sha256::new();
    source.files().iter().for_each(|file| hash.update(&source.text()[file.span()]));
    source.disk.iter().for_each(|disk| disk.each_attached(|_, bytes| hash.update(bytes)));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
