//! By example, and against a model that remembers everything.

use super::*;
use proptest::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

const POLICY: BreakerPolicy = BreakerPolicy {
    failure_basis_points: 5000,
    min_requests: 4,
    window: Duration::from_secs(10),
    open: Duration::from_secs(5),
    half_open: 1,
};

fn breaker(policy: BreakerPolicy) -> (Breaker, Instant) {
    let (breaker, start) = (Breaker::new(Origin::at("gateway.yml", 1), "users", policy), Instant::now());
    breaker.millis(start);
    (breaker, start)
}

fn request(breaker: &Breaker, verdict: Verdict, at: Instant) -> Result<(), Duration> {
    breaker.let_pass(|| at).map(|ticket| breaker.settle(ticket, verdict, at))
}

fn open(breaker: &Breaker, at: Instant) {
    for _ in 0..4 {
        request(breaker, Verdict::Failure, at).unwrap();
    }
    assert_eq!(breaker.state(at), State::Open);
}

#[test]
fn it_opens_at_the_ratio_but_not_before_the_minimum() {
    let (breaker, start) = breaker(POLICY);
    for _ in 0..3 {
        request(&breaker, Verdict::Failure, start).unwrap();
    }
    assert_eq!(breaker.state(start), State::Closed);
    request(&breaker, Verdict::Failure, start).unwrap();
    assert_eq!(breaker.state(start), State::Open);
    assert!(request(&breaker, Verdict::Success, start + 4 * SECOND).is_err());
}

#[test]
fn old_failures_leave_the_window() {
    let (breaker, start) = breaker(POLICY);
    for _ in 0..3 {
        request(&breaker, Verdict::Failure, start).unwrap();
    }
    request(&breaker, Verdict::Failure, start + 11 * SECOND).unwrap();
    assert_eq!(breaker.state(start + 11 * SECOND), State::Closed);
}

#[test]
fn a_request_counts_when_it_ends_however_long_it_took() {
    let (breaker, start) = breaker(POLICY);
    let slow: Vec<_> = (0..4).map(|_| breaker.let_pass(|| start).unwrap()).collect();
    let end = start + 10 * SECOND;
    for _ in 0..3 {
        request(&breaker, Verdict::Failure, end).unwrap();
    }
    // Counted at their start, these would fall into the slice of the failures, ten slices on, and wipe them out.
    for ticket in slow {
        breaker.settle(ticket, Verdict::Success, end);
    }
    request(&breaker, Verdict::Failure, end).unwrap();
    assert_eq!(breaker.state(end), State::Open, "4 of 8 failed");
}

#[test]
fn half_open_lets_one_try_and_its_outcome_decides() {
    let (breaker, start) = breaker(POLICY);
    open(&breaker, start);
    let later = start + 6 * SECOND;
    assert_eq!(breaker.state(later), State::HalfOpen);
    let trial = breaker.let_pass(|| later).unwrap();
    assert!(breaker.let_pass(|| later).is_err(), "only one may try");
    breaker.settle(trial, Verdict::Failure, later);
    assert_eq!(breaker.state(later), State::Open);
    let again = later + 6 * SECOND;
    request(&breaker, Verdict::Nothing, again).unwrap();
    request(&breaker, Verdict::Success, again).unwrap();
    assert_eq!(breaker.state(again), State::Closed);
}

#[test]
fn a_late_trial_never_moves_a_later_state() {
    for late in [Verdict::Success, Verdict::Failure] {
        let (breaker, start) = breaker(BreakerPolicy { half_open: 2, ..POLICY });
        open(&breaker, start);
        let later = start + 6 * SECOND;
        let (first, second) = (breaker.let_pass(|| later).unwrap(), breaker.let_pass(|| later).unwrap());
        breaker.settle(first, Verdict::Failure, later);
        assert_eq!(breaker.state(later), State::Open);
        breaker.settle(second, late, later);
        assert_eq!(breaker.state(later), State::Open);
        // It holds no place of the next half-open either, and its success is none of the two that are needed.
        let again = later + 6 * SECOND;
        let trials = (breaker.let_pass(|| again).unwrap(), breaker.let_pass(|| again).unwrap());
        breaker.settle(second, late, again);
        assert!(breaker.let_pass(|| again).is_err());
        breaker.settle(trials.0, Verdict::Success, again);
        assert_eq!(breaker.state(again), State::HalfOpen);
        breaker.settle(trials.1, Verdict::Success, again);
        assert_eq!(breaker.state(again), State::Closed);
        breaker.settle(first, late, again);
        assert_eq!(breaker.state(again), State::Closed);
    }
}

#[test]
fn a_trial_whose_answer_streams_makes_room_and_still_decides() {
    for (verdict, state) in [(Verdict::Success, State::Closed), (Verdict::Failure, State::Open)] {
        let (breaker, start) = breaker(POLICY);
        open(&breaker, start);
        let later = start + 6 * SECOND;
        let streaming = breaker.let_pass(|| later).unwrap();
        let streaming = breaker.answered(streaming);
        let second = breaker.let_pass(|| later).unwrap();
        assert!(breaker.let_pass(|| later).is_err());
        breaker.settle(streaming, verdict, later);
        assert_eq!(breaker.state(later), state);
        breaker.settle(second, Verdict::Failure, later);
        assert_eq!(breaker.state(later), state, "it belongs to a generation that is over");
    }
}

/// A breaker as one would write it for one thread with memory to spare.
#[derive(Debug)]
struct Model {
    policy: BreakerPolicy,
    /// Milliseconds; what was counted since it closed last.
    counted: Vec<(u64, bool)>,
    position: ModelPosition,
    /// How often it has changed.
    changes: usize,
}

#[derive(Debug, PartialEq)]
enum ModelPosition {
    Closed,
    Open { until: u64 },
    HalfOpen { trying: Vec<usize>, successes: u32 },
}

impl Model {
    fn enter(&mut self, position: ModelPosition) {
        self.changes += 1;
        self.position = position;
        self.counted.clear();
    }

    fn admit(&mut self, request: usize, now: u64) -> bool {
        if matches!(self.position, ModelPosition::Open { until } if now >= until) {
            self.enter(ModelPosition::HalfOpen { trying: Vec::new(), successes: 0 });
        }
        match &mut self.position {
            ModelPosition::Closed => true,
            ModelPosition::Open { .. } => false,
            ModelPosition::HalfOpen { trying, .. } => {
                let room = trying.len() < self.policy.half_open as usize;
                if room {
                    trying.push(request);
                }
                room
            }
        }
    }

    fn answered(&mut self, request: usize) {
        if let ModelPosition::HalfOpen { trying, .. } = &mut self.position {
            trying.retain(|trial| *trial != request);
        }
    }

    /// `changes` is what it was when the request was admitted.
    fn settle(&mut self, request: usize, changes: usize, verdict: Verdict, now: u64) {
        if changes != self.changes {
            return;
        }
        let reopened = ModelPosition::Open { until: now + self.policy.open.as_millis() as u64 };
        match &mut self.position {
            ModelPosition::Open { .. } => unreachable!("nobody is admitted"),
            ModelPosition::HalfOpen { trying, successes } => {
                trying.retain(|trial| *trial != request);
                match verdict {
                    Verdict::Nothing => {}
                    Verdict::Failure => self.enter(reopened),
                    Verdict::Success => {
                        *successes += 1;
                        if *successes >= self.policy.half_open {
                            self.enter(ModelPosition::Closed);
                        }
                    }
                }
            }
            ModelPosition::Closed => {
                if verdict == Verdict::Nothing {
                    return;
                }
                self.counted.push((now, verdict == Verdict::Failure));
                let slice = self.policy.window.as_millis() as u64 / SLICES as u64;
                let recent =
                    || self.counted.iter().filter(|(at, _)| at / slice + SLICES as u64 > now / slice);
                let failures = recent().filter(|(_, failed)| *failed).count() as u64;
                let requests = recent().count() as u64;
                let bad = failures * 10_000 >= requests * u64::from(self.policy.failure_basis_points);
                if verdict == Verdict::Failure && requests >= u64::from(self.policy.min_requests) && bad {
                    self.enter(reopened);
                }
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Event {
    Arrives,
    /// One of those that are on their way, by its place among them.
    Answers(usize),
    Ends(usize, Verdict),
    Passes(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let verdict = prop_oneof![
        3 => Just(Verdict::Success),
        4 => Just(Verdict::Failure),
        1 => Just(Verdict::Nothing)
    ];
    prop_oneof![
        6 => Just(Event::Arrives),
        1 => any::<usize>().prop_map(Event::Answers),
        6 => (any::<usize>(), verdict).prop_map(|(which, verdict)| Event::Ends(which, verdict)),
        2 => (0_u64..400).prop_map(Event::Passes),
    ]
}

proptest! {
    #[test]
    fn it_does_what_the_model_does(
        half_open in 1_u32..4,
        failure_basis_points in prop_oneof![Just(2500_u32), Just(5000), Just(10_000)],
        events in prop::collection::vec(event(), 1..300),
    ) {
        let policy = BreakerPolicy {
            failure_basis_points,
            min_requests: 3,
            window: SECOND,
            open: SECOND / 2,
            half_open,
        };
        let (breaker, start) = breaker(policy);
        let mut model =
            Model { policy, counted: Vec::new(), position: ModelPosition::Closed, changes: 0 };
        // The first millisecond has the number 1.
        let (mut now, mut request, mut on_their_way) = (1, 0, Vec::new());
        for event in events {
            let clock = start + Duration::from_millis(now - 1);
            match event {
                Event::Arrives => {
                    request += 1;
                    let ticket = breaker.let_pass(|| clock).ok();
                    prop_assert_eq!(ticket.is_some(), model.admit(request, now));
                    on_their_way.extend(ticket.map(|ticket| (request, model.changes, ticket)));
                }
                Event::Answers(which) if !on_their_way.is_empty() => {
                    let which = which % on_their_way.len();
                    let (request, _, ticket) = &mut on_their_way[which];
                    *ticket = u64::from(breaker.answered(*ticket)).into();
                    model.answered(*request);
                }
                Event::Ends(which, verdict) if !on_their_way.is_empty() => {
                    let (request, changes, ticket) = on_their_way.swap_remove(which % on_their_way.len());
                    breaker.settle(ticket, verdict, clock);
                    model.settle(request, changes, verdict, now);
                }
                Event::Answers(_) | Event::Ends(..) => {}
                Event::Passes(time) => now += time,
            }
            let clock = start + Duration::from_millis(now - 1);
            let expected = match model.position {
                ModelPosition::Closed => State::Closed,
                ModelPosition::Open { until } if now < until => State::Open,
                ModelPosition::Open { .. } | ModelPosition::HalfOpen { .. } => State::HalfOpen,
            };
            prop_assert_eq!(breaker.state(clock), expected);
        }
    }
}
