//! What the sealed views ask of an engine: opaque bytes in key order, written in atomic steps.

use super::ViewError;
use super::sealed_views::SealedViews;

/// Bytes to put under a key, or `None` to remove it.
pub(super) type Write = (Vec<u8>, Option<Vec<u8>>);

/// A store of opaque bytes in key order. After any error the engine answers nothing but
/// [`ViewError::NeedsReopen`], so that a store which failed once never carries on half right.
pub(super) trait Engine: Send + Sync + Sized {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError>;

    /// Calls `visit` with each row whose key begins with `prefix` and, when given, is above `after`; in
    /// key order; until it returns false.
    fn walk(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), ViewError>;

    /// All of `writes` or none of them.
    fn apply(&self, writes: &[Write]) -> Result<(), ViewError>;

    fn disk_bytes(&self) -> Result<u64, ViewError>;

    /// An empty engine in a new place beside this one.
    fn beside(&self) -> Result<Self, ViewError>;

    /// Makes `other`, which came from [`Engine::beside`], the one that is opened from now on, and removes
    /// what this one kept.
    fn switch_to(&mut self, other: Self) -> Result<(), ViewError>;

    /// Lets go of what this engine has open, and opens the same place again from its files.
    fn again(&mut self) -> Result<SealedViews<Self>, ViewError>;

    /// Ends the engine with everything written out. `in_order` when nothing was found wrong with it.
    fn close(&mut self, in_order: bool) -> Result<(), ViewError>;
}
