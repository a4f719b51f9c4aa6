//! Lists that are filtered, sorted and divided into pages by the query of their address.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};

use crate::rule::QUERY_MAX;

/// Entries of a page.
pub(super) const PAGE: u32 = 25;

/// The parameters of an address. Forms send what was left empty as well; it counts as absent, and
/// what a page does not know has no effect: addresses are kept and passed on. Of a text that is
/// longer than can be looked for, the beginning is kept.
#[derive(Debug, Default)]
pub(super) struct Query(pub BTreeMap<String, String>, IsCut);

/// Whether a text to look for was too long.
type IsCut = bool;

/// The parameters that hold a text to look for.
const SEARCHES: [&str; 2] = ["q", "text"];

impl Query {
    pub(super) fn of(request: &HttpRequest) -> Self {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(request.query_string());
        let pairs = pairs.map(web::Query::into_inner).unwrap_or_default();
        // No database can look for a NUL character, so nothing can hold one.
        let pairs = pairs.into_iter().map(|(name, value)| (name, value.replace('\0', "\u{fffd}")));
        let mut is_cut = false;
        let pairs = pairs.map(|(name, mut value)| {
            if let Some((end, _)) = value.char_indices().nth(QUERY_MAX) {
                value.truncate(end);
                is_cut |= SEARCHES.contains(&name.as_str());
            }
            (name, value)
        });
        let pairs = pairs.filter(|(_, value)| !value.trim().is_empty()).collect();
        Query(pairs, is_cut)
    }

    /// What people are told when a text was too long.
    pub(super) fn notice(&self) -> Option<String> {
        self.1.then(|| {
            format!("The text is too long: only its first {QUERY_MAX} characters are looked for.")
        })
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|text| text.trim().to_owned())
    }

    /// The number of the page asked for, from 1.
    pub(super) fn page(&self) -> u32 {
        self.get("page").parse().ok().filter(|page| (1..1_000_000).contains(page)).unwrap_or(1)
    }
}

/// Where in a list somebody is.
#[derive(Debug)]
pub(super) struct Pages {
    pub page: u32,
    pub last: u32,
    pub first_entry: i64,
    pub last_entry: i64,
    pub total: i64,
    /// Address of the page before, and of the one after.
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pages {
    /// The page that `query` asks for, of a list at `path` that keeps the parameters `kept`.
    pub(super) fn new(path: &str, query: &Query, kept: &[&str], total: i64) -> Self {
        let page = query.page();
        let size = i64::from(PAGE);
        let last = u32::try_from((total + size - 1) / size).unwrap_or(u32::MAX).max(1);
        let address = |page: u32| {
            let kept = kept.iter().filter_map(|name| Some((*name, query.0.get(*name)?.as_str())));
            let number = page.to_string();
            let pairs: Vec<(&str, &str)> =
                kept.chain([("page", number.as_str())].into_iter().filter(|_| page > 1)).collect();
            if pairs.is_empty() {
                return path.to_owned();
            }
            let query: Vec<String> = pairs
                .iter()
                .map(|(name, value)| {
                    let encode = portal_core::environment::encode;
                    format!("{}={}", encode(name), encode(value))
                })
                .collect();
            format!("{path}?{}", query.join("&"))
        };
        let first_entry = i64::from(page - 1) * size + 1;
        Pages {
            page,
            last,
            first_entry,
            last_entry: (first_entry + size - 1).min(total),
            total,
            previous: (page > 1).then(|| address((page - 1).min(last))),
            next: (page < last).then(|| address(page + 1)),
        }
    }
}

/// Entries to skip for the page that is asked for.
pub(super) fn offset(query: &Query) -> u32 {
    (query.page() - 1) * PAGE
}
