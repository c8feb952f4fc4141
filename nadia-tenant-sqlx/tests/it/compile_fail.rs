//! What must not compile, and what the compiler says then.

#[test]
fn pools_and_connections_are_no_scopes() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
