//! What a text with values of the request makes of one, as far as it is known at build.

use super::{Request, Table};
use crate::field;
use crate::model::{HeaderName, Part, Piece, RequestText, Route, Source};
use castgate_contract::cross_origin::Headers as _;
use castgate_contract::target::{Target, Value};
use castgate_contract::{cookie, host, query, segment};

/// Why there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmade {
    /// The gateway refuses the request: a value is absent, or cannot stand where it would.
    Refused,
    /// Only a running gateway knows.
    Unknown,
}

impl Table<'_> {
    /// The target, with this query behind its own. What is not known at build is `unknown`, if that is given.
    pub(crate) fn made(
        &self,
        route: &Route,
        text: &RequestText,
        request: &Request,
        query: Option<&str>,
        unknown: Option<&str>,
    ) -> Result<String, Unmade> {
        let mut target = Target::new(route.settings.keeps());
        for part in &text.parts {
            let put = match part {
                Part::Late(Piece::Literal(text)) => target.literal(text),
                Part::Late(_) => return Err(Unmade::Unknown),
                Part::Request(source) => {
                    let mut put = Ok(());
                    match self.value(route, source, request, |value| put = target.value(value)) {
                        Ok(()) => put,
                        Err(unmade) => match unknown.filter(|_| unmade == Unmade::Unknown) {
                            Some(unknown) => target.value(Value::Text(unknown.as_bytes())),
                            None => return Err(unmade),
                        },
                    }
                }
            };
            put.map_err(|_| Unmade::Refused)?;
        }
        target.end(query).map_err(|_| Unmade::Refused)
    }

    fn value(
        &self,
        route: &Route,
        source: &Source,
        request: &Request,
        output: impl FnOnce(Value<'_>),
    ) -> Result<(), Unmade> {
        let path = request.path();
        let name = Some(request.host()).filter(|host| !host.is_empty()).ok_or(Unmade::Unknown);
        match source {
            Source::ClientIp => {
                let client = request.client_ip().ok_or(Unmade::Unknown)?;
                output(Value::Text(client.to_string().as_bytes()));
            }
            Source::Scheme => output(Value::Text(self.asked(request).scheme.as_str().as_bytes())),
            Source::Host => output(Value::Text(name?.as_bytes())),
            Source::Port => {
                let port = request.port().unwrap_or(self.asked(request).scheme.default_port());
                output(Value::Text(port.to_string().as_bytes()));
            }
            Source::Method => output(Value::Text(request.method().as_bytes())),
            Source::Path => output(Value::Path(path)),
            Source::Id => return Err(Unmade::Unknown),
            Source::Query(name) => {
                let value = query::first(request.query().unwrap_or_default(), name).ok_or(Unmade::Refused)?;
                output(Value::Form(value));
            }
            Source::Cookie(name) => {
                let value = request.lines("cookie").find_map(|line| cookie::first(line, name));
                output(Value::Text(value.ok_or(Unmade::Refused)?));
            }
            Source::Header(name) => {
                if self.is_changed(route, name) {
                    return Err(Unmade::Unknown);
                }
                let mut lines = request.headers().iter().filter(|(known, _)| known == name.as_str());
                let (_, value) = lines.next().ok_or(Unmade::Refused)?;
                output(Value::Text(value.as_bytes()));
            }
            Source::Segment { number, .. } => {
                output(Value::Segments(&path[segment::nth(path, usize::from(*number))]));
            }
            Source::Rest { number, .. } => {
                output(Value::Segments(&path[segment::nth(path, usize::from(*number)).start..]));
            }
            Source::Label { .. } => {
                let mut buffer = [0; host::MAX_LABEL];
                let label = host::label(name?.as_bytes(), &mut buffer).ok_or(Unmade::Refused)?;
                output(Value::Text(label.as_bytes()));
            }
        }
        Ok(())
    }

    /// Whether the gateway may have another value of this field than the client has sent.
    fn is_changed(&self, route: &Route, name: &HeaderName) -> bool {
        let mut layers = route.middleware.layers(&self.model().policies);
        field::is_of_the_way(name) || layers.any(|layer| layer.settings.changes(name))
    }
}

/// The text for this path and this host. Other values stand there as they are written, so that two texts are the same for all
/// requests exactly if they are here.
pub(super) fn sketched(text: &RequestText, path: &str, host: &str) -> String {
    let mut made = String::new();
    let mut buffer = [0; host::MAX_LABEL];
    for part in &text.parts {
        match part {
            Part::Late(Piece::Literal(text)) => made.push_str(text),
            Part::Late(_) => {}
            Part::Request(source) => match source {
                Source::Path => made.push_str(path),
                Source::Host if !host.is_empty() => made.push_str(host),
                Source::Segment { number, .. } => {
                    made.push_str(&path[segment::nth(path, usize::from(*number))])
                }
                Source::Rest { number, .. } => {
                    made.push_str(&path[segment::nth(path, usize::from(*number)).start..]);
                }
                Source::Label { .. } => {
                    made.push_str(host::label(host.as_bytes(), &mut buffer).unwrap_or_default());
                }
                other => made.extend(["{", &other.to_string(), "}"]),
            },
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{HostPattern, MatchKind, PathPattern};
    use crate::resolve::value::{Captures, Place, parse_template};
    use proptest::prelude::*;

    proptest! {
        /// What a backend gets is in the one form that was matched and authorised.
        #[test]
        fn a_template_makes_canonical_paths_of_canonical_paths(
            template in "(/|//|[.;a%25]|%2E|%3b|%3B|%zz|\\{id\\}|\\{t\\}|\\{\\*rest\\}|\\{request.path\\}){1,6}",
            label in "[-_a-e0-9]{1,4}",
            id in "([.;a%25E]|%3B){1,4}",
            rest in "([./;a%25]|%3B){1,6}",
        ) {
            let pattern = PathPattern::parse("/{id}/{*rest}", MatchKind::Prefix).unwrap();
            let hosts = std::iter::once(HostPattern::parse("{t}.example.com").unwrap()).collect();
            let captures = Captures::Route(pattern, hosts);
            let Ok(text) = parse_template(&format!("/{template}"), Place::Path, &captures) else { return Ok(()) };
            // Only canonical paths that the pattern matches come here.
            let path = format!("/{id}/{rest}");
            let canonical = Request::new("GET", "", &path, None, Vec::new()).map(|request| request.path().to_owned());
            prop_assume!(canonical.as_deref() == Ok(path.as_str()));
            let made = sketched(&text, &path, &format!("{label}.example.com"));
            let again = Request::new("GET", "", &made, None, Vec::new()).map(|request| request.path().to_owned());
            prop_assert_eq!(again.as_deref(), Ok(made.as_str()), "of {}", path);
        }
    }
}
