//! Looking up routes in the compiled table and in matchit, for 10 to 10,000 routes of REST shapes, in random order.
//!
//! `cargo bench -p castgate --bench route_table` prints nanoseconds per look-up: medians over many short rounds, in which the two
//! take turns, and the median of the rounds' ratios. Machines drift; the ratio drifts least. Instructions do not drift:
//!
//! ```sh
//! valgrind --tool=callgrind --toggle-collect='*count_castgate*' <the binary that cargo bench names> --count 10000
//! ```
//!
//! makes a known number of look-ups by castgate alone (`*count_matchit*` for the other) and divides nothing:
//! the program prints how many there were.

#[path = "../tests/route_table/table.rs"]
mod table;

use std::hint::black_box;
use std::time::{Duration, Instant};

use castgate::Fields;
use castgate::route::{Answer, Question, RouteIndex};
use castgate_codegen::{Diagnostics, Source, Style, compile, lower};
use http::Method;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
/// Short enough for a round to be over before the machine changes its mind.
const LOOKUPS_PER_ROUND: usize = 32_768;
const ROUNDS: usize = 101;
/// The resources have three routes each.
const SHAPES: [&str; 3] = ["", "/{id}", "/{id}/items/{item}"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--count", routes] => count(routes.parse().expect("a number of routes")),
        // `cargo test --benches` runs benches without an argument that says so; `cargo bench` says `--bench`.
        [.., "--bench"] => SIZES.into_iter().for_each(measure),
        _ => println!("this is a benchmark: cargo bench -p castgate --bench route_table"),
    }
}

/// The contenders, over the same routes, and the paths to ask for.
struct Contest {
    castgate: &'static RouteIndex<usize>,
    matchit: matchit::Router<usize>,
    paths: Vec<String>,
}

impl Contest {
    fn new(routes: usize) -> Self {
        let patterns: Vec<String> = (0..routes)
            .map(|number| format!("/api/v1/resource{}{}", number / 3, SHAPES[number % 3]))
            .collect();
        let mut matchit = matchit::Router::new();
        let mut yaml = "routes:\n".to_owned();
        for (number, pattern) in patterns.iter().enumerate() {
            matchit.insert(pattern, number).expect("a pattern that matchit takes");
            yaml += &format!("  - {{path: \"{pattern}\", match: exact, respond: {{}}}}\n");
        }
        let mut sink = Diagnostics::new();
        let mut source = Source::new("gateway.yml", yaml);
        let cast = compile(&mut source, &mut sink);
        let cast = cast.unwrap_or_else(|_| panic!("{}", sink.render(&source, Style::Plain)));
        let mut random = fastrand::Rng::with_seed(42);
        let paths = (0..LOOKUPS_PER_ROUND).map(|_| {
            let (id, item) = (random.u32(1..1_000_000), random.u32(1..100));
            let pattern = &patterns[random.usize(..routes)];
            pattern.replace("{id}", &id.to_string()).replace("{item}", &item.to_string())
        });
        let contest =
            Self { castgate: table::load(&lower::lower(&cast.model))[""], matchit, paths: paths.collect() };
        contest.check();
        contest
    }

    fn check(&self) {
        for path in &self.paths {
            let found = self.castgate.find(&question(path, &Fields::default()));
            let expected = self.matchit.at(path).map(|found| *found.value);
            assert!(
                matches!((found, expected), (Answer::Route(a), Ok(b)) if a as usize == b),
                "{path}: {found:?}, {expected:?}"
            );
        }
    }

    #[inline(never)]
    fn count_castgate(&self) {
        let fields = Fields::default();
        for path in &self.paths {
            black_box(self.castgate.find(black_box(&question(path, &fields))));
        }
    }

    #[inline(never)]
    fn count_matchit(&self) {
        for path in &self.paths {
            black_box(self.matchit.at(black_box(path.as_str())).ok().map(|found| *found.value));
        }
    }
}

fn question<'a>(path: &'a str, fields: &'a Fields) -> Question<'a> {
    Question { method: &Method::GET, host: "api.example.com", path, query: None, fields, introduction: None }
}

fn measure(routes: usize) {
    let contest = Contest::new(routes);
    let (mut castgate, mut matchit, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ours = timed(|| contest.count_castgate());
        let theirs = timed(|| contest.count_matchit());
        castgate.push(ours);
        matchit.push(theirs);
        ratios.push(ours / theirs);
    }
    println!(
        "{routes:>6} routes: castgate {:5.1} ns, matchit {:5.1} ns, ratio {:.2}",
        median(castgate),
        median(matchit),
        median(ratios)
    );
}

/// Nanoseconds per look-up.
fn timed(round: impl FnOnce()) -> f64 {
    let start = Instant::now();
    round();
    let taken: Duration = start.elapsed();
    taken.as_secs_f64() * 1e9 / LOOKUPS_PER_ROUND as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn count(routes: usize) {
    let contest = Contest::new(routes);
    contest.count_castgate();
    contest.count_matchit();
    println!("{LOOKUPS_PER_ROUND} look-ups among {routes} routes by each");
}
