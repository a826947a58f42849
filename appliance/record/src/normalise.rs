//! Normal forms of names, plates, phones, documents and VINs: what two spellings of the same thing have in
//! common. Records keep the raw value as it was entered; only comparison uses these.
//!
//! Every function takes any string and never fails: what cannot be normalised becomes empty.

pub mod check_digit;
pub mod document;
pub mod name;
pub mod phone;
pub mod plate;
pub mod text;
pub mod transliterate;
pub mod vin;

pub use document::document;
pub use name::{name_key, name_tokens, skeleton, skeleton_key};
pub use phone::{PhoneNumber, phone, phone_tail};
pub use plate::{lookalike, plate, plate_matches};
pub use text::{folded, tidy_line, tidy_text};
pub use transliterate::transliterate;
pub use vin::vin;
