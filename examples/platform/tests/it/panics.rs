use std::{env, process::Command, thread};

use nadia_platform::{LogFormat, start_log};

const INNER: &str = "NADIA_TEST_PANICS";

/// The hook is the process's, so the panic happens in a process of its own.
#[test]
fn a_panic_is_logged_by_its_place_alone() {
    if env::var_os(INNER).is_some() {
        start_log(LogFormat::Json, "info").unwrap();
        assert!(thread::spawn(|| panic!("a patient's name")).join().is_err());
        return;
    }
    let test = ["--exact", "panics::a_panic_is_logged_by_its_place_alone", "--nocapture"];
    let inner = Command::new(env::current_exe().unwrap()).args(test).env(INNER, "1").output().unwrap();
    let log = String::from_utf8(inner.stderr).unwrap();
    assert!(inner.status.success(), "{log}");
    assert!(log.contains("panicked") && log.contains(file!()), "{log}");
    assert!(!log.contains("patient"), "{log}");
}
