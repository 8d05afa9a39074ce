//! The compiler on one screen: source -> ast -> model -> plan -> Rust.

use crate::check;
use crate::diagnostic::{Diagnostics, Failed, Reporter};
use crate::emit;
use crate::lint::Levels;
use crate::lower;
use crate::mends;
use crate::model::Model;
use crate::parse;
use crate::plan::Plan;
use crate::resolve;
use crate::source::Source;

/// A config that is right, and what it was cast into.
#[derive(Debug, Clone)]
pub struct Cast {
    /// What the config means.
    pub model: Model,
    /// What will exist.
    pub plan: Plan,
    /// The generated file.
    pub rust: String,
}

/// Compiles a config. If that fails, every problem of it is in the sink. The source grows by the files it includes.
pub fn compile(source: &mut Source, sink: &mut Diagnostics) -> Result<Cast, Failed> {
    let model = analyse(source, sink)?; // below this line nothing can fail
    let plan = lower::lower(&model);
    let rust = emit::emit(&plan);
    Ok(Cast { model, plan, rust })
}

/// Finds out what a config means, and all that is wrong with it: everything but the Rust, in a tenth of the time.
pub fn analyse(source: &mut Source, sink: &mut Diagnostics) -> Result<Model, Failed> {
    let model = analyse_unproven(source, sink);
    mends::prove(source, sink); // edits that do not mend are not offered
    model
}

/// The same; but the edits have not been tried.
pub(crate) fn analyse_unproven(source: &mut Source, sink: &mut Diagnostics) -> Result<Model, Failed> {
    sink.propagate()?; // the source could be read
    let ast = parse::parse(source, sink)?; // syntax, unknown keys, types
    let sink = &mut Reporter { problems: sink, source, levels: &mut Levels::default() };
    let model = resolve::resolve(&ast, sink); // names, units, defaults
    check::check(&model, sink); // rules across the whole file
    sink.problems.propagate()?;
    Ok(model)
}
