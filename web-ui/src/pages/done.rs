//! What was done, told at the top of the page that follows a form.

use axum::response::{IntoResponse, Redirect, Response};

use crate::forms;

macro_rules! done {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)+) => {
        /// What was just done. Its key stands in the address (`?done=…`); the words are under `done-…`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Done {
            $($(#[$doc])* $name,)+
        }

        impl Done {
            /// Everything that can be told.
            pub(super) const ALL: &[Self] = &[$(Self::$name),+];

            /// Its key.
            pub(super) const fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }
        }
    };
}

done! {
    SignedOut = "signed-out",
    Saved = "saved",
    Created = "created",
    Unchanged = "unchanged",
    MetAnother = "met-another",
    Settled = "settled",
    Attached = "attached",
    FileWanted = "file-wanted",
    FileHidden = "file-hidden",
    FileShown = "file-shown",
    Marked = "marked",
    Linked = "linked",
    SyncAsked = "sync-asked",
    SyncCancelled = "sync-cancelled",
    Cut = "cut",
    Restored = "restored",
    AddressAdded = "address-added",
    RulesSaved = "rules-saved",
    Joined = "joined",
    PersonAdded = "person-added",
    PersonChanged = "person-changed",
    PasswordSet = "password-set",
    OwnPasswordSet = "own-password-set",
    Undone = "undone",
    LookKept = "look-kept",
    FirstPerson = "first-person",
    Stopped = "stopped",
    DraftKept = "draft-kept",
    DraftDropped = "draft-dropped",
    AlertRead = "alert-read",
}

impl Done {
    /// What an address says was done. Anybody can write an address, so that these words are never the proof of it.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (_, query) = path.split_once('?')?;
        let key = query.split('&').find_map(|pair| pair.strip_prefix("done="))?;
        Self::ALL.iter().copied().find(|done| done.key() == key)
    }

    /// To the page that tells it.
    pub(super) fn at(self, path: &str) -> Response {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("done="));
        let kept: String = kept.map(|pair| format!("{pair}&")).collect();
        Redirect::to(&format!("{path}?{kept}done={}", self.key())).into_response()
    }

    /// Back to the page of this server that a form names.
    pub(super) fn back_at(self, named: &str) -> Response {
        self.at(forms::own_path(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Language, Words};

    #[test]
    fn everything_that_was_done_has_its_words() {
        for done in Done::ALL {
            let words = Words::new(Language::English).find(&format!("done-{}", done.key()), &[]);
            assert!(words.is_some(), "{}", done.key());
        }
    }

    #[test]
    fn an_address_keeps_its_question_and_tells_only_the_last_thing() {
        let target = |response: Response| response.headers()["location"].to_str().unwrap().to_string();
        assert_eq!(target(Done::Saved.at("/records/1")), "/records/1?done=saved");
        assert_eq!(target(Done::Cut.at("/search?text=a&done=saved")), "/search?text=a&done=cut");
        assert_eq!(target(Done::Cut.back_at("//elsewhere.example/")), "/?done=cut");
        assert_eq!(Done::of("/search?text=a&done=cut"), Some(Done::Cut));
        assert_eq!(Done::of("/search?done=nonsense"), None);
    }
}
