use serde::Serialize;

/// One line of the report.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) group: String,
    pub(crate) case: String,
    /// Nanoseconds of one operation.
    pub(crate) median_ns: f64,
    /// The case of the same group and run that this one is compared with.
    pub(crate) floor: String,
    /// The median over the floor's.
    pub(crate) ratio: f64,
}
