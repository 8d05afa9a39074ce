//! Files whose bytes are a part of the binary.

use super::{ConfigPath, Cx, Kind, Tree};
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::Attached;

/// A file of at most so many KiB, beside the config file that names it.
pub(crate) struct FileOf(pub(crate) usize);

impl Kind<Attached> for FileOf {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Attached> {
        let Self(most) = self;
        if !cx.is_literal(at, written) {
            return None;
        }
        let mut refuse = |title: String, label: String, help: &str| {
            let problem = cx.sink.error_at(&codes::ATTACHED_FILE, at, title, label);
            if !help.is_empty() {
                problem.help(help);
            }
            None
        };
        let code = "a path is a name beside this file, as `web/404.html`";
        if written.is_empty() || written.chars().any(char::is_control) {
            return refuse(format!("{} is no path of a file", quoted(written)), String::new(), code);
        }
        let Some(disk) = &cx.source.disk else {
            return refuse(
                "this config is not from a disk".to_owned(),
                "no file lies beside it".to_owned(),
                "",
            );
        };
        let from = cx.source.file_line(at).file;
        let (path, bytes) = disk.attached(&from, written, most * 1024);
        match bytes {
            Ok(bytes) if bytes.len() > most * 1024 => refuse(
                format!("{path} has more than {most} KiB"),
                "its bytes become a part of the binary".to_owned(),
                "let the page name what is large, such as pictures, by their URLs",
            ),
            Ok(bytes) => Some(Attached { path, bytes }),
            Err(error) => refuse(
                format!("cannot read {path}: {error}"),
                "the build needs this file".to_owned(),
                "a relative path starts at the directory of the config file that names it",
            ),
        }
    }
    fn tree(&self, value: &Attached) -> Tree {
        Tree::text(&value.path)
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::ATTACHED_FILE, &codes::LATE_VALUE_HERE]
    }
}
