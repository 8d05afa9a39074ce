//! What is known of a client that has come by TLS, as plain data: whoever reads it knows nothing of TLS.

#![cfg_attr(not(feature = "tls"), allow(dead_code, reason = "nobody has come by it"))]

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// The names that certificates are good for.
pub(crate) trait Names: fmt::Debug + Send + Sync {
    /// Whether one of them is good for this host, a name or an address without a port.
    fn cover(&self, host: &str) -> bool;
}

/// Of one connection.
#[derive(Debug)]
pub(crate) struct TlsFacts {
    /// `TLSv1.3`, as everybody writes it.
    pub(crate) version: &'static str,
    /// The name that was asked for.
    pub(crate) server_name: Option<Box<str>>,
    /// Whose certificate the client has shown, as RFC 4514 writes it.
    pub(crate) subject: Option<Box<str>>,
    names: Arc<dyn Names>,
    /// The host that was looked up last, and is covered: mostly all requests of a connection are for one.
    covered: RefCell<Box<str>>,
}

impl TlsFacts {
    pub(crate) fn new(
        version: &'static str,
        server_name: Option<Box<str>>,
        subject: Option<Box<str>>,
        names: Arc<dyn Names>,
    ) -> Self {
        Self { version, server_name, subject, names, covered: RefCell::default() }
    }

    /// Whether the listener has a certificate for this host.
    pub(crate) fn cover(&self, host: &str) -> bool {
        if !host.is_empty() && **self.covered.borrow() == *host {
            return true;
        }
        let is_covered = self.names.cover(host);
        if is_covered {
            self.covered.replace(host.into());
        }
        is_covered
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Debug, Default)]
    struct Counted(AtomicU32);

    impl Names for Counted {
        fn cover(&self, host: &str) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            host.ends_with(".test")
        }
    }

    #[test]
    fn a_host_that_is_asked_for_again_is_looked_up_once_and_one_that_is_not_covered_each_time() {
        let names = Arc::new(Counted::default());
        let facts = TlsFacts::new("TLSv1.3", None, None, names.clone());
        let asked = ["a.test", "a.test", "b.test", "elsewhere", "elsewhere", "", "b.test"];
        assert_eq!(asked.map(|host| facts.cover(host)), [true, true, true, false, false, false, true]);
        assert_eq!(names.0.load(Ordering::Relaxed), 5);
    }
}
