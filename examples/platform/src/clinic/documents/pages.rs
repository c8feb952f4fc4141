//! The documents on a patient's page.

use axum::{extract::Request, response::Response};

use super::{Document, MAX_BYTES, Upload};
use crate::{
    clinic::{
        Desk,
        confirm::{self, Removal},
        documents,
        patients::{
            self,
            pages::{Refused, render},
        },
        record::{RecordId, shown},
    },
    plans::Resource,
    portal::Visit,
    problem::Problem,
    web::{FormState, PageForm, UploadForm, see_other},
};

/// `POST /patients/{id}/documents`
pub(crate) async fn create(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    request: Request,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    match take(&desk, patient.id, request).await {
        Ok(_) => Ok(see_other(&format!("/patients/{id}?notice=added#documents"))),
        // What was not sent from the page is not shown there.
        Err(problem) if ["not_found", "form_stale", "form_malformed"].contains(&problem.code()) => Err(problem),
        Err(problem) if problem.status().is_client_error() => {
            let refused = Refused { status: problem.status(), upload: FormState::of(&problem), ..Refused::default() };
            render(&desk, &visit, patient, None, refused).await
        }
        Err(problem) => Err(problem),
    }
}

async fn take(desk: &Desk, patient: uuid::Uuid, request: Request) -> Result<Document, Problem> {
    documents::require(desk).await?;
    let file = UploadForm::read(request, MAX_BYTES).await?.file;
    let upload = match file {
        Some(file) => Upload { name: Some(file.name), media_type: file.media_type, content: file.content },
        None => Upload { name: None, media_type: None, content: Vec::new() },
    };
    documents::add(desk, patient, upload).await
}

/// `GET /documents/{id}/delete`
pub(crate) async fn confirm(desk: Desk, visit: Visit, RecordId(id): RecordId) -> Result<Response, Problem> {
    let document = documents::find(&desk, id).await?;
    let removal = Removal {
        title: "Remove a document",
        text: format!("{} goes for good.", document.name),
        button: "Remove the document",
        action: format!("/documents/{id}/delete"),
        back: format!("/patients/{}", document.patient_id),
        // What is in a document never changes.
        version: 1,
    };
    confirm::ask(&desk, &visit, removal).await
}

/// `POST /documents/{id}/delete`
pub(crate) async fn remove(desk: Desk, RecordId(id): RecordId, _form: PageForm) -> Result<Response, Problem> {
    let document = documents::find(&desk, id).await?;
    documents::remove(&desk, id).await?;
    Ok(see_other(&format!("/patients/{}?notice=removed#documents", document.patient_id)))
}

impl Document {
    pub(in crate::clinic) fn size(&self) -> String {
        Resource::Storage.shown(&self.size_bytes)
    }

    pub(in crate::clinic) fn added(&self) -> String {
        shown(self.created_at)
    }
}
