use std::{
    io::{self, IsTerminal, Write},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use nadia_tenant_sqlx::{MigrateObserver, MigratedPlace};

/// How often a line is written where there is no terminal.
const LINE: Duration = Duration::from_secs(5);

/// Shows on the standard error how a run goes on: a bar on a terminal, otherwise a line now and then.
pub(super) struct Progress {
    bar: ProgressBar,
    lines: Option<Mutex<Lines>>,
    stopping: AtomicBool,
}

struct Lines {
    begun: Instant,
    last: Instant,
    places: usize,
    done: usize,
    failed: usize,
}

impl Progress {
    pub(super) fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        let now = Instant::now();
        let lines = Lines { begun: now, last: now, places: 0, done: 0, failed: 0 };
        // Hidden until it is known that there is anything to show.
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        Self { bar, lines: (!terminal).then(|| Mutex::new(lines)), stopping: AtomicBool::new(false) }
    }

    /// Asks the run to stop; returns whether nobody had asked before.
    pub(super) fn stop(&self) -> bool {
        let first = !self.stopping.swap(true, Ordering::Relaxed);
        if first {
            self.say("stopping when the places that were begun are done; once more to stop at once");
        }
        first
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn say(&self, text: &str) {
        if self.lines.is_none() && !self.bar.is_hidden() {
            return self.bar.println(text);
        }
        // Somebody who doesn't read it is no reason to end the run.
        let _ = writeln!(io::stderr(), "nadia: {text}");
    }
}

impl MigrateObserver for Progress {
    fn planned(&self, places: usize) {
        match &self.lines {
            Some(lines) => lines.lock().unwrap_or_else(PoisonError::into_inner).places = places,
            None if places > 0 => {
                let style = "{bar:30} {pos} of {len} places, {per_sec}, {eta} left";
                let style = ProgressStyle::with_template(style).expect("the template is well formed");
                self.bar.set_style(style);
                self.bar.set_length(places.try_into().unwrap_or(u64::MAX));
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
                self.bar.enable_steady_tick(Duration::from_millis(500));
            }
            None => {}
        }
    }

    fn finished(&self, place: &MigratedPlace) {
        self.bar.inc(1);
        match &self.lines {
            Some(lines) => {
                let line = lines.lock().unwrap_or_else(PoisonError::into_inner).count(place);
                if let Some(line) = line {
                    self.say(&line);
                }
            }
            None => {
                if let Some(error) = &place.error {
                    self.say(&format!("the {} failed: {error}", place.place));
                }
            }
        }
    }

    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed)
    }
}

impl Lines {
    /// Counts a place, and returns a line if it is time for one.
    fn count(&mut self, place: &MigratedPlace) -> Option<String> {
        self.done += 1;
        self.failed += usize::from(place.error.is_some());
        let Self { begun, last, places, done, failed } = *self;
        if last.elapsed() < LINE {
            return None;
        }
        self.last = Instant::now();
        let rate = done as f64 / begun.elapsed().as_secs_f64();
        let left = places.saturating_sub(done) as f64 / rate;
        Some(format!("{done} of {places} places, {failed} failed, {rate:.1} a second, {left:.0} s left"))
    }
}
