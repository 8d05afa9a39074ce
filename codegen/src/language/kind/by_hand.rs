//! Values which a step of their own reads.

use super::{ConfigPath, Cx, Kind, Shape, Tree};
use std::marker::PhantomData;

/// Read by a step of its own; here is what may be written.
pub(crate) struct AsWritten(pub(crate) fn() -> Shape);

/// What the settings have of such a value: nothing but the type of what was written.
pub(crate) type ByHand<W> = PhantomData<W>;

impl<W> Kind<ByHand<W>> for AsWritten {
    type Written = W;

    fn read(&self, _: &mut Cx<'_>, _: &ConfigPath, _: &W) -> Option<ByHand<W>> {
        Some(PhantomData)
    }
    fn tree(&self, _: &ByHand<W>) -> Tree {
        Tree::Remark("written out by a step of its own".to_owned())
    }
    fn shape(&self) -> Shape {
        (self.0)()
    }
}
