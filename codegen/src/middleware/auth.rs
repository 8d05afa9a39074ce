//! `auth`: who may come in.

use crate::lower::{Code, Lower, Register, Site, State, comma_separated};
use crate::plan::Value;
use crate::ast::Strings;
use crate::model::{HeaderName, Late};
use serde::Deserialize;

/// `auth: {api_keys: {header: X-API-Key, keys: "${env:API_KEYS}"}}`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthSection {
    /// A key in a header field. The only scheme of this version, so it has to be there.
    pub api_keys: Option<ApiKeysSection>,
}

/// `api_keys:`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiKeysSection {
    /// The header field with the key. Default: `X-API-Key`.
    pub header: Option<String>,
    /// One or a list, each a late value (`${env:API_KEYS}`, `${file:/run/secrets/keys}`) that is a comma separated
    /// list of keys at start. A literal key is an error: the binary is no place for secrets.
    pub keys: Option<Strings>,
}

/// Answers 401 to whoever does not show a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    /// The scheme.
    pub api_keys: ApiKeys,
}

/// A key in a header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeys {
    /// The field.
    pub header: HeaderName,
    /// At least one; each has an `${env:..}` or `${file:..}` piece and is a comma separated list at start.
    pub keys: Vec<Late>,
}

impl Lower for Auth {
    fn code(&self) -> Code {
        Code {
            layer: "Auth",
            policy: "ApiKeys",
            stem: "API_KEYS_",
            // The keys are read at start; a route with keys of its own must not see another's.
            state: State::Policy,
            register: Register::Bindings,
        }
    }

    fn policy(&self, site: &Site<'_>) -> Value {
        let Self { api_keys: ApiKeys { header, keys } } = self;
        let keys = Value::Late(comma_separated(keys));
        Value::Call("ApiKeys::new", vec![Value::Origin(site.line), header.into(), keys])
    }
}
