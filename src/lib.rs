//! castgate: an HTTP gateway that is cast from its config.
//!
//! This crate is the runtime. The compiler (`castgate-codegen`) turns `gateway.yml` into tables and stack types that
//! use [`codegen`]; a gateway's `main.rs` is [`include_gateway!`] and a call of [`main`].
//!
//! # The life of a request
//!
//! A worker accepts the connection and reads the head (`downstream`, `http1`). The gate checks it, makes the path canonical
//! and finds the route ([`mod@route`]). The route's target is a stack (`middleware`), a type whose layers call each
//! other directly; at its end `forward` chooses a backend (`upstream`) and exchanges request for response on one of the
//! worker's own connections. When the response has ended, its record is counted and logged (`observe`).

mod address;
mod admin;
mod app;
mod asked;
pub mod codegen;
mod door;
mod downstream;
mod error;
mod exchange;
mod fields;
mod forward;
mod header_edits;
mod host;
mod http1;
mod input;
mod introduction;
mod json;
mod late;
pub mod middleware;
mod observe;
mod policy;
mod process;
mod redirect;
mod retries;
pub mod route;
mod service;
mod settings;
mod stream;
mod timers;
#[cfg(feature = "tls")]
mod tls;
mod tunnel;
mod uncompiled;
mod upgrade;
mod upstream;
mod value;
mod words;
mod worker;

pub use app::{App, Layered, Routed};
/// The crate whose `Bytes` bodies are made of.
pub use bytes;
pub use error::{Error, Reason, Refusal};
pub use exchange::{Body, Context, Filter, Frames, Request, RequestBody, Response};
pub use fields::{Field, Fields};
/// The crate whose methods, statuses, names and values messages are made of.
pub use http;
pub use late::{Origin, Problems};
pub use observe::Families;
pub use policy::{Control, Locals, Policy, Reloaded, Slot};
pub use process::{command, main, run};
pub use service::Service;

/// What fuzz targets call; it is there for them only.
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing {
    pub use crate::http1::fuzz::{fuzz_request_head, fuzz_response_head};
    pub use crate::http1::fuzz_body::{fuzz_body, fuzz_encode};
}

/// Includes the gateway that the build script has compiled, as `compiled::GATEWAY`.
///
/// If the config has errors, the build fails here with their report.
#[macro_export]
macro_rules! include_gateway {
    () => {
        #[cfg(gateway_config_error)]
        ::core::compile_error!(::core::include_str!(::core::concat!(
            ::core::env!("OUT_DIR"),
            "/gateway_error.txt"
        )));

        #[cfg(gateway_config_error)]
        mod compiled {
            pub use $crate::codegen::Uncompiled as Compiled;
            pub static GATEWAY: Compiled = Compiled;
        }

        #[cfg(not(gateway_config_error))]
        mod compiled {
            ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/gateway.rs"));
        }
    };
}
