//! A route that can never match is an error.
//!
//! No single route can take all requests of another one: to go first it must be more specific somewhere (in its
//! path, by methods where the other has none, by more headers or parameters), and there it leaves requests over;
//! where it is equal everywhere, the two are ambiguous. The nearest case is a prefix `/a/{x}` over `/a/{*rest}`,
//! and there `/a//b` is left. So what remains is that several routes together take all: that proof over unions
//! has its place here.

use crate::diagnostic::Diagnostics;
use crate::model::Route;

/// Nothing can be proved of single routes; see above.
pub(super) fn check(_by_precedence: &[&Route], _sink: &mut Diagnostics) {}
