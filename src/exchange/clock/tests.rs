//! A clock that is told what time it is: nothing that gets on is cut, but by a limit on the whole.

use super::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The five seconds of a request that is late.
const GRACE: Duration = seconds(5);
/// Of each phase another limit, so that none is taken for another.
static TIMEOUTS: Timeouts = Timeouts {
    handshake: seconds(1),
    header_read: seconds(1),
    body: seconds(20),
    write: seconds(30),
    idle: seconds(1),
    connection: None,
};
static ROUTE: RouteSettings =
    RouteSettings { timeout: seconds(40), idle: seconds(50), ..RouteSettings::waiting(seconds(1)) };
static WHOLE: RouteSettings =
    RouteSettings { total: Some(seconds(70)), ..RouteSettings::waiting(seconds(60)) };

/// One of a request that has just come.
fn begun(route: &'static RouteSettings) -> (Clock, Instant) {
    let now = Instant::now();
    let clock = Clock::new(&TIMEOUTS, now);
    clock.begin(now, route);
    (clock, now)
}

/// Brings a clock into a phase.
type Enter = fn(&Clock);
/// Something gets on in it.
type Move = fn(&Clock);

/// The phases in which something gets on, with the limit of each and what its end is called.
const MOVING: [(Enter, Move, Duration, Reason); 5] = [
    (Clock::body_awaited, Clock::request_moved, seconds(20), Reason::RequestTimeout),
    (|_| {}, Clock::request_moved, seconds(40), Reason::UpstreamTimeout),
    (Clock::response_moved, Clock::response_moved, seconds(50), Reason::UpstreamTimeout),
    (Clock::response_moved, Clock::request_moved, seconds(50), Reason::UpstreamTimeout),
    (Clock::begin_tunnel, Clock::tunnel_moved, seconds(50), Reason::TunnelIdle),
];

#[test]
fn no_limit_cuts_what_gets_on() {
    for (enter, moves, limit, reason) in MOVING {
        let (clock, mut now) = begun(&ROUTE);
        enter(&clock);
        for _ in 0..1000 {
            assert_eq!(clock.deadline(), now + limit, "{reason:?}");
            now = clock.deadline() - Duration::from_millis(1);
            clock.now.set(Some(now));
            moves(&clock);
            // The rest of it is waited for again.
            if reason == Reason::RequestTimeout {
                enter(&clock);
            }
        }
    }
}

#[test]
fn what_comes_just_in_time_is_not_late_and_nothing_is() {
    for (enter, moves, _, reason) in MOVING {
        let (clock, _) = begun(&ROUTE);
        enter(&clock);
        let late = clock.deadline();
        assert_eq!(clock.time_out(late, GRACE), TimedOut::Told);
        assert_eq!(clock.expired(), Some(reason));
        moves(&clock);
        assert_eq!(clock.expired(), None, "{reason:?}");
        assert!(clock.deadline() > late + GRACE, "{reason:?}");
        // And if nothing does, there is an end.
        assert_eq!(clock.time_out(clock.deadline(), GRACE), TimedOut::Told);
        let told = clock.deadline();
        assert_eq!((clock.time_out(told, GRACE), clock.cut()), (TimedOut::Over, clock.expired()));
    }
}

#[test]
fn a_limit_on_the_whole_cuts_what_gets_on() {
    for (enter, moves, ..) in MOVING.into_iter().take(4) {
        let (clock, start) = begun(&WHOLE);
        enter(&clock);
        clock.now.set(Some(start + seconds(69)));
        moves(&clock);
        assert_eq!(clock.deadline(), start + seconds(70));
        assert_eq!(clock.time_out(clock.deadline(), GRACE), TimedOut::Told);
        moves(&clock);
        assert_eq!(clock.expired(), Some(Reason::TotalTimeout));
        assert_eq!(clock.deadline(), start + seconds(70) + GRACE);
    }
    // A tunnel has none, but the gateway's own end.
    let (clock, start) = begun(&WHOLE);
    clock.begin_tunnel();
    assert_eq!(clock.deadline(), start + seconds(60));
    clock.expire(Reason::Shutdown, start + seconds(1));
    clock.tunnel_moved();
    assert_eq!((clock.expired(), clock.deadline()), (Some(Reason::Shutdown), start + seconds(1)));
}

#[test]
fn nothing_that_a_failed_attempt_waited_for_bounds_the_next() {
    // While the client is waited for no backend loses time.
    let waits: [(Enter, Duration); 3] =
        [(|_| {}, seconds(0)), (Clock::await_consent, seconds(0)), (Clock::body_awaited, seconds(2))];
    for (wait, of_client) in waits {
        let (clock, start) = begun(&ROUTE);
        clock.await_answer(seconds(3));
        wait(&clock);
        clock.now.set(Some(start + seconds(2)));
        clock.attempt_failed();
        assert_eq!(clock.deadline(), start + of_client + ROUTE.timeout);
        // To be connected to has taken longer than the first one's answer might.
        clock.now.set(Some(start + seconds(6)));
        clock.await_answer(seconds(3));
        assert_eq!(clock.deadline(), start + seconds(9));
        assert_eq!(clock.time_out(clock.deadline(), GRACE), TimedOut::Told);
        assert_eq!(clock.expired(), Some(Reason::UpstreamTimeout), "the client has nothing to do with it");
        // Who is late has no further attempt.
        clock.attempt_failed();
        assert_eq!(clock.deadline(), start + seconds(9) + GRACE);
    }
}

#[test]
fn a_client_that_takes_something_is_not_stuck() {
    let (clock, mut now) = begun(&ROUTE);
    clock.response_moved();
    for _ in 0..1000 {
        clock.response_stuck();
        // However often it is looked at.
        clock.response_stuck();
        // Nobody asks the backend for more meanwhile.
        assert_eq!(clock.deadline(), now + TIMEOUTS.write);
        now = clock.deadline() - Duration::from_millis(1);
        clock.now.set(Some(now));
        clock.response_taken();
        assert_eq!(clock.deadline(), now + ROUTE.idle);
    }
    clock.response_stuck();
    assert_eq!(clock.time_out(clock.deadline(), GRACE), TimedOut::Over);
    assert_eq!(clock.cut(), Some(Reason::WriteTimeout));
}
