use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use crate::json::Fields;

/// What a person is at one clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    Owner,
    Admin,
    Clinician,
    Viewer,
}

/// What a route asks of a member's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permission {
    /// To see the clinic's patients, their appointments, notes and documents.
    ReadPatients,
    /// To add, change and remove them.
    WritePatients,
    /// To see who is a member, which teams there are and what the clinic uses.
    ReadClinic,
    /// To change one's own name and password, to see and end one's own sessions, and to go to another clinic of one's own.
    OwnAccount,
    /// To invite, change and remove members, and to manage teams and API keys.
    ManageMembers,
    /// To make somebody an owner, and to change or remove one.
    ManageOwners,
    /// To change settings and branding, and to read the audit.
    ManageClinic,
    /// To take all the clinic's data out.
    Export,
    /// To give the clinic another host.
    Rename,
}

impl Permission {
    pub(crate) const ALL: [Self; 9] = [
        Self::ReadPatients,
        Self::WritePatients,
        Self::ReadClinic,
        Self::OwnAccount,
        Self::ManageMembers,
        Self::ManageOwners,
        Self::ManageClinic,
        Self::Export,
        Self::Rename,
    ];

    /// Tells whether an API key may have it. Who may do what, and all the data at once, are for people to decide on.
    pub(crate) const fn is_for_keys(self) -> bool {
        matches!(self, Self::ReadPatients | Self::WritePatients | Self::ReadClinic)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::ReadPatients => "read_patients",
            Self::WritePatients => "write_patients",
            Self::ReadClinic => "read_clinic",
            Self::OwnAccount => "own_account",
            Self::ManageMembers => "manage_members",
            Self::ManageOwners => "manage_owners",
            Self::ManageClinic => "manage_clinic",
            Self::Export => "export",
            Self::Rename => "rename",
        }
    }
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Clinician, Self::Viewer];

    /// The one place that says who may do what.
    pub(crate) const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadPatients | Permission::ReadClinic | Permission::OwnAccount => true,
            Permission::WritePatients => matches!(self, Self::Owner | Self::Admin | Self::Clinician),
            Permission::ManageMembers | Permission::ManageClinic => matches!(self, Self::Owner | Self::Admin),
            Permission::ManageOwners | Permission::Export | Permission::Rename => matches!(self, Self::Owner),
        }
    }

    /// Takes the role that a member names.
    pub(crate) fn read(fields: &mut Fields, member: &str) -> Option<Self> {
        let text = fields.required_text(member)?;
        let role = text.parse().ok();
        if role.is_none() {
            fields.refuse(member, "role_unknown", "this is no role", "send owner, admin, clinician or viewer");
        }
        role
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Clinician => "clinician",
            Self::Viewer => "viewer",
        }
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a role is unknown; use owner, admin, clinician or viewer")]
pub(crate) struct UnknownRole;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_may_what_the_next_one_may_and_more() {
        for pair in Role::ALL.windows(2) {
            for permission in Permission::ALL {
                assert!(pair[0].may(permission) || !pair[1].may(permission), "{pair:?} {permission:?}");
            }
        }
    }

    #[test]
    fn keys_manage_nothing() {
        let for_keys: Vec<_> = Permission::ALL.into_iter().filter(|permission| permission.is_for_keys()).collect();
        assert_eq!(for_keys, [Permission::ReadPatients, Permission::WritePatients, Permission::ReadClinic]);
    }
}
