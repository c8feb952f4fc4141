use askama::Template;
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use time::Date;

use super::{Answer, Question, ask};
use crate::{
    audit::{self, Action, Actor, Entry},
    json::{Fields, Member},
    openapi::body,
    operators::{Operator, OperatorVisit},
    problem::Problem,
    state::AppState,
    usage::Period,
    web::{Chart, FormState, Frame, PageForm, filters, page},
};

const ASKED: Action = Action::new("analytics.asked");
/// The fewest characters of a reason: enough to say one.
const REASON: usize = 10;

/// `POST /api/v1/analytics`
pub(super) async fn answer(
    State(app): State<AppState>,
    operator: Operator,
    request: Request,
) -> Result<Response, Problem> {
    let fields = Fields::read(request).await?;
    let (_, answer) = find(&app, operator.actor(), fields).await?;
    Ok(Json(answer).into_response())
}

#[derive(Template)]
#[template(path = "analytics.html")]
struct AnalyticsPage {
    frame: Frame,
    form: FormState,
    questions: [Question; 5],
    answered: Option<(Question, Answer, Option<Chart>)>,
}

/// `GET /analytics`
pub(super) async fn show(visit: OperatorVisit) -> Response {
    shown(&visit, StatusCode::OK, FormState::default(), None)
}

/// `POST /analytics`
pub(super) async fn take_form(
    State(app): State<AppState>,
    visit: OperatorVisit,
    form: PageForm,
) -> Result<Response, Problem> {
    match find(&app, visit.operator.actor(), form.fields()).await {
        Ok((question, answer)) => {
            let chart = (!answer.days.is_empty()).then(|| Chart::line(&answer.days));
            Ok(shown(&visit, StatusCode::OK, form.state(), Some((question, answer, chart))))
        }
        Err(problem) if problem.status().is_client_error() => {
            Ok(shown(&visit, problem.status(), form.refused(&problem), None))
        }
        Err(problem) => Err(problem),
    }
}

fn shown(
    visit: &OperatorVisit,
    status: StatusCode,
    form: FormState,
    answered: Option<(Question, Answer, Option<Chart>)>,
) -> Response {
    let frame = visit.frame("Analytics");
    page(status, &AnalyticsPage { frame, form, questions: Question::ALL, answered })
}

/// Reads what is asked, notes it and answers. Nothing is answered that isn't noted.
async fn find(app: &AppState, actor: Actor, fields: Fields) -> Result<(Question, Answer), Problem> {
    let (question, period, reason) = read(fields)?;
    let detail = format!("{} from {} to {}: {reason}", question.as_str(), period.from, period.to);
    audit::record_alone(app.control(), Entry::of_platform(ASKED, actor).with_detail(detail)).await?;
    Ok((question, ask(app.control(), question, period).await?))
}

body! {
    /// What is asked, and why.
    pub(super) struct QuestionBody {
        /// `tenants_over_time`, `patients_over_time`, `active_users`, `usage_by_plan` or `heaviest_tenants`.
        question: String,
        /// 10 to 500 characters, which are kept in the audit.
        reason: String,
        from: Option<Date>,
        to: Option<Date>,
    }
}

fn read(mut fields: Fields) -> Result<(Question, Period, String), Problem> {
    let question = fields.required_text("question").and_then(|name| {
        let question = Question::parse(&name);
        if question.is_none() {
            let fix = format!("send one of {}", Question::ALL.map(Question::as_str).join(", "));
            fields.refuse("question", "question_unknown", "this can't be asked", fix);
        }
        question
    });
    let reason = fields.required_text("reason").map(|reason| reason.trim().to_owned());
    if reason.as_ref().is_some_and(|reason| !(REASON..=500).contains(&reason.chars().count())) {
        let fix = "say in 10 to 500 characters why this is asked; it is kept in the audit";
        fields.refuse("reason", "reason_malformed", "this is no reason", fix);
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in ["from", "to"] {
        if let Member::Value(day) = fields.text(name) {
            query.append_pair(name, &day);
        }
    }
    let (question, reason) = fields.finish(question.zip(reason))?;
    Ok((question, Period::parse(Some(&query.finish()))?, reason))
}
