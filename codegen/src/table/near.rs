//! Routes around a request: what tools show besides the answer.

use super::{Request, Table};
use crate::model::{Model, Route};

impl<'m> Table<'m> {
    /// The routes whose host and path match, best first, whatever else they ask for.
    pub fn near(&self, request: &Request) -> Vec<&'m Route> {
        let mut near = Vec::new();
        self.search(request, &mut |_, route| {
            near.push(route);
            false
        });
        near
    }
}

/// All routes, in the order in which they take a request.
pub fn by_precedence(model: &Model) -> Vec<&Route> {
    let mut routes: Vec<&Route> = model.routes.iter().collect();
    routes.sort_by(|a, b| a.precedence(b));
    routes
}
