//! What stands behind the name of a middleware, and how a route's is laid over the top-level one.

use super::Policy;
use crate::ast::{Switch, Switched};
use crate::codes::Code;
use crate::language::{Section, Shape};
use crate::model::{Id, Scope};
use crate::resolve::cx::{At, Cx};
use crate::source::ConfigPath;
use crate::yaml::Tree;

/// What stands behind the name of a middleware: a section, or what is made of several.
pub(crate) trait Configured: Sized {
    /// What serde reads.
    type Written: Clone + Switched;

    /// What may be written.
    fn shape() -> Shape;

    /// What can be wrong with it as a whole, beside what follows from its shape.
    fn codes() -> Vec<&'static Code> {
        Vec::new()
    }

    /// What is written at one place, laid over what the top level has. What is wrong has been reported.
    fn laid_over(
        cx: &mut Cx<'_>,
        own: Placed<'_, Self::Written>,
        base: Option<Placed<'_, Self::Written>>,
    ) -> Option<Self>;

    /// With every default.
    fn tree(&self) -> Tree;
}

/// What was written, and where.
pub(crate) type Placed<'a, W> = (&'a W, &'a ConfigPath);

impl<S: Section<Written: Switched>> Configured for S {
    type Written = S::Written;

    fn shape() -> Shape {
        Shape::Section(S::META)
    }

    fn laid_over(
        cx: &mut Cx<'_>,
        (own, at): Placed<'_, S::Written>,
        base: Option<Placed<'_, S::Written>>,
    ) -> Option<S> {
        let merged = match base {
            Some((base, _)) => S::over(own.clone(), base.clone()),
            None => own.clone(),
        };
        let at = At::over(at.clone(), base.map(|(_, base)| base.clone()));
        S::resolve(cx, at, Some(&merged)).ok()
    }

    fn tree(&self) -> Tree {
        Section::tree(self)
    }
}

/// What the top level has written, and the policy it was resolved to.
pub(super) type Inherited<'a, S> = (Option<&'a Switch<<S as Configured>::Written>>, Option<Id<Policy<S>>>);

/// The policy of one kind for the route at `route`, or for the top level.
pub(super) fn entry<S: Configured>(
    cx: &mut Cx<'_>,
    (name, section, scope): (&str, &ConfigPath, Scope),
    inherited: Inherited<'_, S>,
    own: Option<&Switch<S::Written>>,
    table: &mut Vec<Policy<S>>,
) -> Option<Id<Policy<S>>> {
    let own = match own {
        None => return inherited.1,
        Some(Switch::Off) => return None,
        Some(Switch::On(own)) => own,
    };
    let path = section.key("middleware").key(name);
    let everywhere = ConfigPath::root().key("middleware").key(name);
    let base = match inherited.0 {
        Some(Switch::On(base)) => Some((base, &everywhere)),
        Some(Switch::Off) | None => None,
    };
    let settings = S::laid_over(cx, (own, &path), base)?;
    let id = Id::new(table.len());
    table.push(Policy { origin: cx.origin(&path, scope), settings });
    Some(id)
}
