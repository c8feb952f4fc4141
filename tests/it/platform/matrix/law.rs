//! What holds for every cell of the matrix, whatever the committed text says.

use nadia_platform::{Access, HostKind, Permission, Route, routes};
use nadia_tests::Answer;

use super::{
    Way,
    credential::{By, Host, Who},
    record::{FOREIGN_MARK, OWN_MARK, Slot, Whose},
    sample::Sample,
};

/// One request and its answer.
#[derive(Debug)]
pub(crate) struct Cell<'a> {
    pub(crate) route: &'a Route,
    pub(crate) sample: &'a Sample,
    pub(crate) way: Way,
    pub(crate) whose: Whose,
    pub(crate) answer: &'a Answer,
}

/// Tells whether an answer says that something was shown or done.
pub(crate) fn is_success(answer: &Answer) -> bool {
    let location = answer.header("location");
    let to_log_in = location.starts_with("/login") && !location.contains("notice=logged-out");
    (200..300).contains(&answer.status) || (answer.status < 400 && !to_log_in)
}

impl Cell<'_> {
    /// Returns which law the answer breaks, if it breaks one.
    pub(crate) fn broken(&self) -> Option<&'static str> {
        let Self { route, way, answer, .. } = self;
        if answer.status >= 500 {
            return Some("a failure of the server");
        }
        if said(answer).contains(FOREIGN_MARK) {
            return Some("a mark of the foreign clinic");
        }
        let may = self.may();
        if may != Some(true) && !self.opens_by_itself() && said(answer).contains(OWN_MARK) {
            return Some("a mark for who may not read it");
        }
        let by = way.credential.map(|(_, by)| by);
        match (may, by) {
            // A form that is not of this log-in is refused, and nothing is done.
            (Some(true), Some(By::CookieFromNowhere | By::CookieFromElsewhere)) => {
                (answer.outcome() != "403 cross_site").then_some("a form of another site is taken")
            }
            (Some(true), Some(By::CookieWithoutToken | By::CookieWithWrongToken)) => {
                (answer.outcome() != "403 form_stale").then_some("a form of another log-in is taken")
            }
            (Some(true), _) => {
                let refused = ["role_insufficient", "key_insufficient", "invalid_token", "token_missing"];
                let refused = refused.iter().any(|code| answer.outcome().ends_with(code));
                let in_vain = self.whose == Whose::Own && !self.owns_nothing_here() && answer.status >= 400;
                (refused || in_vain).then_some("who may is refused")
            }
            (Some(false), _) => is_success(answer).then_some("who may not succeeds"),
            (None, _) => (route.host == HostKind::Any && answer.status != 200).then_some("no answer for everybody"),
        }
    }

    /// Tells whether who asks may call the route here; `None` where everybody may.
    fn may(&self) -> Option<bool> {
        let (host, credential) = (self.way.host, self.way.credential);
        let at_tenant = matches!(host, Host::Own | Host::OwnNamed);
        let at_admin = matches!(host, Host::Admin | Host::AdminNamed);
        match (self.route.access, credential) {
            // The other host has a route of its own under this path, which has its own rows.
            _ if self.way.host.kind() != self.route.host && is_there(self.way.host, self.route) => None,
            (Access::Public | Access::PublicPage, _) => None,
            (Access::Member(permission), Some((who, By::Token))) => Some(at_tenant && may(who, permission)),
            (Access::Page(permission), Some((who, by))) => Some(at_tenant && by != By::Token && may(who, permission)),
            (Access::Operator, Some((who, By::Token))) => Some(at_admin && who == Who::Operator),
            (Access::OperatorPage, Some((who, by))) => Some(at_admin && by != By::Token && who == Who::Operator),
            _ => Some(false),
        }
    }

    /// Tells whether what the request names is what opens it, as a ticket does.
    fn opens_by_itself(&self) -> bool {
        self.may().is_none() && self.whose == Whose::Own
    }

    /// Tells whether even one's own record is not found, or not in a state for this.
    fn owns_nothing_here(&self) -> bool {
        let others = self.sample.records.contains(&Slot::OwnersSession) && self.way.credential.unwrap().0 != Who::Owner;
        // An export is always being made here, and the plan has no logo; `export.rs` and `branding.rs` do these things.
        let path = self.sample.path;
        let asks = self.sample.method == "POST" && path.ends_with("/exports");
        let sets = self.sample.method != "DELETE" && path.ends_with("/branding/logo");
        let unfit = asks || sets || path.ends_with("/exports/{id}/download");
        unfit || others || self.sample.path.ends_with("reopen") || self.sample.records.contains(&Slot::Text("reopen"))
    }
}

fn is_there(host: Host, route: &Route) -> bool {
    routes().iter().any(|other| other.host == host.kind() && (&other.method, other.path) == (&route.method, route.path))
}

/// Who may do what, said once more than in the server.
fn may(who: Who, permission: Permission) -> bool {
    use Permission::{
        Export, ManageClinic, ManageMembers, ManageOwners, OwnAccount, ReadClinic, ReadPatients, Rename, WritePatients,
    };
    let may: &[Permission] = match who {
        Who::Owner => &[
            ReadPatients,
            WritePatients,
            ReadClinic,
            OwnAccount,
            ManageMembers,
            ManageOwners,
            ManageClinic,
            Export,
            Rename,
        ],
        Who::Admin => &[ReadPatients, WritePatients, ReadClinic, OwnAccount, ManageMembers, ManageClinic],
        Who::Clinician => &[ReadPatients, WritePatients, ReadClinic, OwnAccount],
        // Nobody who only looks changes anything but what is their own.
        Who::Viewer => &[ReadPatients, ReadClinic, OwnAccount],
        Who::Key => &[ReadPatients, WritePatients, ReadClinic],
        Who::Foreign | Who::ForeignKey | Who::Asleep | Who::Operator => &[],
    };
    may.contains(&permission)
}

/// Returns all that a client gets to see.
fn said(answer: &Answer) -> String {
    let headers: Vec<_> = answer.headers.values().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    format!("{}\n{}", headers.join("\n"), answer.body)
}

/// Writes an answer out without what the request itself named, and how long that was.
pub(crate) fn without(answer: &Answer, named: &[String]) -> String {
    let text = answer.comparable();
    let text = text
        .lines()
        .filter(|line| !line.starts_with("content-length: "))
        .fold(String::new(), |text, line| text + line + "\n");
    named.iter().fold(text, |text, named| text.replace(named.as_str(), "NAMED"))
}
