use nadia_quota::{Plans, PlansError};

use crate::support::{limit, make_plans};

#[test]
fn an_unknown_plan_gets_the_strictest_limit() {
    let plans =
        make_plans(&[("pro", limit("100/s")), ("free", limit("10/m burst 2")), ("basic", limit("10/m burst 5"))]);
    assert_eq!(plans.limit(&"lost".parse().unwrap()), limit("10/m burst 2"));
    assert_eq!(plans.limit(&"pro".parse().unwrap()), limit("100/s"));
}

#[test]
fn an_unknown_plan_gets_the_default_plans_limit_where_one_is_set() {
    let plans = Plans::builder()
        .plan("free".parse().unwrap(), limit("1/h"))
        .plan("basic".parse().unwrap(), limit("10/m"))
        .default_plan("basic".parse().unwrap())
        .build()
        .unwrap();
    assert_eq!(plans.limit(&"lost".parse().unwrap()), limit("10/m"));
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    assert_eq!(Plans::builder().build().unwrap_err(), PlansError::Empty);
    let free = || "free".parse().unwrap();
    let twice = Plans::builder().plan(free(), limit("1/s")).plan(free(), limit("2/s"));
    assert_eq!(twice.build().unwrap_err(), PlansError::Duplicate(free()));
    let lost = Plans::builder().plan(free(), limit("1/s")).default_plan("lost".parse().unwrap());
    assert_eq!(lost.build().unwrap_err(), PlansError::UnknownDefault("lost".parse().unwrap()));
}
