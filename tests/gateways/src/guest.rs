//! The gateway of `configs/crowd.yml` with a policy and a layer written by hand: it counts the requests of each worker, and does
//! something at every station of a policy's life.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{env, fs, thread};

use castgate::{
    Context, Control, Error, Families, Layered, Locals, Origin, Policy, Problems, Reason, Refusal, Reloaded,
    Request, Response, Routed, Service, Slot,
};

use castgate::http::HeaderName;

use crate::cast::crowd::{Compiled, GATEWAY};

static TALLY: Tally = Tally {
    slot: Slot::at(7),
    started_on: OnceLock::new(),
    reloads: AtomicU64::new(0),
    counted: AtomicU64::new(0),
};
static TIRED: Refusal = Refusal::new("tired", 503, "The layer is tired");
const ORIGIN: Origin = Origin::at("guest.rs", 1);

/// Counts requests.
struct Tally {
    slot: Slot<Count>,
    started_on: OnceLock<String>,
    reloads: AtomicU64,
    /// What workers have handed in.
    counted: AtomicU64,
}

/// What one worker has counted.
struct Count {
    worker: String,
    requests: Cell<u64>,
}

impl Drop for Count {
    /// The worker ends.
    fn drop(&mut self) {
        TALLY.counted.fetch_add(self.requests.get(), Ordering::Relaxed);
    }
}

fn thread_name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

impl Policy for Tally {
    fn bind(&self, problems: &mut Problems) {
        if env::var_os("TALLY_IS_ILL").is_some() {
            problems.at(ORIGIN, "the tally is ill");
        }
    }

    fn start(&'static self, control: &Control) {
        control.spawn(async { drop(self.started_on.set(thread_name())) });
    }

    fn local(&'static self, locals: &mut Locals) {
        locals.put(self.slot, Count { worker: thread_name(), requests: Cell::new(0) });
    }

    fn reload(&self, problems: &mut Problems) -> Reloaded {
        match env::var("TALLY_FILE").map(fs::read) {
            Err(_) => Reloaded::Nothing,
            Ok(Err(error)) => {
                problems.at(ORIGIN, format!("the tally's file cannot be read: {error}"));
                Reloaded::Done
            }
            Ok(Ok(_)) => {
                self.reloads.fetch_add(1, Ordering::Relaxed);
                Reloaded::Done
            }
        }
    }

    fn collect(&self, families: &mut Families) {
        let thread = self.started_on.get().map_or("", String::as_str);
        families.gauge("tally_started", "Where it has started.", &[("thread", thread)], 1);
        let reloads = self.reloads.load(Ordering::Relaxed);
        families.counter("tally_reloads_total", "How often it was read again.", &[], reloads);
    }

    fn stop(&self) {
        if let Ok(file) = env::var("TALLY_LAST") {
            drop(fs::write(file, self.counted.load(Ordering::Relaxed).to_string()));
        }
        while env::var_os("TALLY_HANGS").is_some() {
            thread::park();
        }
    }
}

/// The cast gateway, with the tally.
pub(crate) static GUEST: Layered<Compiled, Tallied<Routed<Compiled>>> =
    Layered::new(&GATEWAY, Tallied, &[&TALLY]);

/// The layer of the tally.
pub(crate) struct Tallied<S>(S);

impl<S: Service> Service for Tallied<S> {
    async fn serve(&self, request: Request, cx: &mut Context<'_>) -> Result<Response, Error> {
        if request.fields.contains("x-tired") {
            return Err(Error::from(&TIRED));
        }
        let count = cx.local(TALLY.slot)?;
        count.requests.set(count.requests.get() + 1);
        let said = format!("{} {}", count.worker, count.requests.get());
        let mut response = self.0.serve(request, cx).await?;
        let said = said.parse().map_err(|_| Error::new(Reason::Internal))?;
        response.fields.insert(&HeaderName::from_static("x-tally"), &said);
        Ok(response)
    }
}
