//! The reference server over HTTP, the same on both databases.

mod contract;
