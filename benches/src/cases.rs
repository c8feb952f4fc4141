use std::{
    fmt,
    hint::black_box,
    io::{self, Write},
    pin::Pin,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::runtime::Runtime;

use crate::{Effort, Error};

/// Collects the cases of a group.
///
/// A case's name begins with `floor:`, `peer:` or `nadia:` and ends with the size of its data. With each goes the
/// name of the case that it is compared with, a floor's own where it is compared with nothing.
pub struct Cases {
    runtime: Rc<Runtime>,
    effort: Effort,
    pub(crate) cases: Vec<Case>,
    pub(crate) finally: Vec<Finally>,
}

type Finally = Pin<Box<dyn Future<Output = Result<(), Error>>>>;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) floor: String,
    /// How often one round runs the operation.
    pub(crate) pace: Pace,
    /// Runs the operation so many times and says how long that took.
    pub(crate) batch: Box<dyn FnMut(u64) -> Result<Duration, Error>>,
}

/// How often one round runs a case's operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As often as it takes to fill the round's time.
    Fast,
    /// Once, in a few of the rounds.
    Slow,
}

impl Cases {
    pub(crate) fn new(runtime: Rc<Runtime>, effort: Effort) -> Self {
        Self { runtime, effort, cases: Vec::new(), finally: Vec::new() }
    }

    /// Returns how much data to measure on.
    #[must_use]
    pub const fn effort(&self) -> Effort {
        self.effort
    }

    /// Runs what prepares cases, on the runtime that they will run on.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Adds a case whose operation doesn't wait.
    pub fn add<T>(
        &mut self,
        name: impl Into<String>,
        floor: impl Into<String>,
        mut operation: impl FnMut() -> Result<T, Error> + 'static,
    ) {
        let batch = move |times| {
            let start = Instant::now();
            for _ in 0..times {
                black_box(operation()?);
            }
            Ok(start.elapsed())
        };
        self.push(name.into(), floor.into(), Pace::Fast, batch);
    }

    /// Adds a case whose operation waits.
    pub fn add_async<T>(
        &mut self,
        name: impl Into<String>,
        floor: impl Into<String>,
        mut operation: impl AsyncFnMut() -> Result<T, Error> + 'static,
    ) {
        let runtime = Rc::clone(&self.runtime);
        let batch = move |times| {
            runtime.block_on(async {
                let start = Instant::now();
                for _ in 0..times {
                    black_box(operation().await?);
                }
                Ok(start.elapsed())
            })
        };
        self.push(name.into(), floor.into(), Pace::Fast, batch);
    }

    /// Adds a case whose operation takes tens of milliseconds or more, or can't be done often: once a round, in a few of
    /// the rounds. It waits, and says itself how long it took, so that what it needs beforehand is not in the time.
    pub fn add_slow(
        &mut self,
        name: impl Into<String>,
        floor: impl Into<String>,
        mut operation: impl AsyncFnMut() -> Result<Duration, Error> + 'static,
    ) {
        let runtime = Rc::clone(&self.runtime);
        let batch = move |times| {
            runtime.block_on(async {
                let mut took = Duration::ZERO;
                for _ in 0..times {
                    took += operation().await?;
                }
                Ok(took)
            })
        };
        self.push(name.into(), floor.into(), Pace::Slow, batch);
    }

    /// Tells whoever runs the bench what is no time of a case, such as memory.
    ///
    /// # Errors
    /// When the error output can't be written.
    pub fn note(&self, text: impl fmt::Display) -> Result<(), Error> {
        Ok(writeln!(io::stderr(), "  {text}")?)
    }

    fn push(
        &mut self,
        name: String,
        floor: String,
        pace: Pace,
        batch: impl FnMut(u64) -> Result<Duration, Error> + 'static,
    ) {
        self.cases.push(Case { name, floor, pace, batch: Box::new(batch) });
    }

    /// Runs `future` when the group was measured and its cases are gone.
    pub fn finally(&mut self, future: impl Future<Output = Result<(), Error>> + 'static) {
        self.finally.push(Box::pin(future));
    }

    /// Checks the names, which those who read the report rely on.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let names: Vec<&str> = self.cases.iter().map(|case| case.name.as_str()).collect();
        for Case { name, floor, .. } in &self.cases {
            if !["floor: ", "peer: ", "nadia: "].iter().any(|kind| name.starts_with(kind)) {
                return Err(format!("case {name:?} is of no kind; begin with floor:, peer: or nadia:").into());
            }
            if names.iter().filter(|other| *other == name).count() > 1 {
                return Err(format!("case {name:?} is there twice; say in the name how the two differ").into());
            }
            if !floor.starts_with("floor: ") || !names.contains(&floor.as_str()) {
                return Err(format!("case {name:?} is compared with {floor:?}; name a floor of its group").into());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Cases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.cases.iter().map(|case| &case.name).collect();
        f.debug_struct("Cases").field("effort", &self.effort).field("cases", &names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) -> Result<(), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut all = Cases::new(Rc::new(runtime), Effort::Once);
        for (name, floor) in cases {
            all.add(*name, *floor, || Ok(()));
        }
        all.check().map_err(|error| error.to_string())
    }

    #[test]
    fn names_say_what_a_case_is_and_what_it_is_compared_with() {
        assert_eq!(check(&[("floor: a", "floor: a"), ("nadia: b", "floor: a"), ("peer: c", "floor: a")]), Ok(()));
        assert!(check(&[("ours", "floor: a"), ("floor: a", "floor: a")]).unwrap_err().contains("no kind"));
        assert!(check(&[("nadia: a", "floor: a")]).unwrap_err().contains("name a floor"));
        assert!(check(&[("floor: a", "floor: a"), ("floor: a", "floor: a")]).unwrap_err().contains("twice"));
    }
}
