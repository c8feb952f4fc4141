//! How the matrix is written.

use nadia_platform::{Access, Route};
use nadia_tests::Answer;

use super::{
    Way,
    credential::{By, Credential, Host, named},
    record::Slot,
    sample::Sample,
};

/// Writes an outcome, without what differs from one run to the next.
pub(super) fn shown(answer: &Answer, named: &[String]) -> String {
    let outcome = answer.outcome();
    let location = answer.header("location");
    if !(300..400).contains(&answer.status) {
        return outcome;
    }
    let path = location.split('?').next().unwrap_or_default();
    let id = |segment: &str| segment.len() == 36 && segment.matches('-').count() == 4;
    let is_named = |segment: &str| id(segment) || named.iter().any(|named| named == segment);
    let path: Vec<_> = path.split('/').map(|segment| if is_named(segment) { "…" } else { segment }).collect();
    let path = path.join("/");
    let signed_up = path.starts_with("http://matrix-");
    format!("{outcome} {}", if signed_up { "http://NEW.localhost/enter" } else { &path })
}

/// Names credentials, of those that are tried at a host.
pub(super) fn list(credentials: &[Credential], ways: &[Way], host: Host) -> String {
    let tried = |credential: &Credential| ways.iter().any(|way| way.host == host && way.credential == *credential);
    let all_by = |by: Option<By>| {
        let by = |credential: &Credential| credential.map(|(_, by)| by) == by;
        let all = ways.iter().filter(|way| way.host == host && by(&way.credential));
        all.map(|way| way.credential).all(|credential| credentials.contains(&credential))
    };
    debug_assert!(credentials.iter().all(tried));
    let mut groups: Vec<(Option<By>, Vec<&str>)> = Vec::new();
    for credential in credentials {
        let (by, who) = credential.map_or((None, ""), |(who, by)| (Some(by), who.name()));
        match groups.iter_mut().find(|(known, _)| *known == by) {
            Some((_, names)) => names.push(who),
            None => groups.push((by, vec![who])),
        }
    }
    let group = |(by, names): (Option<By>, Vec<&str>)| match by {
        None => "nothing".to_owned(),
        Some(by) if names.len() > 3 && all_by(Some(by)) => format!("every {}", named(by)),
        Some(by) => format!("{} of {}", named(by), names.join(", ")),
    };
    groups.into_iter().map(group).collect::<Vec<_>>().join("; ")
}

/// Names a sample.
pub(super) fn title(sample: &Sample) -> String {
    let query = if sample.query.is_empty() { "" } else { "?" };
    let words = sample.records.iter().filter_map(|slot| match slot {
        Slot::Text(word) => Some(format!(" [{word}]")),
        _ => None,
    });
    let words: String = words.collect();
    format!("{} {}{query}{}{words}\n", sample.method, sample.path, sample.query)
}

/// Says where a route is and for whom.
pub(super) fn offered(route: &Route) -> String {
    let access = match route.access {
        Access::Public => "everybody".to_owned(),
        Access::PublicPage => "everybody's browser".to_owned(),
        Access::Member(permission) => format!("who may {permission:?}"),
        Access::Page(permission) => format!("browsers of who may {permission:?}"),
        Access::Operator => "operators".to_owned(),
        Access::OperatorPage => "operators' browsers".to_owned(),
    };
    format!("{} host: {access}", format!("{:?}", route.host).to_lowercase())
}
