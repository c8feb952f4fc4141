use std::time::Duration;

use crate::{Effort, Error, cases::Case};

/// Measures the cases in turn, round by round; returns the median of each, in nanoseconds for one operation.
pub(crate) fn medians(cases: &mut [Case], effort: Effort) -> Result<Vec<f64>, Error> {
    let mut batches = Vec::with_capacity(cases.len());
    for case in &mut *cases {
        batches.push(calibrate(case, effort.batch()).map_err(|error| failed(case, &error))?);
    }
    let mut samples = vec![Vec::with_capacity(effort.rounds()); cases.len()];
    for round in 0..effort.rounds() {
        for turn in 0..cases.len() {
            // To and fro, so that no case always follows the same other one.
            let at = if round % 2 == 0 { turn } else { cases.len() - 1 - turn };
            let (case, times) = (&mut cases[at], batches[at]);
            // The others pushed this one's data and code out of the processor's caches.
            (case.batch)(times.div_ceil(8)).map_err(|error| failed(case, &error))?;
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
        let mut case = Case { name: String::new(), floor: String::new(), batch: Box::new(batch) };
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
                Case { name: name.to_owned(), floor: name.to_owned(), batch: Box::new(batch) }
            })
            .into();
        medians(&mut cases, Effort::Quick).unwrap();
        let order = order.borrow().join("");
        // Each is warmed up and then measured.
        assert!(order.ends_with("aabbbbaaaabb"), "{order}");
    }
}
