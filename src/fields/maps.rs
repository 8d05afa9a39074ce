//! Lists of fields as maps of the http crate, and back: for what stands at the edge of it.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Fields;

impl From<&HeaderMap> for Fields {
    fn from(map: &HeaderMap) -> Self {
        let mut fields = Self::default();
        map.iter().for_each(|(name, value)| fields.append(name, value));
        fields
    }
}

/// A map knows names in lower case only. It holds at least 24,576 of them, and no message has so many.
impl From<&Fields> for HeaderMap {
    fn from(fields: &Fields) -> Self {
        let mut map = Self::new();
        for field in fields.iter() {
            // Both were valid when they came in, by the same rules.
            let name = HeaderName::from_bytes(field.name);
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(field.value)) {
                let _ = map.try_append(name, value);
            }
        }
        map
    }
}
