//! Which values of fields are secrets, by the field's name and by what the value looks like.

/// Fields that are there for credentials, and nothing else (RFC 9110, section 11).
pub(crate) fn is_for_credentials(name: &str) -> bool {
    ["authorization", "proxy-authorization"].iter().any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Whether the value of a field of an application's own is credentials: where the name ends as those of credentials do (`X-API-Key`,
/// `X-Auth-Token`) any value that could be some; where it may be of something else (`X-Gateway-Trust`, `X-Partition-Key`) only
/// one that looks made at random.
pub(crate) fn looks_like_one(name: &str, value: &str) -> bool {
    const OF_CREDENTIALS: [&str; 14] = [
        "-api-key",
        "-auth-key",
        "-access-key",
        "-private-key",
        "-secret-key",
        "-license-key",
        "-apikey",
        "-token",
        "-secret",
        "-password",
        "-passwd",
        "-passphrase",
        "-credential",
        "-credentials",
    ];
    const OF_SOMETHING_ELSE: [&str; 2] = ["-csrf-token", "-xsrf-token"];
    const OF_EITHER: [&str; 7] = ["-auth", "-key", "-trust", "-trusted", "-token", "-pass", "-pin"];
    // In front of the first word there is as little as in front of one behind `X-`.
    let name = format!("-{}", name.to_ascii_lowercase().replace('_', "-"));
    let ends_as = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let is_of_credentials = ends_as(&OF_CREDENTIALS) && !ends_as(&OF_SOMETHING_ELSE);
    let may_be = ends_as(&OF_EITHER);
    // A word, or a flag, is what says how, not who.
    let could_be = value.len() >= 6
        && !value.contains(' ')
        && !["required", "optional", "enabled", "disabled"].contains(&value);
    is_of_credentials && could_be || may_be && is_random(value)
}

/// Text as generators of secrets write it: long enough not to be guessed, of letters and digits that no word has, and without the
/// separators of URLs, lists and media types.
fn is_random(value: &str) -> bool {
    const LEAST: usize = 12;
    // English text has about 4 bits a character, of which few are digits.
    const LEAST_BITS: f64 = 2.8;
    let is_token = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=_-.".contains(&byte));
    let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    let (digits, letters) = (count(u8::is_ascii_digit), count(u8::is_ascii_alphabetic));
    let (upper, lower) = (count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let is_mixed = letters >= 3 && (digits >= 3 || digits >= 1 && upper >= 2 && lower >= 2);
    // What begins as a path is one; a name has words between its hyphens.
    is_token && !value.starts_with('/') && value.len() >= LEAST && is_mixed && bits(value) >= LEAST_BITS
}

/// The entropy of a character (Shannon).
fn bits(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    value.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = value.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_into_a_field_of_credentials_is_a_secret() {
        for (name, value) in [
            ("X-API-Key", "changeme"),
            ("x_api_key", "3f9c2a71e0b84d55"),
            ("X-Auth-Token", "hunter2"),
            ("Token", "abcdef"),
            ("X-Shared-Secret", "tr0ub4dor&3"),
            ("X-Gateway-Trust", "f3b0c44298fc1c14"),
            ("X-Internal-Auth", "Zm9vYmFyYmF6cXV4MQ=="),
            ("X-Service-Key", "sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ] {
            assert!(looks_like_one(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn what_says_how_is_none() {
        for (name, value) in [
            ("X-API-Key", ""),
            ("X-API-Key", "none"),
            ("X-Auth-Token", "required"),
            ("X-CSRF-Token", "required-by-policy"),
            ("X-Token-Type", "bearer-of-anything-1234"),
            ("X-Key-Version", "2026-11-28-rotation"),
            ("X-Partition-Key", "customers-eu1"),
            ("X-Trust", "internal-network-only"),
            ("X-Auth", "true"),
            ("X-Request-ID", "018f3c6e-7a2b-7c3d-9e4f-0123456789ab"),
            ("ETag", "33a64df551425fcc55e4d42a148795d9f25f89d4"),
            ("X-Signature-Algorithm", "ed25519-sha256"),
            ("Strict-Transport-Security", "max-age=63072000"),
            ("Cache-Control", "max-age=31536000"),
            ("X-Cache-Key", "/assets/app.4f3c2a1b.js"),
        ] {
            assert!(!looks_like_one(name, value), "{name}: {value}");
        }
    }
}
