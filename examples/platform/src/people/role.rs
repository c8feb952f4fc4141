use std::str::FromStr;

/// What a person is at one clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// To see who is a member and what the clinic uses; to log out and to change one's own name and password.
    ReadClinic,
    /// To invite, change and remove members, and to manage teams and API keys.
    ManageMembers,
    /// To change settings and branding, and to read the audit.
    ManageClinic,
    /// To take all the clinic's data out.
    Export,
    /// To give the clinic another host.
    Rename,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Owner, Self::Admin, Self::Clinician, Self::Viewer];

    /// The one place that says who may do what.
    pub(crate) const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::ReadPatients | Permission::ReadClinic => true,
            Permission::WritePatients => matches!(self, Self::Owner | Self::Admin | Self::Clinician),
            Permission::ManageMembers | Permission::ManageClinic => matches!(self, Self::Owner | Self::Admin),
            Permission::Export | Permission::Rename => matches!(self, Self::Owner),
        }
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
