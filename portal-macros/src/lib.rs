//! The attributes of a plugin's file: `#[data_output]`, `#[choice]`, `#[entry]` and
//! `#[platform_values]`.
//!
//! They write what follows from a struct or an enum anyway, so that an author does not: derives, the
//! table, the calls that store a row. They register nothing and hide nothing; `docs/macros.md` shows
//! what they write, and all of it can be written by hand. What is wrong with the author's item is an
//! error at the author's line, and the item itself is kept, so that one mistake is one message.
//!
//! Use them through `portal_core::prelude`, which their output refers to.

#![deny(missing_docs)]

// Floor 1: what all of them need, types of columns
mod item;
mod sql_type;

// Floor 2: one field of a data output
mod field;

// Floor 3: the attributes
mod choice;
mod data_output;
mod values;

use proc_macro::TokenStream;

/// Makes a struct a data output: its fields are the form, the JSON Schema and the table.
///
/// ```text
/// /// A prefix of an S3 bucket that the data product writes to.
/// #[data_output(table = s3_data_outputs, result = "{bucket}/{path}")]
/// pub struct S3DataOutput {
///     /// Bucket that holds the data.
///     #[form(select().required().options_from_platform())]
///     pub bucket: String,
///     /// Path within the bucket.
///     #[form(text().required())]
///     pub path: String,
/// }
/// ```
///
/// - `table` is the name of the plugin's table, which begins with its id.
/// - `result` is the template of the result over the fields. The operator can override it.
///
/// Each field has a doc comment, which is its tooltip, and `#[form(…)]`, a Rust expression that makes
/// a hint: see `portal_core::form`. A field with `derived()` needs no doc comment, and has serde's
/// default unless it says another. The fields' types are `String`, `bool`, `i32`, `i64`, `f64`, an
/// enum with `#[choice]`, `List<…>`, and `Option<…>` of one of these, spelt like that.
///
/// It writes the derives `Debug`, `Clone`, `PartialEq`, `Serialize`, `Deserialize` and `JsonSchema`,
/// an implementation of `portal_core::Stored`, and the constant `FIELDS` with the fields' names for
/// `Problems::field`.
#[proc_macro_attribute]
pub fn data_output(arguments: TokenStream, item: TokenStream) -> TokenStream {
    data_output::expand(arguments.into(), item.into()).into()
}

/// Makes an enum a choice: a type of fields that people choose one variant of.
///
/// ```text
/// /// How messages are encoded.
/// #[choice]
/// pub enum Format {
///     /// Avro with a schema registry.
///     #[label("Avro")]
///     Avro,
///     /// One JSON document per message.
///     #[label("JSON")]
///     Json,
/// }
/// ```
///
/// A variant is stored, sent and chosen under its name in `snake_case`, or as serde's own attributes
/// say. `#[label("…")]` is what people read; without it, the name in words. Variants hold no data.
#[proc_macro_attribute]
pub fn choice(arguments: TokenStream, item: TokenStream) -> TokenStream {
    choice::expand(arguments.into(), item.into()).into()
}

/// Makes a struct the type of a service's entries: what a name in a data output stands for in one
/// environment.
///
/// `#[entry]` takes the field `identifier` for an entry's name, `#[entry(name = title)]` another one.
/// `#[entry(single)]` says that each environment has exactly one entry. `#[entry(default = is_default)]`
/// names the bool that marks the entry which forms start with, beside a name or alone. Each field has a doc comment,
/// which operators read. The type also needs an implementation of `portal_core::Example`.
#[proc_macro_attribute]
pub fn entry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    values::expand_entry(arguments.into(), item.into()).into()
}

/// Makes a struct the type of a platform's values in one environment, or a part of such a type.
///
/// Each field has a doc comment, which operators read. The type of a platform's values also needs an
/// implementation of `portal_core::Example`.
#[proc_macro_attribute]
pub fn platform_values(arguments: TokenStream, item: TokenStream) -> TokenStream {
    values::expand_platform_values(arguments.into(), item.into()).into()
}
