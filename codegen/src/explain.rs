//! Why a request gets the route it gets, and why each other one did not: the answer behind `castgate explain`.

mod reason;

use crate::diagnostic::quoted;
use crate::language::route::OfLocation;
use crate::middleware::{Refusal, Use};
use crate::model::{CrossOrigin, HostHeader, Late, Model, RequestText, Route, Site, Target};
use crate::show;
use crate::table::{Answer, Miss, Refused, Request, Table};
use castgate_contract::cross_origin::Denied;
use castgate_contract::template;
use std::collections::BTreeSet;

/// Other routes than this many are counted, not shown.
const MOST_SHOWN: usize = 20;

/// The answer as text. With `all`, every route says why it did not take the request; else those which came near:
/// their host and path match, or their path begins as the request's does. Without the name of a listener, the answer of
/// each that has routes of its own; the error is for people.
pub fn explain(
    model: &Model,
    request: &Request,
    listener: Option<&str>,
    all: bool,
) -> Result<String, String> {
    let mut text = format!("{request}\n");
    for (name, value) in request.headers() {
        text.push_str(&format!("  {name}: {value}\n"));
    }
    let sites = model.sites();
    let at = |site: &&Site<'_>| {
        listener.is_none() || site.listeners.iter().any(|each| each.name.as_deref() == listener)
    };
    let asked: Vec<&Site<'_>> = sites.iter().filter(at).collect();
    if asked.is_empty() {
        let known: Vec<&str> = model.listeners.iter().filter_map(|each| each.name.as_deref()).collect();
        let known = if known.is_empty() { "none has a name".to_owned() } else { known.join(", ") };
        return Err(format!(
            "no listener {}; listeners of this config: {known}",
            quoted(listener.unwrap_or_default())
        ));
    }
    for site in asked {
        text.push('\n');
        if sites.len() > 1 {
            text.push_str(&format!("on {}\n", site.names()));
        }
        text.push_str(&at_site(model, site, request, all));
    }
    Ok(text)
}

/// The answer of some listeners.
fn at_site(whole: &Model, site: &Site<'_>, request: &Request, all: bool) -> String {
    let model = &*site.model;
    let table = Table::new(model);
    let mut text = String::new();
    let answer = table.ask(request);
    let winner = match answer {
        Answer::Route(route) | Answer::Preflight(route, _) => Some(route),
        _ => None,
    };
    text.push_str(&match answer {
        Answer::Route(route) => taken(&table, model, route, request),
        Answer::Preflight(route, judged) => preflight(&table, model, route, request, judged),
        Answer::BuiltIn => {
            text.push_str("=> answered by the gateway itself, ahead of all routes (see `admin`)\n");
            return text;
        }
        Answer::Disputed(route, key) => format!(
            "=> route {}, {}, refuses {}: 400; see `{}`\n",
            quoted(&route.name),
            route.origin.line,
            key.what,
            key.key
        ),
        Answer::NotFound => "=> no route: 404\n".to_owned(),
        Answer::NotImplemented => format!("=> {} is neither answered nor forwarded: 501\n", request.method()),
        Answer::NotAllowed(allowed) => {
            let allow: Vec<&str> = allowed.named().collect();
            format!("=> no route for {}: 405, Allow: {}\n", request.method(), allow.join(", "))
        }
    });
    // A preflight belongs to the route of what it announces; why not to another is asked of that.
    let asked = if matches!(answer, Answer::Preflight(..)) { request.announced() } else { request.clone() };
    text.push_str(&others(whole, model, winner, &asked, all));
    text
}

/// What becomes of a preflight, which gets no further than the layer that answers it.
fn preflight<'m>(
    table: &Table<'m>,
    model: &Model,
    route: &'m Route,
    request: &Request,
    judged: Result<(), Denied>,
) -> String {
    let line = &route.origin.line;
    let mut text = format!("=> a preflight for route {}, {line}\n", quoted(&route.name));
    let mut row = |name: &str, value: String| text.push_str(&format!("   {name:<11}{value}\n"));
    row("matches", condition(route));
    row("announces", request.announced().method().to_owned());
    let is_refused = tell_client(of_client(table, model, route, request), &mut row);
    if !is_refused {
        row(
            "answers",
            match judged {
                Ok(()) => "204: the page may send it".to_owned(),
                Err(Denied::Origin) => "403: no page of this origin may".to_owned(),
                Err(Denied::Method) => "403: not with this method".to_owned(),
                Err(Denied::Elsewhere) => "403: what it announces is no request of this route".to_owned(),
                Err(Denied::Fields) => "403: not with these header fields".to_owned(),
            },
        );
    }
    let layers: Vec<Use<'_>> = route.middleware.layers(&model.policies).collect();
    let end =
        layers.iter().position(|layer| layer.facts.answers_preflights).map_or(layers.len(), |at| at + 1);
    row("middleware", shown(model, layers.into_iter().take(end)));
    text
}

/// The line on who asks, if anybody looks; whether that is refused.
fn tell_client(client: Option<Result<String, String>>, row: &mut impl FnMut(&str, String)) -> bool {
    match client {
        Some(Ok(who)) => row("lets in", who),
        Some(Err(why)) => {
            row("refuses", why);
            return true;
        }
        None => {}
    }
    false
}

/// What becomes of a request because of who sends it, if that is said: whom it lets in, or why it does not.
fn of_client<'m>(
    table: &Table<'m>,
    model: &Model,
    route: &'m Route,
    request: &Request,
) -> Option<Result<String, String>> {
    let client = request.client_ip()?;
    Some(match table.refusal(route, request) {
        None => Ok(client.to_string()),
        Some(Refused { middleware, line, client, refusal: Refusal { reason, status } }) => {
            let line = model.whereabouts(line);
            Err(format!("{client}: {status} {reason} ({middleware}, {line})"))
        }
    })
}

/// What that means for the page.
fn said(told: CrossOrigin) -> &'static str {
    match told {
        CrossOrigin::Allowed => "it may read the answer",
        CrossOrigin::Refused => "its browser keeps the answer from it",
    }
}

/// Layers in their order, and where each was written.
fn shown<'m>(model: &Model, layers: impl Iterator<Item = Use<'m>>) -> String {
    let shown = |layer: Use<'m>| {
        let (kind, line) = (layer.kind, model.whereabouts(layer.line));
        match layer.parts().len() {
            1 => format!("{kind} ({line})"),
            several => format!("{kind} ({several} of them, {line})"),
        }
    };
    let layers: Vec<String> = layers.map(shown).collect();
    if layers.is_empty() { "none".to_owned() } else { layers.join(" > ") }
}

fn taken<'m>(table: &Table<'m>, model: &Model, route: &'m Route, request: &Request) -> String {
    let mut text = format!("=> route {}, {}\n", quoted(&route.name), route.origin.line);
    let mut row = |name: &str, value: String| text.push_str(&format!("   {name:<11}{value}\n"));
    row("matches", condition(route));
    let outcome = table.outcome(request);
    let forwarded = outcome.forward_path.map(|mut path| {
        request.query().into_iter().for_each(|query| template::add_query(&mut path, query));
        path
    });
    // What only a running gateway knows stands there as it is written.
    let written = || route.template().map(|(_, text)| show::template(text));
    let path = forwarded.or(outcome.redirect_to).or_else(written).unwrap_or_default();
    let is_refused = tell_client(of_client(table, model, route, request), &mut row);
    match &route.target {
        _ if is_refused => {}
        Target::Forward(_) | Target::Redirect(_) if outcome.status == Some(400) => {
            row("refuses", format!("400: it lacks a value of {path}, or has one that cannot stand there"));
        }
        Target::Forward(forward) => {
            if let Some(upstream) = model.upstream(forward.upstream) {
                let backends = show::backends(upstream);
                let strategy = upstream.settings.strategy;
                let line = model.whereabouts(&upstream.origin.line);
                row("upstream", format!("{} ({strategy}, {backends}, {line})", upstream.name));
                let host = match &upstream.settings.host_header {
                    HostHeader::Preserve => String::new(),
                    HostHeader::Backend => ", with the backend's own Host".to_owned(),
                    HostHeader::Name(name) => format!(", with the Host {}", quoted(name)),
                };
                row("forwards", format!("{} {path}{host}", request.method()));
            }
        }
        Target::Redirect(_) if path.is_empty() => {
            row("redirects", format!("{}, on the host that the client asks", show::target(model, route)));
        }
        Target::Redirect(redirect) => row("redirects", format!("{} to {path}", redirect.status)),
        Target::Respond(respond) => row("responds", format!("{}, {}", respond.status, size(&respond.body))),
    }
    if route.settings.response.location == OfLocation::Restore {
        row("response", "its places are what the client asks for".to_owned());
    }
    if route.body_limit != model.server.limits.body {
        row(
            "body",
            route
                .body_limit
                .map_or_else(|| "off".to_owned(), |limit| format!("{} at most", show::size(limit))),
        );
    }
    if route.forward().is_some() && route.upgrades != model.server.upgrades {
        row("upgrades", if route.upgrades.is_empty() { "off".to_owned() } else { route.upgrades.join(", ") });
    }
    row("timeout", show::duration(route.timeout));
    row("idle", show::duration(route.idle));
    if let Some(total) = route.settings.total {
        row("total", show::duration(total));
    }
    row("middleware", shown(model, route.middleware.layers(&model.policies)));
    if let Some(told) = outcome.cross_origin {
        row("the page", format!("{told}: {}", said(told)));
    }
    text
}

/// What a route asks of a request, on one line.
fn condition(route: &Route) -> String {
    let (methods, kind) = (show::methods(route.methods), route.path.kind);
    let mut text = format!("{methods} {}{} ({kind})", route.hosts, route.path);
    for header in &route.headers {
        text.push_str(&format!(" +{}: {}", header.name, header.value));
    }
    for parameter in &route.query {
        text.push_str(&format!(" ?{}={}", parameter.name, parameter.value));
    }
    route.listeners.names().for_each(|listener| text.push_str(&format!(" @{listener}")));
    text
}

fn others(whole: &Model, model: &Model, winner: Option<&Route>, request: &Request, all: bool) -> String {
    let is_winner = |route: &Route| winner.is_some_and(|winner| winner.name == route.name);
    let here: BTreeSet<&str> = model.routes.iter().map(|route| route.name.as_str()).collect();
    let mut routes: Vec<&Route> = whole.routes.iter().collect();
    routes.sort_by(|a, b| a.precedence_on(b, request.host()));
    let losers = routes.iter().filter(|route| !is_winner(route));
    let mut shown = Vec::new();
    let (mut left_out, mut far) = (0, 0);
    for route in losers {
        let miss = in_the_way(route, request);
        if !all && !is_near(route, miss, request) {
            far += 1;
        } else if !all && shown.len() >= MOST_SHOWN {
            left_out += 1;
        } else {
            let reason = if here.contains(route.name.as_str()) {
                reason::reason(miss, route, winner, request, model)
            } else {
                format!("listener: {}", show::reached(route))
            };
            shown.push((*route, reason));
        }
    }
    let mut text = String::new();
    if !shown.is_empty() {
        let config = &model.config_path;
        text.push_str(&format!("\nNot taken, in the order in which routes of {config} are tried:\n"));
        let width = shown.iter().map(|(route, _)| route.name.chars().count()).max().unwrap_or(0).min(40);
        let place = |route: &Route| model.whereabouts(&route.origin.line);
        let places = shown.iter().map(|(route, _)| place(route).len()).max().unwrap_or(0).clamp(9, 40);
        for (route, reason) in &shown {
            text.push_str(&format!("   {:<places$} {:<width$}  {reason}\n", place(route), route.name));
        }
    }
    if left_out + far > 0 {
        let routes = show::count(left_out + far, "other route");
        text.push_str(&format!("\n{routes} not shown; see --all\n"));
    }
    text
}

/// What keeps a route from a request; that it does not serve the method only if all the rest would match.
fn in_the_way<'m>(route: &'m Route, request: &Request) -> Option<Miss<'m>> {
    let misses = route.misses(request);
    misses.iter().find(|miss| **miss != Miss::Method).or(misses.first()).copied()
}

/// Whether somebody might wonder why this route did not take the request.
fn is_near(route: &Route, miss: Option<Miss<'_>>, request: &Request) -> bool {
    let starts_alike = || {
        let first = route.path.segments.first();
        match (first, request.matched_path().split('/').nth(1)) {
            (Some(crate::pattern::Segment::Literal(text)), Some(first)) => text == first,
            _ => true,
        }
    };
    !matches!(miss, Some(Miss::Host | Miss::Path)) || starts_alike()
}

/// How long a body is, if that is known.
fn size(body: &RequestText) -> String {
    match body.late().as_ref().and_then(Late::literal) {
        Some(text) => format!("{} bytes", text.len()),
        None => "a body made of the request".to_owned(),
    }
}
