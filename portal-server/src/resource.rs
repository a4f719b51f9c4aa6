//! From a table of routes to resources of an app: methods, spellings, refusals.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, Resource, guard, web};

/// Attaches what answers a route.
pub(crate) type Handler = fn(actix_web::Route) -> actix_web::Route;

/// The resources of a table of paths, methods and handlers. Each path works with and without a
/// trailing slash, GET answers HEAD as well, and other methods are refused with `Allow`.
pub(crate) fn resources<'a>(
    table: impl Iterator<Item = (&'static str, &'a Method, Handler)>,
    refuse: fn(String) -> HttpResponse,
) -> Vec<Resource> {
    let mut paths: Vec<(&str, Vec<(&Method, Handler)>)> = Vec::new();
    for (path, method, handler) in table {
        match paths.iter_mut().find(|(known, _)| *known == path) {
            Some((_, routes)) => routes.push((method, handler)),
            None => paths.push((path, vec![(method, handler)])),
        }
    }
    let mut resources = Vec::new();
    for (path, routes) in paths {
        // One resource for each spelling: a resource with two patterns is matched by a regular
        // expression, even where both are plain text.
        resources.push(resource(path, &routes, refuse));
        // Below a prefix, the other spelling of its root is nothing at all.
        let other = if path == "/" { String::new() } else { format!("{path}/") };
        resources.push(resource(&other, &routes, refuse));
    }
    resources
}

fn resource(
    path: &str,
    routes: &[(&Method, Handler)],
    refuse: fn(String) -> HttpResponse,
) -> Resource {
    let mut resource = web::resource(path);
    let mut allowed = Vec::new();
    for (method, handler) in routes {
        allowed.push(method.to_string());
        let guard = guard::Any(guard::Method((*method).clone()));
        let guard = if *method == Method::GET {
            allowed.push(Method::HEAD.to_string());
            guard.or(guard::Head())
        } else {
            guard
        };
        resource = resource.route(handler(web::route().guard(guard)));
    }
    let allowed = allowed.join(", ");
    resource.default_service(web::to(move |request: HttpRequest| {
        let detail = format!("{} is not allowed here (allowed: {allowed})", request.method());
        let mut response = refuse(detail);
        if let Ok(allowed) = header::HeaderValue::from_str(&allowed) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        std::future::ready(response)
    }))
}
