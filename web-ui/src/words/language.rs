//! Which language a page is in.

/// A language that pages can be shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// English made a third longer and accented: shows text that bypasses the catalogue and boxes that are too small.
    Longer,
    /// The same, and mirrored: shows layouts that assume one writing direction.
    Mirrored,
}

impl Language {
    /// Every language, the preferred one of an installation first.
    pub const ALL: [Self; 3] = [Self::English, Self::Longer, Self::Mirrored];

    /// Its tag, for `lang` and for the cookie.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Longer => "en-XA",
            Self::Mirrored => "ar-XB",
        }
    }

    /// Its writing direction, for `dir`.
    pub const fn direction(self) -> &'static str {
        if self.is_mirrored() { "rtl" } else { "ltr" }
    }

    /// Whether it is written from the other side.
    pub const fn is_mirrored(self) -> bool {
        matches!(self, Self::Mirrored)
    }

    /// Whether it exists to test layouts: it is never chosen because a browser asks for it, only by the cookie.
    pub const fn is_for_tests(self) -> bool {
        !matches!(self, Self::English)
    }

    /// The language with this tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The language for a request: the person's choice, else the best that the browser asks for, else English.
    pub fn negotiate(chosen: Option<&str>, accept_language: Option<&str>) -> Self {
        if let Some(language) = chosen.and_then(Self::from_tag) {
            return language;
        }
        let mut asked: Vec<(f32, &str)> =
            accept_language.unwrap_or("").split(',').take(32).filter_map(weighted).collect();
        asked.sort_by(|one, other| other.0.total_cmp(&one.0));
        asked.into_iter().find_map(|(_, tag)| Self::spoken(tag)).unwrap_or(Self::English)
    }

    /// The real language that this tag, or its first part, names.
    fn spoken(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag);
        let known = |wanted: &str| Self::from_tag(wanted).filter(|language| !language.is_for_tests());
        known(tag).or_else(|| known(primary))
    }
}

/// `fr;q=0.8` as weight and tag; tags that are refused (`q=0`) are left out.
fn weighted(part: &str) -> Option<(f32, &str)> {
    let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
    let weight = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |q| q.parse().ok())?;
    (weight > 0.0).then_some((weight, tag.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_decides_before_the_browser() {
        assert_eq!(Language::negotiate(Some("ar-XB"), Some("en")), Language::Mirrored);
        assert_eq!(Language::negotiate(Some("tlh"), Some("en-GB,fr;q=0.5")), Language::English);
    }

    #[test]
    fn a_browser_never_gets_a_test_language() {
        assert_eq!(Language::negotiate(None, Some("en-XA, ar-XB")), Language::English);
        assert_eq!(Language::negotiate(None, None), Language::English);
        assert_eq!(Language::negotiate(None, Some(";;;q=,,q=x")), Language::English);
    }
}
