//! The screens and the JSON API: everything that speaks HTTP.
//!
//! A request comes in through [`server`] (own accept loop, limits, strict headers, exact host list), passes
//! the [`gate`] (one table in [`rights`] says what each route needs), and reaches a handler in `pages` (HTML)
//! or [`api`] (JSON). Handlers call the casebook through [`blocking`] and answer; what goes wrong is a
//! [`Failure`], which is shown as a page or as problem JSON depending on who asked.
//!
//! What `pages` provides: `router() -> Router<AppState>` (every path in [`rights::PAGES`]), `ASSETS:
//! &[assets::Asset]`, and `async error_page(&AppState, &server::ErrorContext, &Failure) -> Response`.
//!
//! This crate never opens the store and holds no rule of the field: rights, validation and audit live in the
//! casebook.

pub mod api;
pub mod assets;
pub mod entry;
pub mod failure;
pub mod forms;
pub mod gate;
pub mod pages;
pub mod qr;
pub mod rights;
pub mod server;
pub mod session;
pub mod state;
pub mod words;
pub mod workbench;

pub use failure::Failure;
pub use gate::SignedIn;
pub use server::{app, serve};
pub use session::Sessions;
pub use state::{AppState, JoinRefused, Reach, Settings, StickFile, Sticks, blocking};
pub use words::WhySaid;
