use std::time::Duration;

use crate::{
    Effort, Error,
    cases::{Case, Pace},
};

/// Measures the cases in turn, round by round; returns the median of each, in nanoseconds for one operation.
pub(crate) fn medians(cases: &mut [Case], effort: Effort) -> Result<Vec<f64>, Error> {
    let mut batches = Vec::with_capacity(cases.len());
    for case in &mut *cases {
        let calibrated = match case.pace {
            Pace::Fast => calibrate(case, effort.batch()),
            // The first one connects and fills caches.
            Pace::Slow if effort != Effort::Once => (case.batch)(1).map(|_| 1),
            Pace::Slow => Ok(1),
        };
        batches.push(calibrated.map_err(|error| failed(case, &error))?);
    }
    let mut samples = vec![Vec::with_capacity(effort.rounds()); cases.len()];
    for round in 0..effort.rounds() {
        for turn in 0..cases.len() {
            // To and fro, so that no case always follows the same other one.
            let at = if round % 2 == 0 { turn } else { cases.len() - 1 - turn };
            let (case, times) = (&mut cases[at], batches[at]);
            match case.pace {
                // The others pushed this one's data and code out of the processor's caches.
                Pace::Fast => (case.batch)(times.div_ceil(8)).map(drop).map_err(|error| failed(case, &error))?,
                Pace::Slow if round < effort.slow_rounds() => {}
                Pace::Slow => continue,
            }
            let took = (case.batch)(times).map_err(|error| failed(case, &error))?;
            samples[at].push(took.as_secs_f64() * 1e9 / times as f64);
        }
    }
    Ok(samples.into_iter().map(median).collect())
}

/// Finds how many operations take `target`.
fn calibrate(case: &mut Case, target: Duration) -> Result<u64, Error> {
    if target.is_zero() {
        return Ok(1);
    }
    // The first operations connect, prepare and fill caches; PostgreSQL settles on a plan after five.
    (case.batch)(16)?;
    let mut times = 1;
    loop {
        // The shortest of three: a processor that is taken away for a while must not pass for a slow operation.
        let mut took = Duration::MAX;
        for _ in 0..3 {
            took = took.min((case.batch)(times)?);
        }
        if took * 2 >= target {
            let scale = target.as_secs_f64() / took.as_secs_f64();
            return Ok(((times as f64 * scale) as u64).max(1));
        }
        times *= 2;
    }
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    let middle = samples.len() / 2;
    if samples.len() % 2 == 1 { samples[middle] } else { f64::midpoint(samples[middle - 1], samples[middle]) }
}

fn failed(case: &Case, error: &Error) -> Error {
    format!("case {:?} failed: {error}", case.name).into()
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    #[test]
    fn the_median_is_the_middle_sample() {
        assert_eq!(median(vec![3.0, 1.0, 1000.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 1000.0]), 3.0);
    }

    #[test]
    fn each_case_is_measured_for_one_operation() {
        let case = |name: &str, each: u64| Case {
            name: name.to_owned(),
            floor: "floor: a".to_owned(),
            pace: Pace::Fast,
            batch: Box::new(move |times| Ok(Duration::from_nanos(each * times))),
        };
        let mut cases = [case("floor: a", 200), case("nadia: b", 500_000)];
        let medians = medians(&mut cases, Effort::Quick).unwrap();
        assert!((medians[0] - 200.0).abs() < 1e-6 && (medians[1] - 500_000.0).abs() < 1e-3, "{medians:?}");
    }

    #[test]
    fn a_slow_beginning_does_not_make_batches_short() {
        let mut done = 0;
        let batch = move |times| {
            let first = if done == 0 { Duration::from_millis(50) } else { Duration::ZERO };
            done += times;
            Ok(first + Duration::from_micros(times))
        };
        let mut case = Case { name: String::new(), floor: String::new(), pace: Pace::Fast, batch: Box::new(batch) };
        assert_eq!(calibrate(&mut case, Duration::from_millis(5)).unwrap(), 5_000);
    }

    #[test]
    fn rounds_take_the_cases_in_turn() {
        let order = Rc::new(RefCell::new(Vec::new()));
        let mut cases: Vec<Case> = ["a", "b"]
            .map(|name| {
                let order = Rc::clone(&order);
                let batch = move |times| {
                    order.borrow_mut().push(name);
                    Ok(Duration::from_millis(times))
                };
                Case { name: name.to_owned(), floor: name.to_owned(), pace: Pace::Fast, batch: Box::new(batch) }
            })
            .into();
        medians(&mut cases, Effort::Quick).unwrap();
        let order = order.borrow().join("");
        // Each is warmed up and then measured.
        assert!(order.ends_with("aabbbbaaaabb"), "{order}");
    }

    #[test]
    fn a_slow_case_runs_once_a_round_and_is_warmed_up_once() {
        let slow = |effort| {
            let done = Rc::new(RefCell::new(0));
            let count = Rc::clone(&done);
            let batch = move |times| {
                assert_eq!(times, 1);
                *count.borrow_mut() += 1;
                // The first one, which connects, counts for nothing; nor does one that is disturbed.
                let slow = [1, 3].contains(&*count.borrow());
                Ok(if slow && effort != Effort::Once { Duration::from_secs(9) } else { Duration::from_millis(2) })
            };
            let mut case =
                [Case { name: String::new(), floor: String::new(), pace: Pace::Slow, batch: Box::new(batch) }];
            let medians = medians(&mut case, effort).unwrap();
            assert!((medians[0] - 2e6).abs() < 1e-3, "{medians:?}");
            *done.borrow()
        };
        assert_eq!(slow(Effort::Quick), 1 + Effort::Quick.slow_rounds());
        assert_eq!(slow(Effort::Once), 1);
    }
}
