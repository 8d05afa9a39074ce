//! What a gateway is made of, and a random one.

use crate::random::Choices;
use std::collections::BTreeMap;

pub(crate) const HOSTS: [&str; 6] = ["a.com", "{t}.com", "*.com", "*.a.com", "{t}.a.com", "b.a.com"];
pub(crate) const LITERALS: [&str; 2] = ["a", "1"];
pub(crate) const METHODS: [&str; 2] = ["GET", "POST"];
/// Listeners, and their addresses. A gateway without names has them all in one.
pub(crate) const LISTENERS: [(&str, &str); 2] = [("one", "0.0.0.0:8080"), ("two", "[::1]:8081")];
/// Header fields (`x-`) and query parameters, and their values.
pub(crate) const FIELDS: [&str; 3] = ["x-h", "x-g", "q"];
pub(crate) const VALUES: [&str; 2] = ["1", "2"];

#[derive(Debug, Clone)]
pub(crate) struct Gateway {
    pub(crate) has_admin: bool,
    /// Whether its listeners have names.
    pub(crate) has_listeners: bool,
    /// Bytes.
    pub(crate) most_body: u64,
    pub(crate) middleware: BTreeMap<&'static str, u32>,
    /// Ports of their backends.
    pub(crate) upstreams: BTreeMap<String, Vec<u32>>,
    pub(crate) routes: Vec<Route>,
}

#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) name: String,
    pub(crate) condition: Condition,
    pub(crate) target: Target,
    /// Milliseconds.
    pub(crate) timeout: Option<u64>,
    /// Path parameters go on to the target.
    pub(crate) keeps_parameters: bool,
    /// Encoded slashes go on to the target.
    pub(crate) keeps_slashes: bool,
    /// Bytes; `Some(None)` is no limit.
    pub(crate) most_body: Option<Option<u64>>,
    /// `None` switches it off.
    pub(crate) middleware: BTreeMap<&'static str, Option<u32>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Empty for all.
    pub(crate) listeners: Vec<&'static str>,
    /// None is every host.
    pub(crate) hosts: Vec<&'static str>,
    pub(crate) path: Vec<Segment>,
    pub(crate) is_exact: bool,
    pub(crate) methods: Vec<&'static str>,
    pub(crate) fields: BTreeMap<&'static str, &'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// Empty for the slash at the end of an exact path.
    Literal(&'static str),
    Uint,
    Uuid,
    Any,
    Rest,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A named one.
    Upstream(String, Change),
    /// Backends written in place.
    Backends(Vec<u32>, Change),
    /// The place, and the status.
    Redirect(Template, u32),
    /// The status.
    Respond(u32),
}

/// In the place of a segment's number, the label of the host.
pub(crate) const LABEL: usize = usize::MAX;

/// Texts, and segments by their numbers.
pub(crate) type Template = Vec<Result<&'static str, usize>>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    Keep,
    /// So many literal segments in front.
    Strip(usize),
    Rewrite(Template),
}

/// Kinds of middleware; each has settings of a few sorts.
pub(crate) const MIDDLEWARE: [&str; 5] =
    ["request_id", "access_log", "rate_limit", "auth", "request_headers"];

pub(crate) fn gateway(choices: &mut Choices<'_>) -> Gateway {
    let mut gateway = Gateway {
        has_admin: choices.chance(40),
        has_listeners: choices.chance(40),
        most_body: 1 << choices.between(10, 12),
        middleware: MIDDLEWARE.into_iter().filter(|_| choices.chance(50)).map(|kind| (kind, 0)).collect(),
        upstreams: BTreeMap::new(),
        routes: Vec::new(),
    };
    for number in 0..choices.between(1, 7) {
        let name = format!("r{number}");
        let route = route(choices, &name);
        add(choices, &mut gateway, route);
    }
    gateway
}

/// Puts a route and what it needs into the gateway, unless it ties with another.
pub(crate) fn add(choices: &mut Choices<'_>, gateway: &mut Gateway, mut route: Route) {
    if !gateway.has_listeners {
        route.condition.listeners.clear();
    }
    if gateway.routes.iter().any(|other| other.condition.ties(&route.condition)) {
        return;
    }
    for kind in MIDDLEWARE.into_iter().filter(|_| choices.chance(20)).collect::<Vec<_>>() {
        route.middleware.insert(kind, choices.chance(50).then(|| choices.below(2) as u32));
    }
    if let Target::Upstream(name, _) = &route.target {
        gateway.upstreams.entry(name.clone()).or_insert_with(|| vec![9001, 9002]);
    }
    gateway.routes.push(route);
}

pub(crate) fn route(choices: &mut Choices<'_>, name: &str) -> Route {
    let condition = condition(choices);
    let target = target(choices, &condition);
    let is_forward = matches!(target, Target::Upstream(..) | Target::Backends(..));
    let timeout = (is_forward && choices.chance(30)).then(|| 30_000 * choices.between(2, 4) as u64);
    let keeps_parameters = choices.chance(30);
    let keeps_slashes = choices.chance(30);
    let most_body = choices.chance(20).then(|| choices.chance(70).then(|| 1 << choices.between(10, 12)));
    let (name, middleware) = (name.to_owned(), BTreeMap::new());
    Route { name, condition, target, timeout, keeps_parameters, keeps_slashes, most_body, middleware }
}

pub(crate) fn condition(choices: &mut Choices<'_>) -> Condition {
    const SEGMENTS: [Segment; 7] = [
        Segment::Literal("a"),
        Segment::Literal("a"),
        Segment::Literal("1"),
        Segment::Uint,
        Segment::Uuid,
        Segment::Any,
        Segment::Any,
    ];
    let mut path: Vec<Segment> =
        (0..choices.below(3)).map(|_| SEGMENTS[choices.below(SEGMENTS.len())]).collect();
    let mut is_exact = choices.chance(40);
    if choices.chance(20) {
        path.push(Segment::Rest);
        is_exact = false;
    } else if is_exact && (path.is_empty() || choices.chance(10)) {
        path.push(Segment::Literal(""));
    }
    let fields = FIELDS.into_iter().filter(|_| choices.chance(12)).collect::<Vec<_>>();
    Condition {
        listeners: listeners(choices),
        hosts: match choices.below(10) {
            0..=2 => vec![known(choices.pick(&HOSTS))],
            3 => choices.some(&HOSTS, 2).into_iter().map(known).collect(),
            _ => Vec::new(),
        },
        path,
        is_exact,
        methods: if choices.chance(30) {
            choices.some(&METHODS, 2).into_iter().map(known).collect()
        } else {
            Vec::new()
        },
        fields: fields.into_iter().map(|field| (field, known(choices.pick(&VALUES)))).collect(),
    }
}

/// One or both, now and then.
pub(crate) fn listeners(choices: &mut Choices<'_>) -> Vec<&'static str> {
    match choices.below(6) {
        0 | 1 => vec![LISTENERS[choices.below(2)].0],
        2 => LISTENERS.map(|(name, _)| name).to_vec(),
        _ => Vec::new(),
    }
}

/// The word itself, which lives for ever.
fn known(word: &str) -> &'static str {
    let words = HOSTS.into_iter().chain(METHODS).chain(VALUES);
    words.into_iter().find(|other| *other == word).unwrap()
}

pub(crate) fn target(choices: &mut Choices<'_>, condition: &Condition) -> Target {
    match choices.below(8) {
        0..=2 => Target::Upstream(choices.pick(&["u", "v"]).to_owned(), change(choices, condition)),
        3 => Target::Backends(vec![9001 + choices.below(2) as u32], change(choices, condition)),
        4 | 5 => {
            Target::Redirect(template(choices, condition, "https://to.test/"), 307 + choices.below(2) as u32)
        }
        _ => Target::Respond(200 + choices.below(2) as u32),
    }
}

fn change(choices: &mut Choices<'_>, condition: &Condition) -> Change {
    let is_literal = |segment: &&Segment| matches!(segment, Segment::Literal(text) if !text.is_empty());
    let literals = condition.path.iter().take_while(is_literal).count();
    match choices.below(5) {
        0 if literals > 0 => Change::Strip(choices.between(1, literals)),
        1 | 2 => Change::Rewrite(template(choices, condition, "/to/")),
        3 => Change::Rewrite(itself(condition)),
        _ => Change::Keep,
    }
}

/// The pattern again: what it forwards differs from the path only by what the pattern does not say.
pub(crate) fn itself(condition: &Condition) -> Template {
    let segments = condition.path.iter().enumerate();
    let template: Template = segments
        .flat_map(|(place, segment)| match segment {
            Segment::Literal(text) => [Ok("/"), Ok(*text)],
            _ => [Ok("/"), Err(place)],
        })
        .collect();
    if template.is_empty() { vec![Ok("/")] } else { template }
}

/// Some of the parameters, in any order.
fn template(choices: &mut Choices<'_>, condition: &Condition, beginning: &'static str) -> Template {
    let is_parameter = |place: &usize| !matches!(condition.path[*place], Segment::Literal(_));
    let mut places: Vec<usize> = (0..condition.path.len()).filter(is_parameter).collect();
    if !condition.hosts.is_empty() && condition.hosts.iter().all(|host| host.starts_with('{')) {
        places.push(LABEL);
    }
    choices.shuffle(&mut places);
    places.truncate(choices.below(places.len() + 2));
    let mut template = vec![Ok(beginning)];
    for place in places {
        template.push(Err(place));
        template.extend(choices.chance(70).then_some(Ok("/")));
    }
    template
}
