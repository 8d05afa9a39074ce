//! Links that are made with values of the request: in a document, and in a field that browsers follow. Whoever chooses how
//! one begins chooses where it leads.

use super::Cx;
use crate::codes;
use crate::model::{Part, Piece, RequestText, Source};
use crate::source::ConfigPath;

/// Whether nothing that follows this text changes the scheme of a link, or where it leads.
pub(super) fn has_begun(text: &str, source: &Source) -> bool {
    let text = text.trim_start();
    let ends_authority = |text: &str| text.contains(['/', '?', '#']);
    if let Some((scheme, rest)) = text.split_once(':').filter(|(scheme, _)| !ends_authority(scheme)) {
        return match (scheme, rest.strip_prefix("//")) {
            ("mailto" | "tel", _) => true,
            // The host is the client's own name for the gateway; nobody else chooses it.
            ("http" | "https", Some("")) => *source == Source::Host,
            ("http" | "https", Some(rest)) => ends_authority(rest),
            _ => false,
        };
    }
    let rest = text.trim_start_matches(['/', '\\']);
    match text.len() - rest.len() {
        // A second slash would make it another host.
        1 => !rest.is_empty(),
        _ => ends_authority(rest),
    }
}

/// The link as far as it is written, of what `Refresh` and `<meta http-equiv=refresh>` hold: `5; url=/next`.
pub(super) fn of_refresh(text: &str) -> Option<&str> {
    let at = text.to_ascii_lowercase().rfind("url=")?;
    Some(text[at + "url=".len()..].trim_start_matches(['\'', '"']))
}

/// Reports each value that decides where a field of a response leads, or which pages may read that.
pub(crate) fn check_field(cx: &mut Cx<'_>, at: &ConfigPath, value: &RequestText) {
    let name = at.last().trim_matches('"').to_ascii_lowercase();
    let mut written = String::new();
    for part in &value.parts {
        let source = match part {
            Part::Late(Piece::Literal(text)) => {
                written.push_str(text);
                continue;
            }
            // Known to who writes the config: most likely a place without a path.
            Part::Late(_) => {
                written.push_str("https://v");
                continue;
            }
            Part::Request(source) => source,
        };
        let is_fine = !source.is_chosen()
            || match name.as_str() {
                "location" | "content-location" => leads_here(&written, source),
                "refresh" => of_refresh(&written).is_some_and(|link| leads_here(link, source)),
                "access-control-allow-origin" => false,
                _ => return,
            };
        written.push('v');
        if is_fine {
            continue;
        }
        let (what, label, help) = match name.as_str() {
            "access-control-allow-origin" => (
                "is whatever a page says",
                "pages of every origin could read the answer",
                "a policy for pages of other origins names them, and answers each for itself",
            ),
            _ => (
                "stands where a link begins",
                "whoever chooses the value chooses where it leads",
                "write how it begins, `/path?of={query.NAME}`; or let a `redirect` say where it leads: it keeps each value in its part of the URL",
            ),
        };
        cx.sink.error_at(&codes::BAD_VALUE, at, format!("`{{{source}}}` {what}"), label).help(help);
    }
}

/// Whether the value leaves the place of a link as it is written.
fn leads_here(written: &str, source: &Source) -> bool {
    match source {
        // It begins with one slash.
        Source::Path => !written.ends_with(['/', '\\', ':']),
        _ => has_begun(written, source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_has_a_link_behind_its_time() {
        for (text, link) in [
            ("5", None),
            ("5; url=", Some("")),
            ("0;URL='/a", Some("/a")),
            ("0; url=/in?url=", Some("")),
            ("5; url=https://a.com/", Some("https://a.com/")),
        ] {
            assert_eq!(of_refresh(text), link, "{text}");
        }
    }

    #[test]
    fn a_path_is_one_slash_and_what_is_behind_it() {
        for (written, is_here) in [
            ("", true),
            ("https://a.com", true),
            ("https:", false),
            ("/", false),
            ("\\", false),
            ("https://", false),
        ] {
            assert_eq!(leads_here(written, &Source::Path), is_here, "{written}");
        }
    }
}
