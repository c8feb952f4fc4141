use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::mvp::{Observer, Table};

/// Shows a bar on a terminal, and nothing elsewhere.
pub(super) struct Progress {
    bar: ProgressBar,
    stopping: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        if io::stderr().is_terminal() {
            let style = "{msg:14} {bar:30} {pos} of {len}, {per_sec}, {eta} left";
            bar.set_style(ProgressStyle::with_template(style).expect("the template is well formed"));
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(Duration::from_millis(500));
        }
        Self { bar, stopping: AtomicBool::new(false) }
    }

    /// Asks the run to stop; returns whether nobody had asked before.
    pub(super) fn stop(&self) -> bool {
        let first = !self.stopping.swap(true, Ordering::Relaxed);
        if first {
            let text = "stopping after this batch; once more to stop at once";
            if self.bar.is_hidden() {
                // Somebody who doesn't read it is no reason to end the run.
                let _ = writeln!(io::stderr(), "nadia: {text}");
            } else {
                self.bar.println(text);
            }
        }
        first
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Progress {
    fn begins(&self, table: Table, done: u64, rows: u64) {
        self.bar.reset();
        self.bar.set_message(table.name());
        self.bar.set_length(rows);
        self.bar.set_position(done);
    }

    fn came(&self, rows: u64) {
        self.bar.inc(rows);
    }

    fn verifies(&self) {
        self.bar.set_message("comparing");
    }

    fn goes_on(&self) -> bool {
        !self.stopping.load(Ordering::Relaxed)
    }
}
