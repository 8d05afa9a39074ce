//! How a route's middleware is laid over the top-level one.

use super::Policy;
use crate::ast::Switch;
use crate::language::Section;
use crate::model::{Id, Scope};
use crate::resolve::cx::{At, Cx};
use crate::source::ConfigPath;

/// What the config half of a middleware has to say.
pub(crate) trait Settings: Sized {
    /// The section as written.
    type Section: Clone;

    /// A route's section over the top-level one, field by field.
    fn lay_over(own: Self::Section, base: Self::Section) -> Self::Section;

    /// The section's meaning; `None` if it has none, and then that has been reported.
    fn resolve(cx: &mut Cx<'_>, at: &At, section: &Self::Section) -> Option<Self>;
}

impl<S: Section> Settings for S {
    type Section = S::Written;

    fn lay_over(own: S::Written, base: S::Written) -> S::Written {
        S::over(own, base)
    }

    fn resolve(cx: &mut Cx<'_>, at: &At, section: &S::Written) -> Option<Self> {
        <S as Section>::resolve(cx, at.clone(), Some(section)).ok()
    }
}

/// The top-level section, and the policy it was resolved to.
pub(super) type Inherited<'a, S> = (Option<&'a Switch<<S as Settings>::Section>>, Option<Id<Policy<S>>>);

/// The policy of one kind for the route at `route`, or for the top level.
pub(super) fn entry<S: Settings>(
    cx: &mut Cx<'_>,
    (name, section, scope): (&str, &ConfigPath, Scope),
    inherited: Inherited<'_, S>,
    own: Option<&Switch<S::Section>>,
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
            (S::lay_over(own, base.clone()), Some(ConfigPath::root().key("middleware").key(name)))
        }
        Some(Switch::Off) | None => (own, None),
    };
    let at = At::over(path.clone(), base);
    let settings = S::resolve(cx, &at, &merged)?;
    let id = Id::new(table.len());
    table.push(Policy { origin: cx.origin(&path, scope), settings });
    Some(id)
}
