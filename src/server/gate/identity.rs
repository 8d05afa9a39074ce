//! Fields that are a proxy's word: by them proxies, balancers and identity-aware gateways tell a backend where a
//! request came from, what it looked like there, whose certificate it showed and who its user is. No client has a
//! reason to send one; whoever does, and is not a trusted proxy, wants to be taken for somebody else.
//! docs/operations.md has the list; a test holds the two together.

/// Whether a field, by its lower-case name, is a proxy's word.
pub(super) fn is_identity(name: &str) -> bool {
    let (starts, is) = (|beginning| name.starts_with(beginning), |whole| name == whole);
    match name.as_bytes() {
        [b'x', b'-', first, ..] => match first {
            b'a' => {
                starts("x-auth-request-")
                    || starts("x-authenticated-")
                    || starts("x-authentik-")
                    || starts("x-amzn-mtls-")
                    || starts("x-amzn-oidc-")
                    || starts("x-appengine-")
                    || starts("x-arr-")
                    || starts("x-azure-clientip")
                    || starts("x-azure-socketip")
                    || is("x-anonymous-consumer")
            }
            b'c' => {
                starts("x-client-ip")
                    || starts("x-client-cert")
                    || is("x-client-dn")
                    || is("x-client-verify")
                    || is("x-cluster-client-ip")
                    || starts("x-consumer-")
                    || starts("x-credential-")
            }
            b'e' => starts("x-envoy-"),
            b'f' => starts("x-forwarded"),
            b'g' => starts("x-goog-authenticated-user-") || is("x-goog-iap-jwt-assertion"),
            b'm' => starts("x-ms-client-principal"),
            b'o' => starts("x-original-") || starts("x-originating-"),
            b'p' => is("x-proxyuser-ip") || starts("x-pomerium-"),
            b'r' => is("x-real-ip") || is("x-real-port") || starts("x-remote-") || is("x-rewrite-url"),
            b's' => starts("x-ssl-") || is("x-scheme"),
            b't' => starts("x-tls-client-") || is("x-true-client-ip"),
            b'u' => is("x-url-scheme"),
            b'v' => starts("x-vouch-") || is("x-vercel-forwarded-for"),
            b'w' => starts("x-webauth-"),
            _ => false,
        },
        [b'c', second, ..] => match second {
            b'f' => {
                starts("cf-connecting-ip")
                    || starts("cf-access-authenticated-user-")
                    || is("cf-access-jwt-assertion")
            }
            b'l' => is("client-ip") || is("client-cert") || is("client-cert-chain"),
            _ => false,
        },
        [b'f', ..] => {
            is("forwarded")
                || is("forwarded-for")
                || is("fastly-client-ip")
                || is("fly-client-ip")
                || is("front-end-https")
        }
        [b'p', ..] => is("proxy-client-ip"),
        [b'r', b'e', b'm', ..] => starts("remote-"),
        [b's', b's', ..] => starts("ssl-client-"),
        [b't', ..] => is("true-client-ip") || starts("tailscale-user-"),
        [b'w', ..] => starts("wl-proxy-"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_identity;

    #[test]
    fn what_clients_send_of_themselves_is_no_proxy_s_word() {
        for name in [
            "accept",
            "authorization",
            "cookie",
            "cache-control",
            "content-type",
            "forward",
            "from",
            "host",
            "origin",
            "referer",
            "sec-fetch-site",
            "te",
            "traceparent",
            "user-agent",
            "via",
            "x-api-key",
            "x-csrf-token",
            "x-http-method-override",
            "x-request-id",
            "x-requested-with",
            "x-tenant",
            "x-user",
            "x-real-name",
            "x-",
        ] {
            assert!(!is_identity(name), "{name}");
        }
    }
}
