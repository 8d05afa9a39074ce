//! Starting and stopping: everything that can be wrong is found before the first connection is taken, and said at once.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::LocalRuntime;
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use super::process::{Phase, Process};
use super::worker::Worker;
use super::{connection, control, listener};
use crate::access_log::{Queue, Writer};
use crate::app::{App, Listen, Settings};
use crate::late::Problems;

/// `EX_CONFIG` of sysexits.h: the config, the environment or a port is not as it must be.
const EXIT_CONFIG: u8 = 78;
/// Something failed while running.
pub(super) const EXIT_FAILURE: u8 = 1;

/// Runs a gateway until it is told to stop by SIGTERM or SIGINT.
pub fn run<A: App>(app: &'static A) -> ExitCode {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(level(app.settings()).unwrap_or_else(|_| "info".to_owned())));
    // A second gateway in one process keeps the first one's subscriber.
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let log =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr);
    let _ = log.try_init();
    match prepare(app.settings()) {
        Ok(sockets) => match serve(app, sockets) {
            Ok(code) => code,
            Err(error) => {
                eprintln!("error: the gateway cannot run: {error}");
                ExitCode::from(EXIT_FAILURE)
            }
        },
        Err(problems) => {
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
    }
}

/// A worker's sockets, each with whether it is the admin's.
type Sockets = Vec<(TcpListener, bool)>;

/// Binds late values and ports; the sockets of each worker.
fn prepare(settings: &'static Settings) -> Result<Vec<Sockets>, Problems> {
    let mut problems = Problems::new();
    settings.bindings.iter().for_each(|binding| binding.bind(&mut problems));
    if let Err(why) = level(settings) {
        problems.at(settings.log_level.origin, why);
    }
    let workers = workers_of(settings);
    let mut sockets: Vec<Sockets> = (0..workers).map(|_| Vec::new()).collect();
    let mut listening = Vec::new();
    let listens = settings.listen.iter().map(|listen| (listen, false));
    for (listen, admin) in listens.chain(settings.admin.iter().map(|listen| (listen, true))) {
        let Some(addresses) = addresses(listen, &mut problems) else { continue };
        for address in addresses {
            // The admin's requests are rare: one worker is enough.
            match listener::open(address, if admin { 1 } else { workers }) {
                Ok(opened) => {
                    let bound = opened[0].local_addr().unwrap_or(address);
                    listening.push((if admin { "admin" } else { "gateway" }, bound));
                    sockets.iter_mut().zip(opened).for_each(|(worker, socket)| worker.push((socket, admin)));
                }
                Err(error) => problems.at(
                    listen.origin,
                    format!("cannot listen on {address}{}: {error}", listen.address.source()),
                ),
            }
        }
    }
    if !problems.messages().is_empty() {
        return Err(problems);
    }
    for (scope, address) in listening {
        tracing::info!(scope, %address, "listening");
    }
    Ok(sockets)
}

/// `server.log_level`, or what is wrong with it.
fn level(settings: &Settings) -> Result<String, String> {
    let level = settings.log_level.level.resolve().map_err(|errors| errors.join("; "))?;
    match level.as_str() {
        "error" | "warn" | "info" | "debug" | "trace" => Ok(level),
        _ => Err(format!("server.log_level: `{level}` is not error, warn, info, debug or trace")),
    }
}

fn addresses(listen: &Listen, problems: &mut Problems) -> Option<Vec<SocketAddr>> {
    let text = problems.resolve(listen.origin, &listen.address)?;
    match text.to_socket_addrs() {
        // `localhost` may stand for the same address twice.
        Ok(found) => {
            Some(found.map(|address| (address, ())).collect::<BTreeMap<_, ()>>().into_keys().collect())
        }
        Err(error) => {
            problems.at(
                listen.origin,
                format!(
                    "`{text}`{} is not an address to listen on (host:port): {error}",
                    listen.address.source()
                ),
            );
            None
        }
    }
}

fn serve<A: App>(app: &'static A, sockets: Vec<Sockets>) -> std::io::Result<ExitCode> {
    let settings = app.settings();
    let names = app.routes().routes.iter().map(|route| route.name).collect();
    let process = Arc::new(Process::new(settings, names));
    let (writer, queues) = Writer::start(process.clone(), sockets.len())?;
    let (phase, watched) = watch::channel(Phase::Running);
    let (idle, busy) = watch::channel(());
    let mut workers = Vec::new();
    for (number, (sockets, queue)) in sockets.into_iter().zip(queues).enumerate() {
        let (process, phase, busy) = (process.clone(), watched.clone(), busy.clone());
        let thread = std::thread::Builder::new().name(format!("worker-{number}"));
        workers.push(thread.spawn(move || work(app, sockets, process, queue, phase, busy))?);
    }
    drop((watched, busy));
    let control = std::thread::Builder::new().name("control".to_owned());
    let control = control.spawn(move || LocalRuntime::new()?.block_on(control::run(process, phase, idle)))?;
    let outcome = control.join().map_err(|_| std::io::Error::other("the control thread panicked"))??;
    // The workers know that it is over; they drop what they have, and log it.
    let ended = workers
        .into_iter()
        .map(std::thread::JoinHandle::join)
        .filter(|ended| matches!(ended, Ok(Ok(()))))
        .count();
    writer.finish(Instant::now() + Duration::from_secs(1));
    tracing::info!("stopped");
    let drained = outcome == control::Outcome::Drained && ended == workers_of(settings);
    Ok(if drained { ExitCode::SUCCESS } else { ExitCode::from(EXIT_FAILURE) })
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
    mut phase: watch::Receiver<Phase>,
    busy: watch::Receiver<()>,
) -> std::io::Result<()> {
    let runtime = LocalRuntime::new()?;
    let worker = Rc::new(Worker::new(process, queue));
    let result = runtime.block_on(async {
        let mut accepting = Vec::new();
        for (socket, admin) in sockets {
            let listener = tokio::net::TcpListener::from_std(socket)?;
            let worker = worker.clone();
            if admin {
                tokio::task::spawn_local(async move {
                    loop {
                        let (stream, peer) = listener::accept(&listener).await;
                        tokio::task::spawn_local(connection::serve_admin(app, stream, peer, worker.clone()));
                    }
                });
                continue;
            }
            accepting.push(tokio::task::spawn_local(async move {
                loop {
                    let (stream, peer) = listener::accept(&listener).await;
                    // Over the limit the kernel's queue holds the rest back.
                    while !worker.process().admit() {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    tokio::task::spawn_local(connection::serve(app, stream, peer, worker.clone()));
                }
            }));
        }
        let sweeping = worker.clone();
        tokio::task::spawn_local(async move { sweeping.sweep().await });
        let logging = worker.clone();
        tokio::task::spawn_local(async move { logging.access_log().keep_fresh(&logging).await });
        // The sender is gone only when the control thread is; then there is nobody left to serve for.
        let _ = phase.wait_for(|phase| *phase >= Phase::Closing).await;
        accepting.iter().for_each(tokio::task::JoinHandle::abort);
        for task in accepting {
            let _ = task.await;
        }
        tokio::select! {
            () = worker.close_clients() => {}
            _ = phase.wait_for(|phase| *phase == Phase::Stopped) => {}
        }
        worker.access_log().flush(&worker);
        drop(busy);
        // This worker is done; its admin listener answers until all are.
        let _ = phase.wait_for(|phase| *phase == Phase::Stopped).await;
        Ok(())
    });
    // Dropping the runtime drops what is still in flight, and every request dropped leaves its line.
    drop(runtime);
    worker.access_log().flush(&worker);
    result
}
