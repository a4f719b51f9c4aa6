//! The OpenAPI 3.1 document: what the table of routes and the enabled plugins say, in one piece.
//!
//! Nothing about a route is written here. Request bodies have the schemas that requests are
//! checked against, answers those of the types they are made from.

mod data_output;
mod request;

use std::collections::BTreeSet;

use portal_core::Id;
use portal_engine::access::Permission;
use portal_engine::{Registry, WireNames};
use schemars::Schema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

use crate::error::{InvalidInput, Refusal};
use crate::operation::{Content, Operation, OperationLink, guarded, schema_of};
use crate::prefix::Prefix;
use crate::routes::documentation::NeedsToken;
use crate::routes::{ROUTES, Route};
use crate::rule::SCHEMAS;

/// The name of the security scheme.
const TOKEN: &str = "token";

/// What every reader of the document should know.
const DESCRIPTION: &str = "Every path works with a trailing slash as well, and GET answers HEAD. \
    A method that a path does not know is answered with 405 and `Allow`, a path that nobody \
    serves with 404.";

/// The document for the plugins of a registry, of a portal that is found at `base`, whose answers carry
/// these names of plugins, and that asks for a token there.
pub(crate) fn document(
    registry: &Registry,
    base: &Prefix,
    names: WireNames,
    needs_token: NeedsToken,
) -> Value {
    let mut writer = Writer { registry, needs_token, generator: generator(), requests: Map::new() };
    let mut paths = Map::new();
    for route in ROUTES {
        let operation = writer.operation(route);
        let methods = paths.entry(route.path).or_insert_with(|| json!({}));
        methods[route.method.as_str().to_lowercase()] = operation;
    }
    let mut schemas = writer.generator.take_definitions(true);
    for (name, schema) in writer.requests {
        let other = schemas.insert(name, schema);
        debug_assert!(other.is_none(), "a request and an answer share a name: {other:?}");
    }
    data_output::add_schemas(registry, names, &mut schemas);
    schemas.sort_keys();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Data product portal",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {TOKEN: {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of `portal-server tokens create`, or of the operator's page. \
                    It begins with `dpp_`. Where `[access.oidc]` has an `audience`, also an access \
                    token of the identity provider for that audience. Browsers of people who have \
                    signed in send a cookie instead.",
            }},
        },
    });
    if !base.is_empty() {
        document["servers"] = json!([{"url": base.as_str()}]);
    }
    document
}

/// A generator for the types of answers. Their objects hold what they say and nothing else.
fn generator() -> SchemaGenerator {
    let closed = RecursiveTransform(|schema: &mut Schema| {
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    });
    let mut settings = SchemaSettings::draft2020_12().for_serialize().with_transform(closed);
    settings.definitions_path = "/components/schemas".into();
    settings.into_generator()
}

struct Writer<'a> {
    registry: &'a Registry,
    needs_token: NeedsToken,
    generator: SchemaGenerator,
    /// Schemas of request bodies by name.
    requests: Map<String, Value>,
}

impl Writer<'_> {
    fn operation(&mut self, route: &Route) -> Value {
        let Operation { summary, body, .. } = route.operation;
        let mut operation = json!({
            "operationId": operation_id(route),
            "summary": summary,
            "tags": [tag(route.path)],
        });
        if let Some(who) = who(route.permission) {
            operation["description"] = who.into();
            let is_needed = match self.needs_token {
                NeedsToken::Nowhere => false,
                NeedsToken::ToWrite => route.permission != Permission::Read,
                NeedsToken::Everywhere => true,
            };
            operation["security"] = match is_needed {
                true => json!([{TOKEN: []}]),
                false => json!([{}, {TOKEN: []}]),
            };
        }
        let parameters = self.parameters(route);
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = body {
            let name = (body.name)();
            let schema = json!({"$ref": format!("{SCHEMAS}{name}")});
            self.requests.insert(name.into_owned(), request::refine((body.schema)().clone()));
            operation["requestBody"] =
                json!({"required": true, "content": {"application/json": {"schema": schema}}});
        }
        operation["responses"] = self.responses(route).into();
        operation
    }

    fn parameters(&mut self, route: &Route) -> Vec<Value> {
        let operation = &route.operation;
        let mut parameters: Vec<Value> = placeholders(route.path)
            .map(|name| {
                let (description, schema) = match name {
                    "name" => ("Id, wire name or alias of a plugin.", self.plugin_names()),
                    _ => ("An id.", schema_of::<Id>(&mut self.generator).to_value()),
                };
                let schema = json!({"schema": schema, "description": description});
                parameter(name, "path", true, schema)
            })
            .collect();
        for query in operation.query {
            let schema = (query.schema)(&mut self.generator);
            let schema = json!({"schema": schema, "description": query.description});
            parameters.push(parameter(query.name, "query", query.is_required, schema));
        }
        if operation.checks_revision {
            parameters.push(parameter(
                "If-Match",
                "header",
                false,
                json!({
                    "schema": {"type": "string", "pattern": "^[^,]*$"},
                    "description": "The `ETag` that was read; without it the last writer wins.",
                }),
            ));
        }
        if operation.is_cached {
            parameters.push(parameter(
                "If-None-Match",
                "header",
                false,
                json!({
                    "schema": {"type": "string"},
                    "description": "The `ETag` of what the client has already.",
                }),
            ));
        }
        parameters
    }

    /// Every name that `{name}` can be: ids, wire names and aliases, and keys of parents.
    fn plugin_names(&self) -> Value {
        let mut names = BTreeSet::new();
        for plugin in self.registry.plugins() {
            names.extend([plugin.id(), plugin.wire_name()]);
            names.extend(plugin.aliases());
            names.extend(plugin.platform().parent.map(|parent| parent.key));
        }
        match names.is_empty() {
            true => json!({"type": "string"}),
            false => json!({"type": "string", "enum": names}),
        }
    }

    fn responses(&mut self, route: &Route) -> Map<String, Value> {
        let operation = &route.operation;
        let mut responses = Map::new();
        let mut success = match operation.content {
            Content::Json(schema) => {
                let schema = schema(&mut self.generator).to_value();
                answer("What was asked for.", "application/json", schema)
            }
            Content::Text(media_type) => {
                answer("What was asked for.", media_type, json!({"type": "string"}))
            }
        };
        if operation.is_tagged {
            success["headers"] = etag();
        }
        for link in operation.links {
            success["links"][link.to] = link_object(link);
        }
        responses.insert("200".to_owned(), success);
        if operation.is_cached {
            let known = json!({"description": "The client has it already.", "headers": etag()});
            responses.insert("304".to_owned(), known);
        }
        for status in failures(route) {
            responses.insert(status.to_string(), self.failure(status));
        }
        for (status, schema) in operation.others {
            let schema = schema(&mut self.generator).to_value();
            let other = answer(meaning(*status), "application/json", schema);
            responses.insert(status.to_string(), other);
        }
        responses.sort_keys();
        responses
    }

    fn failure(&mut self, status: u16) -> Value {
        let schema = match status {
            422 => schema_of::<InvalidInput>(&mut self.generator),
            _ => schema_of::<Refusal>(&mut self.generator),
        };
        let mut failure = answer(meaning(status), "application/json", schema.to_value());
        match status {
            412 => failure["headers"] = etag(),
            401 => {
                let schema = json!({"type": "string", "pattern": "^Bearer "});
                failure["headers"] =
                    json!({"WWW-Authenticate": {"required": true, "schema": schema}});
            }
            429 | 503 => {
                let schema = json!({"type": "string", "pattern": "^[0-9]+$"});
                failure["headers"] = json!({"Retry-After": {"required": true, "schema": schema}});
            }
            _ => {}
        }
        failure
    }
}

/// Who may use a route, in a sentence; `None` for those that need no permission.
fn who(permission: Permission) -> Option<String> {
    let list = |needs_approval| {
        let roles = permission.roles(needs_approval).iter();
        roles.map(|role| format!("`{}`", role.as_str())).collect::<Vec<_>>().join(" or ")
    };
    let (usual, custom) = (list(false), list(true));
    if usual.is_empty() {
        return None;
    }
    let name = permission.as_str();
    let custom = match custom == usual {
        true => String::new(),
        false => format!(" For an asset in the custom mapping: {custom}."),
    };
    Some(format!("Needs the permission `{name}`, which these roles have: {usual}.{custom}"))
}

/// The statuses that a route fails with.
fn failures(route: &Route) -> BTreeSet<u16> {
    let Operation { body, query, checks_revision, asks_database, failures, .. } = route.operation;
    let mut statuses: BTreeSet<u16> = failures.iter().copied().collect();
    statuses.extend(guarded(&route.method));
    if route.permission != Permission::Open {
        statuses.extend([401, 403, 429, 503]);
    }
    if route.permission.is_of_data_product() {
        statuses.insert(500);
    }
    for name in placeholders(route.path) {
        statuses.insert(404);
        statuses.extend((name != "name").then_some(422));
    }
    if body.is_some() {
        statuses.extend([400, 408, 413, 415, 422]);
    }
    if !query.is_empty() {
        statuses.insert(422);
    }
    if checks_revision {
        statuses.extend([400, 412]);
    }
    if asks_database {
        statuses.extend([500, 503, 507]);
    }
    statuses
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "The request is incomplete, or a namespace in it is malformed, taken, or another's.",
        401 => "Nobody is known to ask, or what was shown makes nobody known.",
        403 => "Whoever asks may not, or a page of another origin asked for it.",
        404 => "Nothing has that id or name.",
        409 => "It clashes with what is stored.",
        412 => "What was read has changed since.",
        408 => "The body did not arrive in time.",
        413 => "The body is too large.",
        415 => "The body is packed, or not sent as `application/json`.",
        421 => "The portal is not known under the host that was asked for.",
        429 => "Too many wrong credentials came from this client.",
        422 => "The input is wrong in the listed ways.",
        500 => "The portal failed; its log says why.",
        501 => "The plugin offers no such thing.",
        503 => "The database does not answer, or nothing says who may do what.",
        507 => "The disk of the database is full.",
        _ => "It did not work.",
    }
}

/// The names in braces, in order.
fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn parameter(name: &str, place: &str, is_required: bool, rest: Value) -> Value {
    let mut parameter = json!({"name": name, "in": place, "required": is_required});
    if let (Value::Object(parameter), Value::Object(rest)) = (&mut parameter, rest) {
        parameter.extend(rest);
    }
    parameter
}

fn answer(description: &str, media_type: &str, schema: Value) -> Value {
    json!({"description": description, "content": {media_type: {"schema": schema}}})
}

fn link_object(link: &OperationLink) -> Value {
    let parameters: Map<String, Value> = link
        .parameters
        .iter()
        .map(|(name, at)| ((*name).to_owned(), format!("$response.body#{at}").into()))
        .collect();
    json!({"operationId": link.to, "parameters": parameters})
}

fn etag() -> Value {
    let schema = json!({"type": "string", "pattern": "^\"[0-9a-f]+\"$"});
    json!({"ETag": {"required": true, "schema": schema}})
}

/// Method and path in words, such as `get_data_products_id`.
fn operation_id(route: &Route) -> String {
    let words = route.path.trim_start_matches("/api").trim_start_matches("/v2");
    let words = words.replace(['{', '}'], "").replace(['/', '-', '.'], "_");
    format!("{}{words}", route.method.as_str().to_lowercase())
}

/// The heading under which a route stands.
fn tag(path: &str) -> &'static str {
    match path.trim_start_matches("/api/").trim_start_matches("v2/") {
        path if path.starts_with("plugins") => "Plugins",
        path if path.contains("technical_assets") => "Technical assets",
        path if path.starts_with("data_products") => "Data products",
        path if path.starts_with("configuration") => "Configuration",
        _ => "Server",
    }
}
