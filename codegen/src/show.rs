//! Values of the model as they are written in a config.

use crate::language::Section;
use crate::language::route::WrittenRedirect;
use crate::model::{Late, Leads, Methods, Part, Piece, Rate, Ratio, RequestText, Route, Target, Upstream};
use crate::normal;
use crate::resolve::value::{self, Braces};
use std::time::Duration;

/// `250ms`, `5s`, `2h`: in the largest unit in which it is whole.
pub fn duration(duration: Duration) -> String {
    let (millis, below) = (duration.as_millis(), duration.subsec_nanos() % 1_000_000);
    if below > 0 {
        return format!("{}ms", format!("{millis}.{below:06}").trim_end_matches('0'));
    }
    let units = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
    // Nobody thinks of 24h as a day, or of 60s as a minute; a whole number of at least two is plain.
    let unit = units.iter().find(|(_, size)| millis >= 2 * size && millis.is_multiple_of(*size));
    match unit {
        Some((unit, size)) => format!("{}{unit}", millis / size),
        None if millis == 0 => "0s".to_owned(),
        None if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        None => format!("{millis}ms"),
    }
}

/// `10MiB`, `8KB`, `512B`.
pub fn size(bytes: u64) -> String {
    let units = [
        ("GiB", 1 << 30),
        ("GB", 1_000_000_000),
        ("MiB", 1 << 20),
        ("MB", 1_000_000),
        ("KiB", 1 << 10),
        ("KB", 1000),
    ];
    let unit = units.iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size));
    unit.map_or_else(|| format!("{bytes}B"), |(unit, size)| format!("{}{unit}", bytes / size))
}

/// `100/s`, `5/15m`
pub fn rate(rate: Rate) -> String {
    let span = match rate.per.as_millis() {
        1000 => "s".to_owned(),
        60_000 => "m".to_owned(),
        3_600_000 => "h".to_owned(),
        86_400_000 => "d".to_owned(),
        _ => duration(rate.per),
    };
    format!("{}/{span}", rate.count)
}

/// `20%`, `0.5%`
pub fn ratio(ratio: Ratio) -> String {
    let (whole, hundredths) = (ratio.basis_points / 100, ratio.basis_points % 100);
    let text = format!("{whole}.{hundredths:02}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Text that is known at build, where late values may stand.
pub fn literal(text: &str) -> String {
    text.replace("${", "$${")
}

/// With its `${env:..}` and `${file:..}`, never with what they stand for.
pub fn late(late: &Late) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(literal) => self::literal(literal),
        Piece::Env { name, default: None } => format!("${{env:{name}}}"),
        Piece::Env { name, default: Some(default) } => format!("${{env:{name}:-{default}}}"),
        Piece::File(path) => format!("${{file:{path}}}"),
    };
    late.pieces.iter().map(piece).collect()
}

/// With its `{client.ip}`, and braces of the text itself as they are written there.
pub(crate) fn of_request(text: &RequestText, braces: Braces) -> String {
    let part = |part: &Part| match part {
        Part::Late(Piece::Literal(literal)) => value::literal(literal, braces),
        Part::Late(piece) => late(&Late { pieces: vec![piece.clone()] }),
        Part::Request(source) => format!("{{{source}}}"),
    };
    text.parts.iter().map(part).collect()
}

/// `GET,POST`, or `*`.
pub fn methods(methods: Methods) -> String {
    let named: Vec<&str> = methods.named().collect();
    if methods.is_all() { "*".to_owned() } else { named.join(",") }
}

/// What a route asks of header fields and query parameters, and the listeners that it names: ` +x-canary=1 ?v=2 @public`; may be empty.
pub fn fields(route: &Route) -> String {
    let headers = route.headers.iter().map(|header| format!(" +{}={}", header.name, header.value));
    let query = route.query.iter().map(|wanted| format!(" ?{}={}", wanted.name, wanted.value));
    headers.chain(query).chain(route.listeners.names().map(|name| format!(" @{name}"))).collect()
}

/// `1 route`, `2 routes`
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `2 backends`, `2 backends, 17 addresses at most`
pub fn backends(upstream: &Upstream) -> String {
    let backends = count(upstream.backends.len(), "backend");
    match upstream.settings.resolve {
        Some(_) => format!("{backends}, {} addresses at most", upstream.most_backends()),
        None => backends,
    }
}

/// On which listeners a route is reached, said of one on which it is not.
pub(crate) fn reached(route: &Route) -> String {
    if route.listeners.is_all() {
        "is not reached where every request is redirected".to_owned()
    } else {
        format!("is reached on {} only", route.listeners)
    }
}

/// `/v2/{id}/{*rest}`
pub fn template(text: &RequestText) -> String {
    let part = |part: &Part| match part {
        Part::Late(Piece::Literal(literal)) => literal.clone(),
        Part::Late(piece) => late(&Late { pieces: vec![piece.clone()] }),
        Part::Request(source) => format!("{{{source}}}"),
    };
    text.parts.iter().map(part).collect()
}

/// The upstream's name, `308 /new/{id}`, `308 {scheme: https}`, or `respond 200`.
pub fn target(model: &crate::model::Model, route: &Route) -> String {
    match &route.target {
        Target::Forward(forward) => {
            model.upstream(forward.upstream).map_or_else(String::new, |upstream| upstream.name.clone())
        }
        Target::Redirect(redirect) => match &redirect.leads {
            Leads::To(to) => format!("{} {}", redirect.status, template(to)),
            Leads::Parts(_) => {
                let mut parts = normal::redirect(redirect).keys();
                parts.retain(|(key, _)| *key != WrittenRedirect::status);
                let parts: Vec<String> =
                    parts.iter().map(|(key, value)| format!("{key}: {}", value.one_line())).collect();
                format!("{} {{{}}}", redirect.status, parts.join(", "))
            }
        },
        Target::Respond(respond) => format!("respond {}", respond.status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_as_people_write_them() {
        let shown = |millis| duration(Duration::from_millis(millis));
        assert_eq!(
            [0, 250, 5000, 60_000, 90_000, 120_000, 86_400_000].map(shown),
            ["0s", "250ms", "5s", "60s", "90s", "2m", "24h"]
        );
        assert_eq!(duration(Duration::from_nanos(1_000_500_020)), "1000.50002ms");
        assert_eq!([0, 512, 8000, 32 << 10, 10 << 20].map(size), ["0B", "512B", "8KB", "32KiB", "10MiB"]);
        assert_eq!(
            [2000, 50, 1, 10_000].map(|basis_points| ratio(Ratio { basis_points })),
            ["20%", "0.5%", "0.01%", "100%"]
        );
    }
}
