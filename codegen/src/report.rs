//! What a config costs at most, for people, and who may do what.

mod matrix;

pub use matrix::{Matrix, matrix};

use crate::budget::budget;
use crate::lower::lower;
use crate::model::Model;
use crate::show;

/// The bounds of the gateway, one line each; the build has the same on one line.
pub fn text(model: &Model) -> String {
    let budget = budget(model, &lower(model));
    let list = |names: &[&str]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let ejection = match budget.longest_ejection {
        _ if budget.upstreams == 0 => "nothing to eject".to_owned(),
        Some(longest) => format!("within {} at most", show::duration(longest)),
        None => "never: an upstream is not probed".to_owned(),
    };
    let mut rows = vec![
        ("listeners", listeners(model)),
        ("routes", budget.routes.to_string()),
        ("upstreams", format!("{} ({})", budget.upstreams, show::count(budget.backends, "backend"))),
        ("stacks", budget.stacks.to_string()),
        ("linked", list(&budget.linked)),
        ("not linked", list(&budget.not_linked)),
    ];
    if budget.slots > 0 {
        rows.insert(2, ("addresses", format!("{} at most, of names with `resolve`", budget.slots)));
    }
    rows.extend(budget.memory.iter().map(|memory| (memory.name, format!("{} KiB", memory.kib()))));
    rows.extend([
        ("dead backends", format!("out {ejection}")),
        ("kept open", format!("{} idle connections to backends at most, in each worker", budget.kept)),
        ("metric series", format!("{} at most", budget.total_series())),
    ]);
    rows.extend(budget.series.iter().map(|family| ("", format!("{:>8} {}", family.most, family.name))));
    rows.into_iter().fold(String::new(), |text, (name, value)| format!("{text}{name:<14} {value}\n"))
}

/// How many there are, and how many of them have routes of their own.
fn listeners(model: &Model) -> String {
    let (count, tables) = (model.listeners.len(), model.sites().len());
    if tables == 1 { count.to_string() } else { format!("{count} ({})", show::count(tables, "route table")) }
}
