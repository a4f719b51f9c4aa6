//! The frame of every page, for people who come by way of the pages, the API or the guard: layout,
//! style, what a browser may do, how an error looks. It holds no page of its own but the two that
//! others than `pages` answer with: an error, and the reference of the API.

mod error;
mod layout;
mod page;
pub(crate) mod reference;
pub(crate) mod statics;

pub(crate) use self::error::{PageResult, explain, refuse, to_explain};
pub(crate) use self::layout::{Layout, Moment, SECTIONS, in_parts, prose, sentence};
pub(crate) use self::page::{html, render, see_other, unstored, with_headers};

/// What a page may load and do: what this server serves, and nothing inline.
pub(crate) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
