//! `cors`: which pages of other origins may read answers, and send requests that a form could not.

use super::{
    Claim, Code, Column, Contradiction, Facts, Family, Held, Lower, Per, Prose, Refusal, Registered, Said,
    Site, State,
};
use crate::codes;
use crate::diagnostic::Reporter;
use crate::field::{Nature, Use};
use crate::language::kind::{FieldName, Flag, ListOf, OneOrList, OriginOf, Seconds, Word};
use crate::language::{section, words};
use crate::lint::Lint;
use crate::model::{HeaderName, Methods, Sharing};
use crate::pattern::OriginPattern;
use crate::plan::Value;
use crate::source::ConfigPath;
#[cfg(feature = "cli")]
use castgate_contract::cross_origin::NEVER_IMPLIED;
use castgate_contract::origin::Subdomains;
use std::collections::BTreeSet;
use std::time::Duration;

words! {
    /// A method that a page may use.
    CorsMethod, "method" {
        /// GET.
        Get = "GET";
        /// HEAD.
        Head = "HEAD";
        /// POST.
        Post = "POST";
        /// PUT.
        Put = "PUT";
        /// DELETE.
        Delete = "DELETE";
        /// OPTIONS.
        Options = "OPTIONS";
        /// PATCH.
        Patch = "PATCH";
        /// Every method.
        Any = "*";
    }
}

/// What a page may send because the gateway says so.
const ASKED_FOR: Use = Use {
    names: &["cookie", "origin"],
    help: &[(Nature::Message, "browsers send it themselves; cookies need `credentials: true`")],
    ..Use::of("cannot be asked for", Nature::OF_THE_HOP)
};

/// What a page may read because the gateway says so.
const EXPOSED: Use = Use {
    names: &["set-cookie"],
    help: &[(Nature::Message, "browsers keep it to themselves")],
    ..Use::of("cannot be exposed", &[Nature::Connection])
};

section! {
    /// `cors: {origins: [https://app.example.com], headers: [content-type], credentials: true}`
    Cors / CorsSection {
        /// Pages of these origins, as browsers write them: one or a list. `"https://*.example.com"` is one or more labels in front,
        /// `"*"` every origin. Required.
        origins: Vec<OriginPattern> = OneOrList<OriginOf>(OriginOf, "no page would be let in"),
        required "for example `origins: [https://app.example.com]`", example "[https://app.example.com, \"https://*.example.com\"]";
        /// Methods of the requests that browsers ask about first, or `"*"`. What a form can send (GET and POST without fields of their
        /// own) no browser asks about.
        methods: Vec<CorsMethod> = ListOf<Word>(Word), default vec![CorsMethod::Get, CorsMethod::Head, CorsMethod::Post], example "[GET, POST, DELETE]";
        /// Header fields that requests may have, besides those that every page may send (`Accept`, `Content-Type` of a form), or `"*"`
        /// for all but `Authorization`.
        headers: Vec<HeaderName> = ListOf<FieldName>(FieldName(ASKED_FOR)), default Vec::new(), said "", example "[content-type, authorization]";
        /// Header fields of answers that pages may read, besides those that they always may (`Content-Type`, `Cache-Control` and a few
        /// more), or `"*"`.
        expose: Vec<HeaderName> = ListOf<FieldName>(FieldName(EXPOSED)), default Vec::new(), said "", example "[x-request-id]";
        /// Whether requests may have cookies, and what else a browser knows of its user.
        credentials: bool = Flag, default false, example "true";
        /// For how long browsers may keep the answer to a preflight, in whole seconds up to 24 hours; Chromium keeps none for longer
        /// than two.
        max_age: Duration = Seconds(86_400, "no browser keeps it for more than 24 hours"), optional "5 s, in browsers", example "10m";
        /// Whether pages of the Internet may reach this gateway in a private network.
        private_network: bool = Flag, default false, example "true";
    }
}

/// What stands for all in a list.
const ANY: &str = "*";

impl Cors {
    fn is_for_all(&self) -> bool {
        self.origins.contains(&OriginPattern::Any)
    }

    fn names(list: &[HeaderName]) -> Vec<&str> {
        let names: BTreeSet<&str> = list.iter().map(HeaderName::as_str).filter(|name| *name != ANY).collect();
        names.into_iter().collect()
    }

    fn has_any(list: &[HeaderName]) -> bool {
        list.iter().any(|name| name.as_str() == ANY)
    }

    fn sharing(&self) -> Sharing {
        let (mut exact, mut below) = (BTreeSet::new(), BTreeSet::new());
        for origin in &self.origins {
            match origin {
                OriginPattern::Any => {}
                OriginPattern::Subdomains { scheme, parent } => {
                    below.insert(Subdomains::new(scheme.clone(), parent.clone()));
                }
                one => {
                    exact.insert(one.to_string());
                }
            }
        }
        let methods = self.methods.iter().map(|method| match method {
            CorsMethod::Any => Methods::ALL,
            named => Methods::of(&named.to_string()),
        });
        Sharing {
            origins: (!self.is_for_all()).then(|| (exact.into_iter().collect(), below.into_iter().collect())),
            methods: methods.fold(Methods::NONE, Methods::union),
            any_field: Self::has_any(&self.headers),
            fields: Self::names(&self.headers).into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Registered for Cors {
    const FACTS: Facts = Facts {
        refusals: &[Refusal { reason: "cors_denied", status: 403 }],
        series: &[Family { name: "gateway_cors_denied_total", per: Per::Route, each: 1, of: "routes" }],
        column: Some(Column { heading: "other origins", without: "not said" }),
        loosened: Some("`cors` lets pages of more origins in, or lets them send or read more"),
        answers_preflights: true,
        reports: &[
            (&codes::IMPOSSIBLE_VALUE, &["origins", "expose"]),
            (&codes::PLAIN_ORIGIN, &["origins"]),
            (&codes::NULL_ORIGIN, &["origins"]),
            (&codes::UNSENDABLE_KEY, &["", "headers"]),
        ],
        prose: Prose { before: include_str!("cors.md"), after: include_str!("cors_after.md") },
        ..Facts::of(
            "Says which pages of other origins may read answers, and answers their preflights.",
            "{origins: [https://app.example.com], headers: [content-type]}",
            Code { layer: "Cors", policy: "CorsPolicy", stem: "CORS_", state: State::None },
        )
    };

    #[cfg(feature = "cli")]
    fn looser(&self, old: &Self) -> Option<String> {
        fn more<T: ToString + PartialEq>(what: &str, old: &[T], new: &[T]) -> Option<String> {
            let more: Vec<String> = new.iter().filter(|one| !old.contains(one)).map(T::to_string).collect();
            (!more.is_empty()).then(|| format!("{what} {}", more.join(", ")))
        }
        let covered = |origin: &&OriginPattern| !old.lets_in(origin);
        let origins: Vec<String> = self.origins.iter().filter(covered).map(ToString::to_string).collect();
        let names = |list: &[HeaderName], old: &[HeaderName], what: &str| match Self::has_any(old) {
            true => more(what, old, &only_named(list)),
            false => more(what, old, list),
        };
        let methods =
            (!old.methods.contains(&CorsMethod::Any)).then(|| more("methods", &old.methods, &self.methods));
        let what = [
            (!origins.is_empty()).then(|| format!("origins {}", origins.join(", "))),
            methods.flatten(),
            names(&self.headers, &old.headers, "headers"),
            names(&self.expose, &old.expose, "expose"),
            (self.credentials && !old.credentials).then(|| "credentials".to_owned()),
            (self.private_network && !old.private_network).then(|| "private_network".to_owned()),
        ];
        let what: Vec<String> = what.into_iter().flatten().collect();
        (!what.is_empty()).then(|| what.join("; "))
    }
}

#[cfg(feature = "cli")]
impl Cors {
    /// Whether all of these origins are let in.
    fn lets_in(&self, pattern: &OriginPattern) -> bool {
        self.origins.iter().any(|known| match (known, pattern) {
            (OriginPattern::Any, _) => true,
            (
                OriginPattern::Subdomains { scheme, parent },
                OriginPattern::Subdomains { scheme: of, parent: below },
            ) => scheme == of && (parent == below || below.ends_with(&format!(".{parent}"))),
            (OriginPattern::Subdomains { .. }, OriginPattern::Exact(text)) => {
                let one = Self { origins: vec![known.clone()], ..self.clone() }.sharing();
                one.rules().origins.find(text.as_bytes()).is_some()
            }
            (known, pattern) => known == pattern,
        })
    }
}

impl Lower for Cors {
    fn policy(&self, _: &Site<'_>) -> Value {
        let Sharing { origins, methods, any_field, fields } = self.sharing();
        let texts = |texts: &[String]| Value::Slice(texts.iter().cloned().map(Value::Text).collect());
        let list = |names: Vec<&str>| (!names.is_empty()).then(|| Value::Text(names.join(", ")));
        let origins = match origins {
            None => Value::Path("Origins::Any"),
            Some((exact, below)) => {
                let one = |of: &Subdomains<String>| {
                    let (scheme, parent) = of.parts();
                    Value::Call(
                        "Subdomains::new",
                        vec![Value::Text(scheme.clone()), Value::Text(parent.clone())],
                    )
                };
                let below = Value::Slice(below.iter().map(one).collect());
                Value::Call("Origins::Of", vec![texts(&exact), below])
            }
        };
        let named = Value::Struct("Fields", vec![("any", Value::Flag(any_field)), ("named", texts(&fields))]);
        let allow = list(Self::names(&self.headers)).filter(|_| !any_field);
        let expose = match Self::has_any(&self.expose) {
            true => Some(Value::Text(ANY.to_owned())),
            false => list(Self::names(&self.expose)),
        };
        let max_age = self.max_age.map(|age| Value::Text(age.as_secs().to_string()));
        let sharing = vec![
            ("origins", origins),
            ("methods", allowed(methods)),
            ("fields", named),
            ("allow_fields", Value::option(allow)),
            ("expose", Value::option(expose)),
            ("credentials", Value::Flag(self.credentials)),
            ("max_age", Value::option(max_age)),
            ("private_network", Value::Flag(self.private_network)),
        ];
        Value::Call("CorsPolicy::new", vec![Value::Struct("Sharing", sharing)])
    }

    fn claims(&self) -> Vec<Claim<'_>> {
        const FIELDS: [&str; 7] = [
            "access-control-allow-credentials",
            "access-control-allow-headers",
            "access-control-allow-methods",
            "access-control-allow-origin",
            "access-control-allow-private-network",
            "access-control-expose-headers",
            "access-control-max-age",
        ];
        let claim = |field| Claim {
            key: None,
            field,
            carries: "policy of `cors`",
            held: Held::Whole,
            said: Said {
                title: "is written by `cors`",
                label: "it writes what each origin is told",
                clash: Some("every origin would be told this, also one that is refused"),
                help: "say it in `cors`, or switch that off: `cors: off`",
            },
        };
        let vary = Claim {
            key: None,
            field: "vary",
            carries: "policy of `cors`",
            held: Held::Line,
            said: Said {
                title: "tells caches that `cors` answers each origin for itself",
                label: "what it says depends on the origin",
                clash: Some("a cache would give one origin what is for another"),
                help: "`add` keeps what is there",
            },
        };
        let depends = Some(vary).filter(|_| !self.is_for_all());
        FIELDS.into_iter().map(claim).chain(depends).collect()
    }

    fn shares(&self) -> Option<Sharing> {
        Some(self.sharing())
    }

    fn contradictions(&self) -> Vec<Contradiction> {
        let mut found = Vec::new();
        let mut add = |is_so: bool, keys, title, label, help| {
            if is_so {
                found.push(Contradiction { keys, title, label, help });
            }
        };
        let credentials = Some(CorsSection::credentials).filter(|_| self.credentials);
        add(
            self.credentials && self.is_for_all(),
            (CorsSection::origins, credentials),
            "every page would act for whoever visits it",
            "browsers refuse `*` with credentials, and to name each origin in its place would let everyone in",
            "name the origins, or leave `credentials` out",
        );
        add(
            self.credentials && self.origins.contains(&OriginPattern::Null),
            (CorsSection::origins, credentials),
            "every page would act for whoever visits it",
            "any page can make a frame whose origin is `null`",
            "serve the page from an origin of its own and name that, or leave `credentials` out",
        );
        add(
            self.credentials && Self::has_any(&self.expose),
            (CorsSection::expose, credentials),
            "no field would be exposed",
            "with credentials browsers take `*` for the name of a field",
            "name the fields",
        );
        add(
            self.is_for_all() && self.origins.len() > 1,
            (CorsSection::origins, None),
            "`*` is every origin",
            "the others say nothing beside it",
            "leave the others out, or leave out the `*`",
        );
        found
    }

    fn lint(&self, at: &ConfigPath, sink: &mut Reporter<'_>) {
        for (index, origin) in self.origins.iter().enumerate() {
            let at = at.key(CorsSection::origins).index(index);
            // What a route has from the top level is told of there; one alone is no list.
            let at = if sink.source.is_written(&at) { at } else { at.parent().unwrap_or(at) };
            if !sink.source.is_written(&at) {
                continue;
            }
            if *origin == OriginPattern::Null && !self.credentials {
                let title = "`null` is an origin that any page can have";
                sink.lint_at(Lint::NULL_ORIGIN, &at, title, "as good as `*`")
                    .help("serve the page from an origin of its own and name that, or write `\"*\"`");
            }
            if self.credentials && origin.is_plain() {
                let title = format!("`{origin}` acts for its users by plain HTTP");
                sink.lint_at(Lint::PLAIN_ORIGIN, &at, title, "whoever is on the way can change this page")
                    .help("write `https://`, or leave `credentials` out");
            }
        }
    }
}

/// What no `*` stands for.
#[cfg(feature = "cli")]
fn only_named(list: &[HeaderName]) -> Vec<HeaderName> {
    list.iter().filter(|name| name.as_str() == NEVER_IMPLIED).cloned().collect()
}

/// `Methods::union(Methods::GET, Methods::POST)`
fn allowed(methods: Methods) -> Value {
    const NAMES: [(Methods, &str); 7] = [
        (Methods::GET, "Methods::GET"),
        (Methods::HEAD, "Methods::HEAD"),
        (Methods::POST, "Methods::POST"),
        (Methods::PUT, "Methods::PUT"),
        (Methods::DELETE, "Methods::DELETE"),
        (Methods::OPTIONS, "Methods::OPTIONS"),
        (Methods::PATCH, "Methods::PATCH"),
    ];
    if methods.is_all() {
        return Value::Path("Methods::ALL");
    }
    let names =
        NAMES.into_iter().filter(|(one, _)| methods.intersects(*one)).map(|(_, name)| Value::Path(name));
    let all = names.reduce(|all, next| Value::Call("Methods::union", vec![all, next]));
    all.unwrap_or(Value::Path("Methods::NONE"))
}
