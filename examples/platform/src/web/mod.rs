//! What all pages share: how they are rendered, which forms and cookies they have, and what keeps others from posting to them.

mod cookie;
mod form;
mod frame;
mod origin;
mod page;
mod upload;

pub(crate) use self::{
    cookie::{clear_cookie, cookie, set_cookie},
    form::{FormState, PageForm},
    frame::{Brand, CsrfToken, Frame, NavItem, Notice},
    origin::same_origin,
    page::{PAGE_POLICY, page, see_other},
    upload::UploadForm,
};
