//! `server` and `admin`, written out.

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
    let duration = |duration| Tree::Plain(show::duration(duration));
    let size = |bytes| Tree::Plain(show::size(bytes));
    Tree::map([
        ("listen", listen(addresses)),
        ("workers", workers),
        ("log_level", Tree::Text(show::late(&log_level.level))),
        ("trusted_proxies", Tree::Set(networks.collect())),
        (
            "limits",
            Tree::map([
                ("header_bytes", size(limits.header_bytes)),
                ("headers", Tree::plain(limits.headers)),
                ("uri", size(limits.uri)),
                ("body", size(limits.body)),
                ("connections", Tree::plain(limits.connections)),
            ]),
        ),
        (
            "timeouts",
            Tree::map([
                ("header_read", duration(timeouts.header_read)),
                ("body", duration(timeouts.body)),
                ("write", duration(timeouts.write)),
                ("idle", duration(timeouts.idle)),
                ("request", duration(timeouts.request)),
            ]),
        ),
        ("drain", Tree::map([("delay", duration(drain.delay)), ("grace", duration(drain.grace))])),
    ])
}

pub(super) fn admin(admin: &Admin) -> Tree {
    Tree::map([("listen", listen(&admin.listen))])
}

fn listen(addresses: &[Listen]) -> Tree {
    Tree::Set(addresses.iter().map(|listen| Tree::Text(show::late(&listen.address))).collect())
}
