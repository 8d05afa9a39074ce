//! How long a check takes: `cargo bench -p castgate-codegen`. The budget is 100 ms for 1,000 routes and 1 s for
//! 10,000, of any shape; reachability is half of that at most.

use castgate_codegen::table::Table;
use castgate_codegen::{Diagnostics, Source, analyse, compile};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// A route of this shape, by its number.
type Shape = fn(usize, usize) -> String;

const SHAPES: [(&str, Shape); 7] = [
    ("services", |number, _| {
        format!("path: '/svc{}/{{id}}/v{}', methods: [GET, POST], upstream: u", number / 100, number % 100)
    }),
    ("hosts, params and rests", |number, _| {
        let base = number / 4;
        let path = ["", "/{x:uint}", "/{x}/y", "/{*rest}"][number % 4];
        format!("host: h{}.example.com, path: '/a{base}{path}', upstream: u", base % 50)
    }),
    ("headers on one path", |number, count| {
        let kind = if number < count / 2 { "exact" } else { "prefix" };
        format!("path: /, match: {kind}, headers: {{x-tenant: t{}}}, upstream: u", number % (count / 2))
    }),
    ("headers of many names", |number, _| {
        format!("path: /, headers: {{x-{number}: a, x-tenant: t{number}}}, upstream: u")
    }),
    ("chains of parameters", |number, _| {
        let path: String = (0..=number % 60).map(|depth| format!("/{{p{depth}}}")).collect();
        format!("path: '{path}', headers: {{x-tenant: t{}}}, upstream: u", number / 60)
    }),
    ("redirects", |number, _| format!("path: '/old{number}/{{*rest}}', redirect: {{to: '/new/{{*rest}}'}}")),
    ("dead ones", |number, _| {
        let rest = if number % 2 == 0 { "{x}" } else { "{*rest}" };
        format!("path: '/a{}/{rest}', upstream: u", number / 2)
    }),
];

fn config(shape: Shape, count: usize) -> String {
    let mut text = "upstreams: {u: {backends: ['http://localhost:9001']}}\nroutes:\n".to_owned();
    text.push_str("  - {name: new, host: used.example.com, path: /used, upstream: u}\n");
    for number in 0..count {
        let _ = writeln!(text, "  - {{name: r{number}, {}}}", shape(number, count));
    }
    text
}

fn best(mut run: impl FnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        run();
        best = best.min(start.elapsed());
    }
    best
}

fn main() {
    println!("{:28}{:>8}{:>12}{:>12}{:>16}", "shape", "routes", "check", "compile", "reachability");
    for (name, shape) in SHAPES {
        for count in [1000, 10_000] {
            let mut source = Source::new("gateway.yml", config(shape, count));
            let milliseconds = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
            let check = milliseconds(best(|| drop(analyse(&mut source, &mut Diagnostics::new()))));
            let whole = milliseconds(best(|| drop(compile(&mut source, &mut Diagnostics::new()))));
            // Of a config with dead routes there is no model to ask.
            let reach = analyse(&mut source, &mut Diagnostics::new())
                .map_or("-".to_owned(), |model| milliseconds(best(|| drop(Table::new(&model).reach()))));
            println!("{name:28}{count:>8}{check:>12}{whole:>12}{reach:>16}");
        }
    }
}
