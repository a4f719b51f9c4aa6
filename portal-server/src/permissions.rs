//! Who may ask for what: every route and every page with the permission that it needs, from the two
//! tables that serve them.

use portal_engine::access::{Permission, Role};
use serde::Serialize;

use crate::pages::PAGES;
use crate::routes::ROUTES;

/// A method on a path, and who may use it.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    pub method: &'static str,
    pub path: &'static str,
    /// Whether it is a page for people.
    pub is_page: bool,
    pub permission: Permission,
    /// The roles of which one is enough; empty when nobody needs to be known.
    pub roles: &'static [Role],
    /// The roles for technical assets in the custom mapping.
    pub roles_for_custom: &'static [Role],
}

/// All routes and pages, in the order of the tables.
pub(crate) fn listed() -> Vec<Listed> {
    let list = |method: &'static str, path, is_page, permission: Permission| Listed {
        method,
        path,
        is_page,
        permission,
        roles: permission.roles(false),
        roles_for_custom: permission.roles(true),
    };
    let routes =
        ROUTES.iter().map(|route| list(route.method.as_str(), route.path, false, route.permission));
    let pages =
        PAGES.iter().map(|page| list(page.method.as_str(), page.path, true, page.permission));
    routes.chain(pages).collect()
}
