//! How a clinic looks on its host: its name, colour, logo and welcome text.

mod api;
mod change;
mod colour;
mod logo;
mod pages;
mod store;
mod svg;

use axum::{
    http::Method,
    routing::{delete, get, patch, post, put},
};

pub(crate) use self::{
    colour::Colour,
    logo::extension,
    store::{Brands, branding, kept_logo},
};
use crate::{
    openapi::{self, Operation},
    people::Permission,
    routes::{Access, HostKind, Row},
};

const HOST: HostKind = HostKind::Tenant;
const API: Access = Access::Member(Permission::ManageClinic);
const PAGE: Access = Access::Page(Permission::ManageClinic);

#[rustfmt::skip]
pub(crate) const ROUTES: &[Row] = &[
    (Method::GET, "/assets/brand.css", HOST, Access::Public, || get(api::style)),
    (Method::GET, "/assets/logo", HOST, Access::Public, || get(api::logo)),
    (Method::GET, "/api/v1/branding", HOST, Access::Member(Permission::ReadClinic), || get(api::show)),
    (Method::PATCH, "/api/v1/branding", HOST, API, || patch(api::change)),
    (Method::PUT, "/api/v1/branding/logo", HOST, API, || put(api::set_logo)),
    (Method::DELETE, "/api/v1/branding/logo", HOST, API, || delete(api::remove_logo)),
    (Method::GET, "/branding", HOST, PAGE, || get(pages::show)),
    (Method::POST, "/branding", HOST, PAGE, || post(pages::save)),
    (Method::POST, "/branding/logo", HOST, PAGE, || post(pages::set_logo)),
    (Method::POST, "/branding/logo/remove", HOST, PAGE, || post(pages::remove_logo)),
];
#[rustfmt::skip]
pub(crate) const OPERATIONS: &[Operation] = &[
    openapi::get("/api/v1/branding", "Reads how the clinic looks").gives::<api::BrandingAnswer>(200),
    openapi::patch("/api/v1/branding", "Changes what the body names of how the clinic looks")
        .takes::<api::BrandingPatch>().gives::<api::BrandingAnswer>(200),
    openapi::put("/api/v1/branding/logo", "Sets the logo: the body is a PNG, JPEG, WebP or SVG file of up to 256 KiB")
        .takes_bytes().gives::<api::BrandingAnswer>(200),
    openapi::delete("/api/v1/branding/logo", "Removes the logo").gives_nothing(204),
];
