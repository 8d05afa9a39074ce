//! Rendering `/metrics` for whoever asks, on a thread of its own: encoding thousands of series would hold up a worker's other
//! connections. There is one such thread at most, however many ask; who asks while it renders is given what it renders next,
//! so that an answer is never older than its question.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::oneshot;

/// What `/metrics` says, and its content type. `None`: it could not be rendered.
pub(crate) type Rendered = Option<(Bytes, String)>;

/// Who waits for `/metrics`, and whether there is a thread for them.
#[derive(Debug, Default)]
pub(crate) struct Exposition(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    waiting: Vec<oneshot::Sender<Rendered>>,
    rendering: bool,
}

impl Exposition {
    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who wait now; if nobody does, the thread is done.
    fn next(&self) -> Option<Vec<oneshot::Sender<Rendered>>> {
        let mut state = self.lock();
        state.rendering = !state.waiting.is_empty();
        state.rendering.then(|| std::mem::take(&mut state.waiting))
    }

    /// Takes part in the next rendering; whether somebody has to begin it.
    fn join(&self) -> (oneshot::Receiver<Rendered>, bool) {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.lock();
        state.waiting.push(sender);
        (receiver, !std::mem::replace(&mut state.rendering, true))
    }

    /// Nobody renders: who waits is told so, and the next who asks begins anew.
    fn give_up(&self) {
        *self.lock() = Waiting::default();
    }

    /// What `render` makes of the present, or of what comes a little later.
    pub(crate) async fn ask(self: &Arc<Self>, render: impl Fn() -> Rendered + Send + 'static) -> Rendered {
        let (rendered, first) = self.join();
        if first {
            let exposition = self.clone();
            let thread = std::thread::Builder::new().name("metrics".to_owned());
            if let Err(error) = thread.spawn(move || exposition.render_for_all(render)) {
                tracing::error!(%error, "cannot collect the metrics");
                self.give_up();
            }
        }
        rendered.await.ok().flatten()
    }

    /// Renders for as long as somebody waits.
    fn render_for_all(&self, render: impl Fn() -> Rendered) {
        /// Also after a panic nobody waits for ever.
        struct Ends<'a>(&'a Exposition);
        impl Drop for Ends<'_> {
            fn drop(&mut self) {
                if std::thread::panicking() {
                    self.0.give_up();
                }
            }
        }
        let _ends = Ends(self);
        while let Some(waiting) = self.next() {
            let rendered = render();
            for who in waiting {
                // They may have gone away.
                let _ = who.send(rendered.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_while_others_are_served_waits_for_the_next_rendering() {
        let exposition = Exposition::default();
        let (first, begins) = exposition.join();
        assert!(begins);
        let (_second, begins) = exposition.join();
        assert!(!begins);
        let served = exposition.next().unwrap();
        assert_eq!(served.len(), 2);
        let (_third, begins) = exposition.join();
        assert!(!begins, "there is a thread already");
        assert_eq!(exposition.next().unwrap().len(), 1);
        assert!(exposition.next().is_none());
        assert!(exposition.join().1, "that thread is gone");
        drop((first, served));
    }

    #[test]
    fn when_rendering_fails_nobody_waits_for_ever() {
        let exposition = Exposition::default();
        let (mut waiting, _) = exposition.join();
        exposition.give_up();
        assert!(waiting.try_recv().is_err());
        assert!(exposition.join().1);
    }
}
