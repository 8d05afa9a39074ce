//! The table of names. A name that is added to it needs nothing else.

/// What a name is to the gateway, a bit each; what each means is said at the questions of [`Known`].
#[derive(Clone, Copy)]
pub(super) enum Role {
    EndsInRequests = 1,
    EndsInResponses = 1 << 1,
    Framing = 1 << 2,
    Written = 1 << 3,
    Lasting = 1 << 4,
    Leading = 1 << 5,
    Secret = 1 << 6,
}

/// A name of a class, or what names of a class begin with: lower-case letters, digits and hyphens.
#[derive(Clone, Copy)]
pub(super) enum Names {
    Is(&'static str),
    Starts(&'static str),
}

use Names::{Is, Starts};

macro_rules! table {
    ($($(#[$doc:meta])* $class:ident [$($role:ident)*]: $($names:expr)*;)*) => {
        /// The class of a field's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Known { $($(#[$doc])* $class,)* }

        /// The roles of each class.
        pub(super) const ROLES: [u8; [$(Known::$class),*].len()] = [$(0 $(| Role::$role as u8)*),*];

        /// Every name with its class.
        pub(super) const NAMES: &[(Names, Known)] = &[$($(($names, Known::$class),)*)*];
    };
}

table! {
    /// Nobody here asks for it. Names that almost every message has are listed: they are found at once, and need no other look.
    Other []:
        Is("accept") Is("accept-encoding") Is("accept-language") Is("accept-ranges") Is("dnt") Is("etag") Is("from")
        Is("last-modified") Is("link") Is("priority") Is("sec-ch-ua") Is("sec-ch-ua-mobile") Is("sec-ch-ua-platform")
        Is("sec-fetch-dest") Is("sec-fetch-mode") Is("sec-fetch-site") Is("sec-fetch-user") Is("sec-gpc") Is("server")
        Is("strict-transport-security") Is("traceparent") Is("tracestate") Is("upgrade-insecure-requests")
        Is("x-content-type-options") Is("x-requested-with") Is("x-powered-by");
    /// It has a character that is neither letter, digit nor hyphen: some take it for another name (`x_real.ip`).
    Ambiguous [Leading]: ;
    Connection [EndsInRequests EndsInResponses Framing Leading]: Is("connection");
    TransferEncoding [EndsInRequests EndsInResponses Framing Leading]: Is("transfer-encoding");
    Expect [EndsInRequests Leading]: Is("expect");
    ContentLength [Framing Lasting Leading]: Is("content-length");
    KeepAlive [EndsInRequests EndsInResponses Leading]: Is("keep-alive");
    ProxyConnection [EndsInRequests EndsInResponses Leading]: Is("proxy-connection");
    Te [EndsInRequests EndsInResponses Leading]: Is("te");
    Trailer [EndsInRequests EndsInResponses Leading]: Is("trailer");
    Upgrade [EndsInRequests EndsInResponses Leading]: Is("upgrade");
    Http2Settings [EndsInRequests Leading]: Is("http2-settings");
    /// Credentials for this hop (RFC 9110 section 11.7.1); the gate keeps them for whoever asks.
    ProxyAuthorization [Leading Secret]: Is("proxy-authorization");
    /// This hop's challenge.
    ProxyAuthenticate [EndsInResponses Leading]: Is("proxy-authenticate");
    ContentType [Lasting Leading]: Is("content-type");
    ContentEncoding [Lasting Leading]: Is("content-encoding");
    ContentRange [Lasting Leading]: Is("content-range");
    /// What else is said of the content.
    Content [Lasting]:
        Is("content-language") Is("content-location") Is("content-disposition") Is("content-security-policy")
        Starts("content-");
    /// What is known of the content only behind it (RFC 9530).
    Digest [Lasting]: Is("content-digest") Is("repr-digest") Is("digest");
    Host [Lasting Leading]: Is("host");
    Authorization [Lasting Leading Secret]: Is("authorization");
    Cookie [Lasting Leading Secret]: Is("cookie");
    SetCookie [Leading Secret]: Is("set-cookie");
    ApiKey [Lasting Leading Secret]: Is("x-api-key");
    RequestId [Lasting]: Is("x-request-id");
    Via [Lasting Leading]: Is("via");
    CacheControl [Lasting Leading]: Is("cache-control");
    Range [Lasting Leading]: Is("range");
    /// What asks for a part of the answer, or says what to do with it, and is of no use behind it.
    Control [Leading]:
        Is("age") Is("expires") Is("if-match") Is("if-modified-since") Is("if-none-match") Is("if-range")
        Is("if-unmodified-since") Is("max-forwards") Is("pragma") Is("retry-after") Is("vary") Is("warning")
        Is("www-authenticate");
    Date [Leading]: Is("date");
    Location [Leading]: Is("location");
    Origin [Leading]: Is("origin");
    Referer []: Is("referer");
    UserAgent []: Is("user-agent");
    ForwardedFor [Written Lasting Leading]: Is("x-forwarded-for");
    ForwardedProto [Written Lasting Leading]: Is("x-forwarded-proto");
    ForwardedHost [Written Lasting Leading]: Is("x-forwarded-host");
    /// By these proxies, balancers and identity-aware gateways tell a backend where a request came from, what it looked
    /// like there, whose certificate it showed and who its user is. No client has a reason to send one; whoever does,
    /// and is not a trusted proxy, wants to be taken for somebody else. docs/operations.md has the list.
    Identity [Lasting Leading]:
        Starts("x-auth-request-") Starts("x-authenticated-") Starts("x-authentik-") Starts("x-amzn-mtls-")
        Starts("x-amzn-oidc-") Starts("x-appengine-") Starts("x-arr-") Starts("x-azure-clientip")
        Starts("x-azure-socketip") Is("x-anonymous-consumer")
        Starts("x-client-ip") Starts("x-client-cert") Is("x-client-dn") Is("x-client-verify")
        Is("x-cluster-client-ip") Starts("x-consumer-") Starts("x-credential-")
        Starts("x-envoy-")
        Starts("x-forwarded")
        Starts("x-goog-authenticated-user-") Is("x-goog-iap-jwt-assertion")
        Starts("x-ms-client-principal")
        Starts("x-original-") Starts("x-originating-")
        Is("x-proxyuser-ip") Starts("x-pomerium-")
        Is("x-real-ip") Is("x-real-port") Starts("x-remote-") Is("x-rewrite-url")
        Starts("x-ssl-") Is("x-scheme")
        Starts("x-tls-client-") Is("x-true-client-ip")
        Is("x-url-scheme")
        Starts("x-vouch-") Is("x-vercel-forwarded-for")
        Starts("x-webauth-")
        Starts("cf-connecting-ip") Starts("cf-access-authenticated-user-") Is("cf-access-jwt-assertion")
        Is("client-ip") Is("client-cert") Is("client-cert-chain")
        Is("forwarded") Is("forwarded-for") Is("fastly-client-ip") Is("fly-client-ip") Is("front-end-https")
        Is("proxy-client-ip")
        Starts("remote-")
        Starts("ssl-client-")
        Is("true-client-ip") Starts("tailscale-user-")
        Starts("wl-proxy-");
}
