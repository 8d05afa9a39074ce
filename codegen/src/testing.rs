//! What several rooms' unit tests begin with.

use crate::compile::Cast;
use crate::{Diagnostics, Source, Style, compile};

/// A config without errors.
pub(crate) fn cast(text: &str) -> Cast {
    let mut sink = Diagnostics::new();
    let mut source = Source::new("gateway.yml", text);
    let cast = compile(&mut source, &mut sink);
    cast.unwrap_or_else(|_| panic!("{}\n{text}", sink.render(&source, Style::Plain)))
}
