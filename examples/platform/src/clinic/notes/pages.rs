//! The notes on a patient's page.

use axum::response::Response;

use super::Note;
use crate::{
    clinic::{
        Desk, notes,
        patients::{
            self,
            pages::{Refused, render},
        },
        record::{RecordId, shown},
    },
    portal::Visit,
    problem::Problem,
    web::{PageForm, see_other},
};

/// `POST /patients/{id}/notes`
pub(crate) async fn create(
    desk: Desk,
    visit: Visit,
    RecordId(id): RecordId,
    form: PageForm,
) -> Result<Response, Problem> {
    let patient = patients::find(&desk, id).await?;
    match notes::add(&desk, id, form.fields()).await {
        Ok(_) => Ok(see_other(&format!("/patients/{id}?notice=added#notes"))),
        Err(problem) if problem.status().is_client_error() && problem.code() != "not_found" => {
            let refused = Refused { status: problem.status(), note: form.refused(&problem), ..Refused::default() };
            render(&desk, &visit, patient, None, refused).await
        }
        Err(problem) => Err(problem),
    }
}

impl Note {
    pub(in crate::clinic) fn written(&self) -> String {
        shown(self.created_at)
    }

    pub(in crate::clinic) fn written_by(&self) -> &str {
        match (&self.author, self.author_id) {
            (Some(name), _) => name,
            (None, None) => "a program",
            (None, Some(_)) => "somebody who is gone",
        }
    }
}
