//! What a route says about itself for the document: what it takes, and all that it answers.
//!
//! The table of routes holds one [`Operation`] per route. What follows from the path (ids, names)
//! and from the parts named here (bodies, revisions, the database) is added by the document.

use actix_web::http::Method;
use schemars::generate::SchemaGenerator;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use crate::body::RequestBody;

/// The schema of a type, by way of a generator that keeps its definitions.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`.
pub(crate) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// One route in the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub summary: &'static str,
    pub content: Content,
    pub body: Option<Body>,
    pub query: &'static [Parameter],
    /// Its 200 has an `ETag`.
    pub is_tagged: bool,
    /// It answers `If-None-Match`.
    pub is_cached: bool,
    /// It honours `If-Match`.
    pub checks_revision: bool,
    /// It asks the database, which may not answer.
    pub asks_database: bool,
    /// Statuses it fails with, beyond those that follow from the rest.
    pub failures: &'static [u16],
    /// Statuses with a body of their own.
    pub others: &'static [(u16, SchemaOf)],
    pub links: &'static [OperationLink],
}

/// What a successful answer holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// JSON of this schema.
    Json(SchemaOf),
    /// Text of this media type.
    Text(&'static str),
}

/// The type of a request body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Body {
    pub name: fn() -> std::borrow::Cow<'static, str>,
    /// The very schema that requests are checked against.
    pub schema: fn() -> &'static Value,
}

/// A route that an answer leads to, because it holds what that route needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OperationLink {
    /// The `operationId`.
    pub to: &'static str,
    /// Parameters, and JSON pointers to their values in the answer.
    pub parameters: &'static [(&'static str, &'static str)],
}

impl OperationLink {
    /// A route whose parameters an answer holds.
    pub const fn new(
        to: &'static str,
        parameters: &'static [(&'static str, &'static str)],
    ) -> OperationLink {
        OperationLink { to, parameters }
    }
}

/// A parameter of a query.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub name: &'static str,
    pub description: &'static str,
    pub is_required: bool,
    pub schema: SchemaOf,
}

impl Parameter {
    /// A parameter that may be left out.
    pub const fn optional(
        name: &'static str,
        description: &'static str,
        schema: SchemaOf,
    ) -> Parameter {
        Parameter { name, description, is_required: false, schema }
    }

    /// A parameter that must be given.
    pub const fn required(
        name: &'static str,
        description: &'static str,
        schema: SchemaOf,
    ) -> Parameter {
        Parameter { name, description, is_required: true, schema }
    }
}

/// The statuses with which the guard refuses requests to any route.
pub(crate) fn guarded(method: &Method) -> &'static [u16] {
    if method.is_safe() { &[421] } else { &[403, 421] }
}

/// A route that answers 200 with JSON of the type `T`; `()` is null.
pub(crate) const fn json<T: JsonSchema>(summary: &'static str) -> Operation {
    Operation::new(summary, Content::Json(schema_of::<T>))
}

/// A route that answers 200 with text.
pub(crate) const fn text(summary: &'static str, media_type: &'static str) -> Operation {
    Operation::new(summary, Content::Text(media_type))
}

impl Operation {
    const fn new(summary: &'static str, content: Content) -> Self {
        Operation {
            summary,
            content,
            body: None,
            query: &[],
            is_tagged: false,
            is_cached: false,
            checks_revision: false,
            asks_database: false,
            failures: &[],
            others: &[],
            links: &[],
        }
    }

    /// It reads a body of the type `T`.
    pub const fn reads<T: RequestBody>(mut self) -> Self {
        self.body = Some(Body { name: T::schema_name, schema: || T::schema().as_value() });
        self
    }

    /// It takes these query parameters and no others.
    pub const fn query(mut self, query: &'static [Parameter]) -> Self {
        self.query = query;
        self
    }

    /// It says which revision it answers with.
    pub const fn tagged(mut self) -> Self {
        self.is_tagged = true;
        self
    }

    /// It is served as it stands, and not again to a client that has it.
    pub const fn cached(mut self) -> Self {
        self.is_tagged = true;
        self.is_cached = true;
        self
    }

    /// It changes only the revision that `If-Match` names.
    pub const fn checks_revision(mut self) -> Self {
        self.checks_revision = true;
        self
    }

    /// It asks the database.
    pub const fn asks_database(mut self) -> Self {
        self.asks_database = true;
        self
    }

    /// It fails with these statuses as well.
    pub const fn fails(mut self, failures: &'static [u16]) -> Self {
        self.failures = failures;
        self
    }

    /// Its answers lead to these routes.
    pub const fn leads_to(mut self, links: &'static [OperationLink]) -> Self {
        self.links = links;
        self
    }

    /// It answers these statuses with bodies of their own.
    pub const fn or(mut self, others: &'static [(u16, SchemaOf)]) -> Self {
        self.others = others;
        self
    }
}
