//! The reference server: many clinics, each of which sees only its own patients.
//!
//! The way of a request: edge layers → host → tenant → token → quota → session → handler → scope → database. Start
//! reading at `routes.rs`, which lists every route, and `startup.rs`, which puts the parts together.
//!
//! | module | concern |
//! |---|---|
//! | `server` | connections |
//! | `edge`, `problem`, `json`, `text`, `query`, `cursor`, `ids`, `clock` | HTTP: ids, logs, limits, refusals, bodies, names, lists, times |
//! | `tenants`, `watch` | clinics: sign-up; what other servers and commands change of them |
//! | `people` | identities, members, invitations, teams, passwords, sessions, tokens, API keys |
//! | `plans` | what clinics bought: limits, features, isolation |
//! | `clinic` | a clinic's work: patients, notes, documents, appointments |
//! | `mvp` | from a single-user product to a clinic |
//! | `web`, `portal` | pages: forms, cookies, frames; those of a clinic |
//! | `operators`, `admin` | who runs the platform, and their pages |
//! | `settings`, `branding`, `export` | what clinics set for themselves, look like, and take with them |
//! | `openapi` | the document of the API, made from the routes and the types that are answered with |
//! | `audit`, `limits`, `keys`, `health`, `assets`, `demo` | as they say |

mod admin;
mod analytics;
mod assets;
mod audit;
mod branding;
mod cli;
mod clinic;
mod clock;
mod config;
mod cursor;
mod demo;
mod edge;
mod export;
mod health;
mod ids;
mod json;
mod keys;
mod limits;
mod mvp;
mod openapi;
mod operators;
mod people;
mod plans;
mod portal;
mod problem;
mod query;
mod routes;
mod server;
mod settings;
mod startup;
mod state;
mod telemetry;
mod tenants;
mod text;
mod usage;
mod watch;
mod web;

pub use crate::{
    cli::{
        AuditArgs, Cli, Command, CommandError, DatabaseArgs, DoctorArgs, GuardArgs, GuardError, ImportMvpArgs,
        KeysCommand, MigrateArgs, MvpDemoArgs, OperatorArgs, ServeArgs, TenantArgs, VerifyExportArgs,
    },
    config::{Config, Limits, SignUp},
    demo::{DemoClinic, OPERATOR as DEMO_OPERATOR},
    keys::{KeyFileError, KeyRing, rotate as rotate_keys},
    openapi::ApiDocument,
    people::Permission,
    problem::chain as error_chain,
    routes::{Access, HostKind, Route, routes},
    startup::{App, Running, StartError},
    telemetry::{LogFormat, start_log},
};
