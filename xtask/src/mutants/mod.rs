pub(crate) fn run(_: &[String]) -> crate::error::Result<std::process::ExitCode> {
    Err("later".into())
}
