//! Paths of files that are read at start.

use super::{ConfigPath, Constant, Cx, Kind, LateText, Shape, Tree, Value};
use crate::codes;
use crate::diagnostic::quoted;
use crate::model::{Late, Placed};
use crate::plan::Piece;

/// The path of a file; may come at start, but not out of another file.
pub(crate) struct PathAtStart;

impl Kind<Placed> for PathAtStart {
    type Written = String;

    fn read(&self, cx: &mut Cx<'_>, at: &ConfigPath, written: &String) -> Option<Placed> {
        let path = cx.late(at, written)?;
        let mut refuse = |title: String, label: &str, help: &str| {
            cx.sink.error_at(&codes::BAD_FILE_PATH, at, title, label).help(help);
            None
        };
        if let Some(Piece::File(file)) = path.pieces.iter().find(|piece| matches!(piece, Piece::File(_))) {
            let title = format!("{} is what is in a file, and no path", quoted(written));
            return refuse(title, "the file itself is read here", &format!("write the path: `{file}`"));
        }
        if is_text_of_a_file(&path) {
            let title = "this is what is in a file, and no path".to_owned();
            return refuse(
                title,
                "a key or a certificate itself",
                "put it into a file, and write the path of that",
            );
        }
        if path.by_default().is_some_and(|path| path.is_empty() || path.chars().any(char::is_control)) {
            let title = format!("{} is no path of a file", quoted(written));
            return refuse(title, "nothing can be read there", "for example `/run/tls/tls.crt`");
        }
        Some(cx.placed(at, path))
    }
    fn tree(&self, value: &Placed) -> Tree {
        LateText.tree(&value.value)
    }
    fn shape(&self) -> Shape {
        LateText.shape()
    }
    fn codes(&self) -> Vec<&'static codes::Code> {
        vec![&codes::BAD_FILE_PATH, &codes::BAD_LATE_VALUE]
    }
}

/// Whether somebody has written PEM where its file is meant.
fn is_text_of_a_file(path: &Late) -> bool {
    path.pieces.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains("-----BEGIN")))
}

impl Constant<Placed> for PathAtStart {
    fn value(&self, value: &Placed) -> Value {
        value.constant("FilePath", "path")
    }
}
