//! Sections of `tests:`.

use super::kind::{AsWritten, ByHand, ClientAddress, Nested, Number, RequestLine, Verbatim, Word};
use super::{Shape, section, words};
use crate::ast::Map;
use crate::field::Use;
use crate::table::Request;
use std::net::IpAddr;

section! {
    /// A request and what must become of it; asserted by every build.
    Test / WrittenTest {
        /// The request, required: `GET http://api.example.com/users?debug=1`, or `GET /users` for a host which no route names.
        request: Request = RequestLine, needed "for example `request: GET http://api.example.com/users`", example "GET http://api.example.com/users?debug=1";
        /// The listener it comes in at, by its name in `server.listeners`. Without one, what is expected has to become of it on every
        /// listener.
        listener: String = Verbatim, optional "every listener", example "public";
        /// Header fields of the request.
        headers: ByHand<Map<String>> = AsWritten(|| Shape::Fields(Use::TEST, Box::new(Shape::Text))), optional "", example "{x-canary: \"1\"}";
        /// From whom the request comes, as the gateway knows its clients (behind `trusted_proxies`, not the proxy). A route with an
        /// `ip_filter` that keeps this address out answers with 403; without the key no filter is asked.
        client_ip: IpAddr = ClientAddress, optional "", example "203.0.113.9";
        /// What must become of it, required: at least one key.
        expect: Expect = Nested, needed "for example `expect: {route: users}`", example "{route: users, forward_path: /users}";
    }
}

words! {
    /// What a page of the request's `Origin` is told.
    CrossOrigin, "word" {
        /// It may read the answer; of a preflight: send what it asks for.
        Allowed = "allowed";
        /// It may not.
        Refused = "refused";
    }
}

section! {
    /// `expect: {route: users, upstream: users, forward_path: /users}`; what is left out is not looked at.
    Expect / WrittenExpect {
        /// The name of the route that takes the request.
        route: String = Verbatim, optional "", example "users";
        /// The name of the upstream it is forwarded to.
        upstream: String = Verbatim, optional "", example "users";
        /// The path which the backend sees, without the query.
        forward_path: String = Verbatim, optional "", example "/users";
        /// The status, where no backend decides it: of a redirect, a fixed response, 403, 404 or 405.
        status: u16 = Number(200, 599), optional "", example "404";
        /// Whether a page of the request's `Origin` (among its `headers`) may read the answer or, of a preflight, send what it asks for.
        /// Only where the route says something about that.
        cross_origin: CrossOrigin = Word, optional "", example "allowed";
        /// Where a redirect leads; with a query only if the request has one.
        redirect_to: String = Verbatim, optional "", example "/new";
    }
}
