//! Clinics as the platform sees them: how they come to be.

mod register;
pub(crate) mod sign_up;

pub(crate) use self::register::{NewClinic, Owner, enter_owner, is_taken, register, slug_taken};
