//! Forms that plugins declare: from form elements to controls, and back to a configuration.
//!
//! Nothing here knows a field. The names of a plugin's controls carry a prefix, so that they
//! cannot be mistaken for the asset's own.

mod control;
mod element;
mod filled;
mod read;
mod sent;

pub(super) use self::control::{Complaint, Control, complaints, controls, errors_at};
pub(super) use self::element::shown;
pub(super) use self::filled::Filled;
pub(super) use self::read::read;
pub(super) use self::sent::config;
