//! No backend is the gateway itself: what is forwarded there comes back, without end. (The admin's listener answers.)

use crate::codes;
use crate::diagnostic::{Reporter, quoted};
use crate::model::{Backend, BackendUrl, Model, Placed};
use castgate_contract::backend;
use castgate_contract::listen;

pub(super) fn check(model: &Model, sink: &mut Reporter<'_>) {
    let listeners = model
        .listeners
        .iter()
        .flat_map(|listener| &listener.address)
        .filter_map(|listen| Some((listen, listen.value.by_default()?)));
    let listeners: Vec<(&Placed, String)> = listeners.collect();
    for backend in model.upstreams.iter().flat_map(|upstream| &upstream.backends) {
        // Where it is if nobody says otherwise at start.
        let url = match &backend.url {
            BackendUrl::Literal(url) => Some(url.clone()),
            BackendUrl::Late(late) => {
                late.by_default().and_then(|text| backend::BackendUrl::parse(&text).ok())
            }
        };
        let Some(url) = url else { continue };
        let leads_there =
            |address: &str| listen::parse(address).is_ok_and(|own| listen::leads_to(&own, &url.place));
        if let Some((listen, _)) = listeners.iter().find(|(_, address)| leads_there(address)) {
            report(backend, &url.text, listen, sink);
        }
    }
}

fn report(backend: &Backend, url: &str, listen: &Placed, sink: &mut Reporter<'_>) {
    // Where the gateway would listen instead of an address that was refused is of no interest.
    if sink.is_refused(&listen.origin.path) {
        return;
    }
    let entry = &backend.origin.path;
    let at = Some(entry.key("url")).filter(|at| sink.source.is_written(at)).unwrap_or_else(|| entry.clone());
    let listener = sink.source.written_span(&listen.origin.path);
    let title = format!("the backend {} is the gateway itself", quoted(url));
    let problem = sink.error_at(&codes::BACKEND_URL, &at, title, "what goes there comes back, without end");
    match listener {
        Some(span) => problem.label(span, "the gateway listens here"),
        None => problem.help("`server.listen` is 0.0.0.0:8080 if it is left out"),
    };
}
