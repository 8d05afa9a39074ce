//! A request as a codec is given it to write: what stands in it is decided, and no codec knows by whom.

use http::Method;

use crate::fields::Fields;
use crate::introduction::Introduction;
use crate::upgrade::Asked;

/// The head of a request. All fields are written, but for those that are the codec's own to say.
pub(crate) struct Outbound<'a> {
    pub(crate) method: &'a Method,
    /// Appends the target: how it comes about is no business of a codec's.
    pub(crate) target: &'a dyn Fn(&mut Vec<u8>),
    pub(crate) fields: &'a Fields,
    /// What the gateway says of the client, if it is not in the fields.
    pub(crate) introduction: Option<&'a Introduction>,
    /// The `Host` of the fields goes on, if there is one.
    pub(crate) keeps_host: bool,
    /// The backend is asked whether it wants the body.
    pub(crate) expects_consent: bool,
    /// The client takes trailers, so they are asked for.
    pub(crate) takes_trailers: bool,
    /// What the backend is asked to switch to.
    pub(crate) upgrade: Option<Asked>,
    /// What it is else.
    pub(crate) host: Option<&'a [u8]>,
    /// There is no body, and that is said.
    pub(crate) says_empty: bool,
}
