//! From a table of routes to resources of an app: methods, spellings, permissions, refusals.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, Resource, guard, web};
use portal_engine::access::Permission;

use crate::error::{Explained, Refuse};
use crate::permit::permit;

/// Attaches the handler of a route.
pub(crate) type Handler = fn(actix_web::Route) -> actix_web::Route;

/// A line of a table: what answers a method on a path, and who may ask for it.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub path: &'static str,
    pub method: &'a Method,
    pub permission: Permission,
    pub handler: Handler,
}

/// The resources of a table. Each path works with and without a
/// trailing slash, GET answers HEAD as well, and other methods are refused with `Allow`.
pub(crate) fn resources<'a>(
    table: impl Iterator<Item = Line<'a>>,
    refuse: Refuse,
) -> Vec<Resource> {
    let mut paths: Vec<(&str, Vec<Line<'_>>)> = Vec::new();
    for line in table {
        match paths.iter_mut().find(|(known, _)| *known == line.path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((line.path, vec![line])),
        }
    }
    let mut resources = Vec::new();
    for (path, lines) in paths {
        // One resource for each spelling: a resource with two patterns is matched by a regular
        // expression, even where both are plain text.
        resources.push(resource(path, &lines, refuse));
        // Below a prefix, the other spelling of its root is nothing at all.
        let other = if path == "/" { String::new() } else { format!("{path}/") };
        resources.push(resource(&other, &lines, refuse));
    }
    resources
}

fn resource(path: &str, lines: &[Line<'_>], refuse: Refuse) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = Vec::new();
    for Line { method, permission, handler, .. } in lines {
        allowed.push(method.to_string());
        let guard = guard::Any(guard::Method(Method::clone(method)));
        let guard = if **method == Method::GET {
            allowed.push(Method::HEAD.to_string());
            guard.or(guard::Head())
        } else {
            guard
        };
        resource = resource.route(permit(handler(web::route().guard(guard)), *permission, refuse));
    }
    let allowed = allowed.join(", ");
    resource.default_service(web::to(move |request: HttpRequest| {
        let detail = format!("{} is not allowed here (allowed: {allowed})", request.method());
        let mut response = refuse(Explained::method_not_allowed(detail));
        if let Ok(allowed) = header::HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        std::future::ready(response)
    }))
}
