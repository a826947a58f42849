//! The kinds of record Cairn keeps.

use serde::{Deserialize, Serialize};

/// What a record is about. The number is stored and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// A human being.
    Person = 1,
    /// A company, group or authority.
    Organisation = 2,
    /// A road vehicle.
    Vehicle = 3,
    /// An identity or travel document.
    Document = 4,
    /// A telephone number.
    Phone = 5,
    /// An address or place.
    Location = 6,
    /// A crime, incident, stop, crossing or custody.
    Event = 7,
    /// An intelligence report.
    Report = 8,
    /// A warning or request attached to another record.
    Marker = 9,
    /// A relation between two records.
    Link = 10,
}

impl Kind {
    /// Every kind, in the order pages show them.
    pub const ALL: [Self; 10] = [
        Self::Person,
        Self::Organisation,
        Self::Vehicle,
        Self::Document,
        Self::Phone,
        Self::Location,
        Self::Event,
        Self::Report,
        Self::Marker,
        Self::Link,
    ];

    /// The stored number.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The kind with this stored number, if there is one.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The name used in the API, in addresses of pages and in mappings: lower case, stable.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organisation => "organisation",
            Self::Vehicle => "vehicle",
            Self::Document => "document",
            Self::Phone => "phone",
            Self::Location => "location",
            Self::Event => "event",
            Self::Report => "report",
            Self::Marker => "marker",
            Self::Link => "link",
        }
    }

    /// The kind with this key, if there is one.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}
