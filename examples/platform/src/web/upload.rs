use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::header,
};

use crate::{
    json::{read_body_of, too_large},
    problem::Problem,
    web::{
        form::{check_token, malformed},
        frame::CsrfToken,
    },
};

/// What a form may have beside its file.
const ROOM: usize = 16 * 1024;

/// A form with one file, that a page sent.
///
/// The only way to such a form. As with [`PageForm`](super::PageForm), on a page of somebody who is logged in it is refused
/// without that log-in's token.
pub(crate) struct UploadForm {
    pub(crate) file: Option<SentFile>,
}

/// A file as the browser sent it. No `Debug`: its name may be a patient's.
pub(crate) struct SentFile {
    pub(crate) name: String,
    pub(crate) media_type: Option<String>,
    pub(crate) content: Vec<u8>,
}

impl UploadForm {
    /// Reads a form whose file, in the member `file`, has up to `max_bytes`.
    ///
    /// # Errors
    /// 413 for a larger one, 400 for what is no such form, 403 without the token.
    pub(crate) async fn read(request: Request, max_bytes: usize) -> Result<Self, Problem> {
        let token = request.extensions().get::<CsrfToken>().cloned();
        let kind = request.headers().get(header::CONTENT_TYPE).cloned().ok_or_else(malformed)?;
        // The whole form first: a browser reads no answer before it has sent it.
        let body = read_body_of(request, max_bytes + ROOM).await.map_err(|problem| match problem.code() {
            "body_too_large" => too_large(max_bytes),
            _ => problem,
        })?;
        let mut again = Request::new(Body::from(body));
        again.headers_mut().insert(header::CONTENT_TYPE, kind);
        DefaultBodyLimit::disable().apply(&mut again);
        let mut parts = Multipart::from_request(again, &()).await.map_err(|_| malformed())?;
        let (mut values, mut file) = (BTreeMap::new(), None);
        while let Some(part) = parts.next_field().await.map_err(|_| malformed())? {
            let member = part.name().ok_or_else(malformed)?.to_owned();
            let named = part.file_name().map(str::to_owned);
            let media_type = part.content_type().map(str::to_owned);
            let content = part.bytes().await.map_err(|_| malformed())?.to_vec();
            match named {
                Some(name) if member == "file" && file.is_none() => {
                    file = Some(SentFile { name, media_type, content });
                }
                None if !values.contains_key(&member) => {
                    values.insert(member, String::from_utf8(content).map_err(|_| malformed())?);
                }
                _ => return Err(malformed()),
            }
        }
        check_token(token.as_ref(), values.remove("csrf").as_deref())?;
        if file.as_ref().is_some_and(|file| file.content.len() > max_bytes) {
            return Err(too_large(max_bytes));
        }
        if values.is_empty() { Ok(Self { file }) } else { Err(malformed()) }
    }
}
