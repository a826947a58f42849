//! The invented region: its sites, its people and what each site imports. Nobody in it exists.

use cairn_casebook::Role;

/// The agency.
pub const AGENCY: &str = "Three Rivers Border Service";
/// A code that ISO 3166 leaves to its users, so that no country is meant.
pub const COUNTRY: &str = "XTR";

/// One installation of the demonstration.
pub struct Site {
    /// Its folder within the demonstration's.
    pub folder: &'static str,
    /// Its name on the pages.
    pub name: &'static str,
    /// Its port counted from the first; the hub's is 0.
    pub port_offset: u16,
    /// What it imports: name of the mapping, content of the file.
    pub samples: &'static [(&'static str, &'static [u8])],
    /// Plates of vehicles in its samples of which it has a picture, with the paint that is drawn.
    pub pictures: &'static [(&'static str, [u8; 3])],
}

macro_rules! samples {
    ($($mapping:literal),*) => {
        &[$(($mapping, include_bytes!(concat!("../../demo-data/", $mapping, ".csv")))),*]
    };
}

/// The hub first.
pub const SITES: [Site; 3] = [
    Site {
        folder: "hub",
        name: "Hub",
        port_offset: 0,
        samples: samples!["sierra-norte-crime", "sierra-norte-custody", "sierra-norte-command"],
        pictures: &[("XL77SEY", [206, 208, 206])],
    },
    Site {
        folder: "alpha",
        name: "Post Alpha",
        port_offset: 1,
        samples: samples!["northmark-crime", "northmark-custody", "northmark-command"],
        pictures: &[("OH3338L", [52, 104, 70]), ("JP06RVV", [214, 214, 210])],
    },
    Site {
        folder: "bravo",
        name: "Post Bravo",
        port_offset: 2,
        samples: samples!["vardara-crime", "vardara-custody", "vardara-command"],
        pictures: &[],
    },
];

/// Somebody who works at every site.
pub struct DemoPerson {
    /// Sign-in name.
    pub user: &'static str,
    /// Role.
    pub role: Role,
    /// Names that others see: at the hub, at Alpha, at Bravo.
    displays: [&'static str; 3],
}

impl DemoPerson {
    /// The name that others see when this person writes at `site`.
    pub fn display_at(&self, site: &Site) -> String {
        self.displays[usize::from(site.port_offset)].into()
    }
}

/// One person of each role.
pub const PEOPLE: [DemoPerson; 5] = [
    DemoPerson {
        user: "officer",
        role: Role::Officer,
        displays: ["Officer M. Oakes", "Officer K. Brandt", "Officer T. Velasco"],
    },
    DemoPerson {
        user: "analyst",
        role: Role::Analyst,
        displays: ["Analyst P. Lindqvist", "Analyst R. Amato", "Analyst S. Kolar"],
    },
    DemoPerson {
        user: "supervisor",
        role: Role::Supervisor,
        displays: ["Supervisor H. Aubert", "Supervisor J. Penrose", "Supervisor L. Marek"],
    },
    DemoPerson {
        user: "administrator",
        role: Role::Administrator,
        displays: ["Administrator D. Falk", "Administrator G. Ilic", "Administrator B. Serra"],
    },
    DemoPerson {
        user: "auditor",
        role: Role::Auditor,
        displays: ["Auditor C. Weir", "Auditor N. Haas", "Auditor V. Duarte"],
    },
];
