//! Late values and lines: the small forms that model and plan write alike.

use crate::{model, plan};

/// The same pieces.
pub(crate) fn late(late: &model::Late) -> plan::Late {
    plan::Late(late.pieces.iter().map(piece).collect())
}

/// Text that is known at build.
pub(crate) fn literal(text: &str) -> plan::Late {
    plan::Late(if text.is_empty() { Vec::new() } else { vec![plan::Piece::Literal(text.to_owned())] })
}

/// All of them, with commas in between.
pub(crate) fn comma_separated(values: &[model::Late]) -> plan::Late {
    let mut pieces = Vec::new();
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            pieces.push(plan::Piece::Literal(",".to_owned()));
        }
        pieces.extend(value.pieces.iter().map(piece));
    }
    plan::Late(pieces)
}

fn piece(piece: &model::Piece) -> plan::Piece {
    match piece {
        model::Piece::Literal(text) => plan::Piece::Literal(text.clone()),
        model::Piece::Env { name, default } => plan::Piece::Env(name.clone(), default.clone()),
        model::Piece::File(path) => plan::Piece::File(path.clone()),
    }
}
