//! `server` and `admin`, written out.

use crate::language::Section;
use crate::model::{Admin, Listen, Server, Workers};
use crate::show;
use crate::yaml::Tree;

pub(super) fn server(server: &Server) -> Tree {
    let Server { listen: addresses, workers, log_level, trusted_proxies, limits, timeouts, drain } = server;
    let workers = match workers {
        Workers::Auto => Tree::plain("auto"),
        Workers::Count(count) => Tree::plain(count),
    };
    let networks = trusted_proxies.iter().map(|cidr| Tree::text(format!("{}/{}", cidr.address, cidr.prefix)));
    Tree::map([
        ("listen", listen(addresses)),
        ("workers", workers),
        ("log_level", Tree::Text(show::late(&log_level.level))),
        ("trusted_proxies", Tree::Set(networks.collect())),
        ("limits", limits.tree()),
        ("timeouts", timeouts.tree()),
        ("drain", drain.tree()),
    ])
}

pub(super) fn admin(admin: &Admin) -> Tree {
    Tree::map([("listen", listen(&admin.listen))])
}

fn listen(addresses: &[Listen]) -> Tree {
    Tree::Set(addresses.iter().map(|listen| Tree::Text(show::late(&listen.address))).collect())
}
