//! What all pages share: how they are rendered, which forms and cookies they have, and what keeps others from posting to them.

mod chart;
mod cookie;
mod csv;
#[expect(unreachable_pub, reason = "the attribute of filters makes items that say they are public")]
pub(crate) mod filters;
mod form;
mod frame;
mod origin;
mod page;
mod upload;

pub(crate) use self::{
    chart::Chart,
    cookie::{clear_cookie, cookie, set_cookie},
    csv::Csv,
    form::{FormState, PageForm},
    frame::{Brand, CsrfToken, Frame, NavItem, Notice, hex},
    origin::same_origin,
    page::{page, page_leading_to, see_other},
    upload::UploadForm,
};
