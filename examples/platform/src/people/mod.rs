//! People, platform-wide: identities, memberships, passwords, sessions and tokens.

mod argon;
pub(crate) mod auth;
mod email;
mod identity;
pub(crate) mod log_in;
mod password;
mod role;
mod session;
mod token;

pub use self::role::Permission;
pub(crate) use self::{
    email::{Email, FIX as EMAIL_FIX},
    identity::{add_identity, add_membership, begun_owner, find_identity, forget_members, set_first_password},
    password::{Passwords, weakness},
    role::Role,
    session::sweep as sweep_sessions,
    token::Tokens,
};
