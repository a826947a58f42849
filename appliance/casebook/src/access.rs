//! Who is asking, and what their role lets them do.

use serde::{Deserialize, Serialize};

/// What a person is at this site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Checks, asks other sites, searches, writes records and markers.
    Officer = 1,
    /// Also imports.
    Analyst = 2,
    /// Also undoes imports, reads the audit and sees who asked about what.
    Supervisor = 3,
    /// Runs the box: people, enrolment, sync. Sees no records.
    Administrator = 4,
    /// Reads the audit, and nothing else.
    Auditor = 5,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Officer, Self::Analyst, Self::Supervisor, Self::Administrator, Self::Auditor];

    /// Stable key, as on the command line and in the API.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Analyst => "analyst",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// The role with this stored number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|role| *role as u8 == number)
    }

    /// Whether this role carries this right.
    pub const fn may(self, right: Right) -> bool {
        use Right as R;
        match self {
            Self::Officer => matches!(
                right,
                R::Check | R::Ask | R::Search | R::View | R::Edit | R::SeeSync | R::SyncNow | R::ReadStick
            ),
            Self::Analyst => matches!(
                right,
                R::Check | R::Ask | R::Search | R::View | R::Edit | R::Import | R::SeeSync | R::SyncNow | R::ReadStick
            ),
            Self::Supervisor => matches!(
                right,
                R::Check
                    | R::Ask
                    | R::OverseeQuestions
                    | R::Search
                    | R::View
                    | R::Edit
                    | R::Import
                    | R::UndoImport
                    | R::ReadAudit
                    | R::SeeSync
                    | R::SyncNow
                    | R::WriteStick
                    | R::ReadStick
            ),
            Self::Administrator => {
                matches!(
                    right,
                    R::SeeSync
                        | R::SyncNow
                        | R::WriteStick
                        | R::ReadStick
                        | R::ManageSync
                        | R::ManagePeople
                        | R::Enrol
                        | R::ReadAudit
                )
            }
            Self::Auditor => matches!(right, R::ReadAudit | R::SeeSync),
        }
    }
}

/// One thing that a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Check an identifier or a name.
    Check,
    /// Ask another site.
    Ask,
    /// See who asked about what, from here and of this site.
    OverseeQuestions,
    /// Search records.
    Search,
    /// Open a record.
    View,
    /// Create and change records, markers and links; settle conflicts.
    Edit,
    /// Import a file.
    Import,
    /// Take an import back as a whole.
    UndoImport,
    /// See what is where.
    SeeSync,
    /// Ask for a sync, or cancel one.
    SyncNow,
    /// Write a stick for another site: it discloses what the site may hold anyway, outside any link.
    WriteStick,
    /// Read a stick that came.
    ReadStick,
    /// Add peers by address, cut and restore links.
    ManageSync,
    /// Add people, set passwords, change roles.
    ManagePeople,
    /// Invite a post, join a hub.
    Enrol,
    /// Read and verify the audit.
    ReadAudit,
}

impl Right {
    /// Every right.
    pub const ALL: [Self; 16] = [
        Self::Check,
        Self::Ask,
        Self::OverseeQuestions,
        Self::Search,
        Self::View,
        Self::Edit,
        Self::Import,
        Self::UndoImport,
        Self::SeeSync,
        Self::SyncNow,
        Self::WriteStick,
        Self::ReadStick,
        Self::ManageSync,
        Self::ManagePeople,
        Self::Enrol,
        Self::ReadAudit,
    ];
}

/// How somebody came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// A page.
    Screen,
    /// The JSON API.
    Api,
    /// The command line on the machine itself.
    Terminal,
}

impl Via {
    /// Stable key, as the audit keeps it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Api => "api",
            Self::Terminal => "terminal",
        }
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// Sign-in name, at most 64 characters.
    pub user: String,
    /// Name that others see, e.g. "Officer K. Daniels".
    pub display: String,
    /// Their role; `None` only for the person at the machine's own command line, who can open the store anyway.
    pub role: Option<Role>,
    /// How they came in.
    pub via: Via,
}

impl Actor {
    /// The person at the machine's own command line.
    pub fn terminal() -> Self {
        Self { user: "terminal".into(), display: "Terminal".into(), role: None, via: Via::Terminal }
    }

    /// The appliance itself.
    pub(crate) fn machine() -> Self {
        Self { user: String::new(), display: String::new(), role: None, via: Via::Terminal }
    }

    /// Whether they may. The terminal may do everything: whoever can run it holds the keys.
    pub fn may(&self, right: Right) -> bool {
        self.role.is_none_or(|role| role.may(right))
    }

    /// Refuses what the role may not do.
    pub fn must(&self, right: Right) -> Result<(), Refused> {
        if self.may(right) { Ok(()) } else { Err(Refused { right, role: self.role }) }
    }
}

/// The role may not do this. Nothing was read or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("your role does not allow this; nothing was read or changed; ask an administrator")]
pub struct Refused {
    /// What was asked.
    pub right: Right,
    /// By which role.
    pub role: Option<Role>,
}
