//! A real browser, and what it lets a page of another origin do.

use std::path::Path;
use std::process::Command;

use castgate_test_support::{Message, Reply, Upstream, require_program};

use crate::testbed::Testbed;

/// Says of each request how it went, one line each: the status that the page sees and what it can read, or `blocked`.
const PAGE: &str = r#"<!doctype html><title>page</title><pre id=said></pre><script>
const api = 'http://api.example.com';
const tries = [
    ['simple', '/shop', {}],
    ['asks first', '/shop', {method: 'PUT', headers: {'Content-Type': 'application/json'}, body: '{}'}],
    ['with credentials', '/shop', {credentials: 'include'}],
    ['credentials for all', '/open', {credentials: 'include'}],
    ['open to all', '/open', {method: 'PATCH', headers: {'X-Any': '1'}}],
    ['other field', '/shop', {headers: {'X-Other': '1'}}],
    ['other method', '/shop', {method: 'DELETE'}],
    ['no policy', '/silent', {}],
    ['no key', '/guarded', {headers: {'X-API-Key': 'wrong'}}],
    ['once', '/once', {}],
    ['twice', '/once', {}],
];
(async () => {
    const said = [];
    for (const [name, path, init] of tries) {
        try {
            const response = await fetch(api + path, init);
            const reason = (await response.text()).match(/"reason":"(\w+)"/);
            const id = response.headers.get('x-request-id') ? 'id' : 'no id';
            const after = response.headers.get('retry-after') ? ' after' : '';
            said.push(`${name}: ${response.status} ${reason ? reason[1] : 'ok'} ${id}${after}`);
        } catch (error) {
            said.push(`${name}: blocked`);
        }
    }
    document.getElementById('said').textContent = said.join('\n') + '\nend';
})();
</script>"#;

/// What a browser shows of a page of `http://app.example.com` that asks `http://api.example.com`.
fn shown(browser: &Path, page: &Upstream, bed: &Testbed) -> String {
    let names = format!(
        "MAP app.example.com:80 {}, MAP api.example.com:80 {}",
        page.address(),
        bed.gateway.address()
    );
    let output = Command::new(browser)
        // CI runs as root, whom its sandbox does not let in; the page is ours.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=20000"])
        .arg(format!("--host-resolver-rules={names}"))
        .arg("http://app.example.com/")
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_browser_lets_a_page_do_what_the_config_says() {
    let Some(browser) = require_program("chromium-headless-shell") else { return };
    let page = Upstream::start(Message::new(200).header("Content-Type", "text/html").body(PAGE));
    let bed = Testbed::new("cors");
    bed.a.set(Reply::text("from the backend"));
    let shown = shown(&browser, &page, &bed);
    let said = shown
        .split_once("<pre id=\"said\">")
        .and_then(|(_, rest)| rest.split_once("\nend"))
        .unwrap_or_default();
    let said: Vec<&str> = said.0.lines().collect();
    assert_eq!(
        said,
        [
            "simple: 200 ok id",
            "asks first: 200 ok id",
            "with credentials: 200 ok id",
            "credentials for all: blocked",
            "open to all: 200 ok id",
            "other field: blocked",
            "other method: blocked",
            "no policy: blocked",
            "no key: 401 auth_invalid id",
            "once: 200 ok id",
            "twice: 429 rate_limited id after",
        ],
        "{shown}"
    );
    // What it was refused, it has not sent.
    let sent: Vec<String> = bed.a.requests().iter().map(|request| request.method.clone()).collect();
    assert!(!sent.contains(&"DELETE".to_owned()) && !sent.contains(&"OPTIONS".to_owned()), "{sent:?}");
}
