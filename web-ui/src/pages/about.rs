//! About this machine, and help that fits on a page.

use askama::Template;
use axum::response::Response;

use super::{Frame, Section, Visit, page};
use crate::Failure;

#[derive(Template)]
#[template(path = "about.html")]
pub(super) struct AboutPage {
    pub frame: Frame,
    pub version: &'static str,
}

/// The page.
pub(super) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&AboutPage::of(visit))
}

impl AboutPage {
    pub(super) fn of(visit: Visit) -> Self {
        let title = visit.words().t("about");
        Self { frame: visit.frame(Section::Other, title), version: env!("CARGO_PKG_VERSION") }
    }

    /// The agency's country by name; its code when no list has it.
    pub fn country(&self) -> String {
        let code = &self.frame.here.country;
        self.frame.words.country(code).unwrap_or_else(|| code.clone())
    }
}
