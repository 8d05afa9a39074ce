//! Listeners, limits and timeouts, as the runtime has them.

use crate::language::Facade;
use crate::model::{Admin, Model};
use crate::plan::{Name, Settings};

/// The settings, with these policies.
pub(super) fn settings(model: &Model, policies: Vec<Name>) -> Settings {
    let nowhere = Admin { listen: Vec::new() };
    let mut server = model.server.fields();
    server.extend(model.admin.as_ref().unwrap_or(&nowhere).fields());
    Settings { server, policies }
}
