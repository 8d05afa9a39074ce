//! Starting and stopping: everything that can be wrong is found before the first connection is taken, and said at once.

use std::collections::BTreeSet;
use std::net::ToSocketAddrs;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use castgate_contract::backend;
use castgate_contract::level;
use castgate_contract::listen::{self, Address, Mistake};
use tokio::runtime::LocalRuntime;
use tokio::signal::unix::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::supervise::{Crew, End, Reporter};
use super::{control, files};
use crate::app::App;
use crate::downstream::{Clients, acceptor, listener};
use crate::late::Problems;
use crate::observe::{OperationalLog, Queue, Writer};
use crate::settings::{Listen, Listener, Settings};
use crate::worker::{Process, Stage, Worker};

/// `EX_CONFIG` of sysexits.h: the config, the environment or a port is not as it must be.
const EXIT_CONFIG: u8 = 78;
/// How long the exit waits for each of stdout and stderr to take the last lines.
const LAST_LINES: Duration = Duration::from_secs(1);
/// What listeners are called that are not the admin's.
const GATEWAY: &str = "gateway";
/// Something failed while running.
pub(super) const EXIT_FAILURE: u8 = 1;

/// Runs a gateway until it is told to stop by SIGTERM or SIGINT.
pub fn run<A: App>(app: &'static A) -> ExitCode {
    let level = level(app.settings()).unwrap_or_else(|_| level::DEFAULT.to_owned());
    let outcome = OperationalLog::start(&level).and_then(|log| {
        let outcome = start(app, &log);
        log.finish(Instant::now() + LAST_LINES);
        outcome
    });
    match outcome {
        Ok(Ok(code)) => code,
        Ok(Err(problems)) => {
            for message in problems.messages() {
                eprintln!("error: {message}");
            }
            let count = problems.messages().len();
            eprintln!(
                "error: the gateway cannot start: {count} problem{}",
                if count == 1 { "" } else { "s" }
            );
            ExitCode::from(EXIT_CONFIG)
        }
        Err(error) => {
            eprintln!("error: the gateway cannot run: {error}");
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

/// The code of a gateway that has run, or why it could not start.
fn start<A: App>(app: &'static A, log: &OperationalLog) -> std::io::Result<Result<ExitCode, Problems>> {
    // From the first moment: a signal that means "read again" must not end a gateway that is about to start.
    let runtime = LocalRuntime::new()?;
    let inside = runtime.enter();
    let hangup = control::catch_hangups()?;
    let files = files::raise_limit();
    let (sockets, listening) = match prepare(app.settings()) {
        Ok(prepared) => prepared,
        Err(problems) => return Ok(Err(problems)),
    };
    // Before anybody is told that the gateway is there, and may ask it to drain; a start that hangs can be ended until then.
    let ends = control::Ends::catch()?;
    drop(inside);
    drop(runtime);
    for (scope, name, address) in listening {
        let listener = Some(name).filter(|name| !name.is_empty());
        tracing::info!(scope, listener, %address, "listening");
    }
    let capacity = files::capacity(files, sockets.len(), app.settings().limits.connections);
    let names = app.routes(0).routes.iter().map(|route| route.name).collect();
    let process = Arc::new(Process::new(app.settings(), names, capacity, log.clone()));
    serve(app, sockets, process, (hangup, ends)).map(Ok)
}

/// Whose a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// The listener's of this number.
    Gateway(usize),
    /// The admin's.
    Admin,
}

/// Where the gateway listens: the scope, the name of the listener, and the address.
type Listening = Vec<(&'static str, &'static str, Address)>;

/// A worker's sockets.
type Sockets = Vec<(listener::Listener, Owner)>;

/// Binds late values and ports; the sockets of each worker, and where they listen.
fn prepare(settings: &'static Settings) -> Result<(Vec<Sockets>, Listening), Problems> {
    let mut problems = Problems::new();
    settings.upstreams.iter().for_each(|cluster| cluster.bind(&mut problems));
    settings.policies.iter().for_each(|policy| policy.bind(&mut problems));
    if let Err(why) = level(settings) {
        problems.at(settings.log_level.origin, why);
    }
    let workers = workers_of(settings);
    let mut sockets: Vec<Sockets> = (0..workers).map(|_| Vec::new()).collect();
    let mut listening = Listening::new();
    let of_listener = |(number, listener): (usize, &'static Listener)| {
        listener.listen.iter().map(move |listen| (listen, Owner::Gateway(number), listener.name))
    };
    let listens = settings.listeners.iter().enumerate().flat_map(of_listener);
    let admin = settings.admin.iter().map(|listen| (listen, Owner::Admin, ""));
    for (listen, owner, name) in listens.chain(admin) {
        let Some(addresses) = addresses(listen, &mut problems) else { continue };
        let is_admin = owner == Owner::Admin;
        for address in addresses {
            // The admin's requests are rare: one worker is enough.
            match listener::open(&address, if is_admin { 1 } else { workers }) {
                Ok(opened) => {
                    let bound = opened[0].bound().map_or(address, Address::Ip);
                    listening.push((if is_admin { "admin" } else { GATEWAY }, name, bound));
                    sockets.iter_mut().zip(opened).for_each(|(worker, socket)| worker.push((socket, owner)));
                }
                Err(error) => problems.at(
                    listen.origin,
                    format!("cannot listen on {address}{}: {error}", listen.address.source()),
                ),
            }
        }
    }
    let own = listening.iter().filter(|(scope, ..)| *scope == GATEWAY);
    let own: Vec<&Address> = own.map(|(.., address)| address).collect();
    let own = |place: &backend::Place| own.iter().find(|own| listener::leads_to(own, place)).copied();
    let written = settings.upstreams.iter().flat_map(|cluster| cluster.written());
    written.filter_map(<[_]>::first).for_each(|backend| backend.refuse_own(own, &mut problems));
    if !problems.messages().is_empty() {
        return Err(problems);
    }
    Ok((sockets, listening))
}

/// `server.log_level`, or what is wrong with it.
fn level(settings: &Settings) -> Result<String, String> {
    let level = settings.log_level.level.resolve().map_err(|errors| errors.join("; "))?;
    if level::is_level(&level) {
        return Ok(level);
    }
    Err(format!("server.log_level: `{level}` is none of {}", level::LEVELS.join(", ")))
}

fn addresses(listen: &Listen, problems: &mut Problems) -> Option<Vec<Address>> {
    let text = problems.resolve(listen.origin, &listen.address)?;
    let why = match listen::parse(&text) {
        Ok(address) => return Some(vec![address]),
        Err(Mistake::Unix(mistake)) => mistake.to_string(),
        Err(Mistake::Mapped(address)) => format!("an IPv4 address is written as one: {address}"),
        // At start a name will do, too. The port is digits: the system's resolver would take `+1`.
        Err(Mistake::NotAnAddress) if !ends_with_port(&text) => {
            "expected a name or an address, and a port".to_owned()
        }
        Err(Mistake::NotAnAddress) => match text.to_socket_addrs() {
            // `localhost` may stand for the same address twice.
            Ok(found) => return Some(found.collect::<BTreeSet<_>>().into_iter().map(Address::Ip).collect()),
            Err(error) => error.to_string(),
        },
    };
    let source = listen.address.source();
    problems.at(
        listen.origin,
        format!("`{text}`{source} is not an address to listen on (host:port or unix:/path): {why}"),
    );
    None
}

/// Whether there is one name, and a port behind it.
fn ends_with_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.contains(':') && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn serve<A: App>(
    app: &'static A,
    sockets: Vec<Sockets>,
    process: Arc<Process>,
    (hangup, ends): (Signal, control::Ends),
) -> std::io::Result<ExitCode> {
    let (writer, queues) = Writer::start(process.lost_lines().clone(), sockets.len())?;
    let (stage, watched) = watch::channel(Stage::Running);
    let works = sockets.into_iter().zip(queues).map(|(sockets, queue)| {
        let (process, stage) = (process.clone(), watched.clone());
        move |reporter| work(app, sockets, process, queue, stage, reporter)
    });
    let crew = Crew::start(works)?;
    drop(watched);
    let control = std::thread::Builder::new().name("control".to_owned());
    let control = control.spawn(move || {
        let runtime = LocalRuntime::new()?;
        let outcome = runtime.block_on(control::run(process, stage, crew, hangup, ends));
        // A thread that looks up a name may hang for as long as it likes; nobody waits for it.
        runtime.shutdown_background();
        outcome
    })?;
    let outcome = control.join().map_err(|_| std::io::Error::other("the control thread panicked"))??;
    writer.finish(Instant::now() + LAST_LINES);
    tracing::info!("stopped");
    Ok(match outcome {
        control::Outcome::Drained => ExitCode::SUCCESS,
        control::Outcome::Incomplete => ExitCode::from(EXIT_FAILURE),
    })
}

fn workers_of(settings: &Settings) -> usize {
    settings.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
}

/// One worker, from its first connection to its last.
fn work<A: App>(
    app: &'static A,
    sockets: Sockets,
    process: Arc<Process>,
    queue: Queue,
    mut stage: watch::Receiver<Stage>,
    reporter: Reporter,
) -> std::io::Result<End> {
    let runtime = LocalRuntime::new()?;
    // Inside of the runtime, where what is a worker's own can have tasks.
    let worker = Rc::new(runtime.block_on(async { Worker::new(process, queue) })?);
    let clients = Rc::new(Clients::new(worker.clone()));
    let result = runtime.block_on(async {
        let mut accepting = JoinSet::new();
        for (socket, owner) in sockets {
            match owner {
                Owner::Admin => {
                    tokio::task::spawn_local(acceptor::serve_admin(socket, clients.clone()));
                }
                Owner::Gateway(listener) => {
                    let app = (app, listener);
                    accepting.spawn_local(acceptor::serve(app, socket, clients.clone(), stage.clone()));
                }
            }
        }
        let timing = worker.timers().clone();
        tokio::task::spawn_local(async move { timing.run().await });
        let sweeping = worker.clone();
        tokio::task::spawn_local(async move { sweeping.sweep().await });
        let relieving = clients.clone();
        tokio::task::spawn_local(async move { relieving.relieve_others().await });
        let logging = worker.clone();
        tokio::task::spawn_local(async move { logging.access_log().keep_fresh(logging.timers()).await });
        // Each ends by itself when the gateway closes. One that fails takes the worker with it: deaf, it is no use.
        while let Some(ended) = accepting.join_next().await {
            ended.map_err(std::io::Error::other)??;
        }
        let was_cut_off = tokio::select! {
            biased;
            // The sender is gone only when the control thread is; then there is nobody left to serve for.
            _ = stage.wait_for(|stage| *stage == Stage::Stopped) => clients.cut_off().await,
            () = clients.close() => false,
        };
        worker.access_log().flush();
        reporter.idle();
        // This worker is done; its admin listener answers until all are.
        let _ = stage.wait_for(|stage| *stage == Stage::Stopped).await;
        Ok(if was_cut_off { End::CutOff } else { End::Drained })
    });
    // What is still in flight is dropped with its task, and every request dropped leaves its line.
    runtime.shutdown_background();
    worker.access_log().flush();
    result
}
