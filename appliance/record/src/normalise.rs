//! Normal forms of names, plates, phones and documents.
