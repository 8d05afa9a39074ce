//! How a route's middleware is laid over the top-level one.

use super::Policy;
use crate::ast::Switch;
use crate::language::Section;
use crate::model::{Id, Scope};
use crate::resolve::cx::{At, Cx};
use crate::source::ConfigPath;

/// The top-level section, and the policy it was resolved to.
pub(super) type Inherited<'a, S> = (Option<&'a Switch<<S as Section>::Written>>, Option<Id<Policy<S>>>);

/// The policy of one kind for the route at `route`, or for the top level.
pub(super) fn entry<S: Section>(
    cx: &mut Cx<'_>,
    (name, section, scope): (&str, &ConfigPath, Scope),
    inherited: Inherited<'_, S>,
    own: Option<&Switch<S::Written>>,
    table: &mut Vec<Policy<S>>,
) -> Option<Id<Policy<S>>> {
    let own = match own {
        None => return inherited.1,
        Some(Switch::Off) => return None,
        Some(Switch::On(own)) => own.clone(),
    };
    let path = section.key("middleware").key(name);
    let (merged, base) = match inherited.0 {
        Some(Switch::On(base)) => {
            (S::over(own, base.clone()), Some(ConfigPath::root().key("middleware").key(name)))
        }
        Some(Switch::Off) | None => (own, None),
    };
    let at = At::over(path.clone(), base);
    let settings = S::resolve(cx, at, Some(&merged)).ok()?;
    let id = Id::new(table.len());
    table.push(Policy { origin: cx.origin(&path, scope), settings });
    Some(id)
}
