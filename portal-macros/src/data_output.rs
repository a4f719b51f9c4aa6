//! `#[data_output]`: a struct that is form, schema and table at once.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, LitStr, Result, Token};

use crate::field::OutputField;
use crate::item::{Errors, beside, derives, expanded, has_docs, hint, named_fields};

/// How many fields a data output has at most: diesel's tables are compiled for 32 columns, and one
/// is the asset's id.
const MOST_FIELDS: usize = 31;

/// The arguments of the attribute.
struct Arguments {
    table: Ident,
    result: LitStr,
}

/// How they are written, which is the remedy for whatever is wrong with them.
const TABLE: &str = "table = kafka_topics";
const RESULT: &str = "result = \"{cluster}/{topic}\"";

/// The arguments as far as they are there.
#[derive(Default)]
struct Given {
    table: Option<Ident>,
    result: Option<LitStr>,
}

impl Parse for Given {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut given = Given::default();
        while !input.is_empty() {
            let word = Ident::parse_any(input)?;
            let (is_table, is_result) = (word == "table", word == "result");
            if !is_table && !is_result {
                let message =
                    format!("#[data_output] has no argument `{word}` (allowed: {TABLE}, {RESULT})");
                return Err(Error::new(word.span(), message));
            }
            if input.parse::<Token![=]>().is_err() {
                let like = if is_table { TABLE } else { RESULT };
                return Err(Error::new(
                    word.span(),
                    format!("`{word}` has no value: write {like}"),
                ));
            }
            if is_table {
                let not_a_name = |error: Error| {
                    Error::new(error.span(), format!("the table is a name without quotes: {TABLE}"))
                };
                given.table = Some(input.parse().map_err(not_a_name)?);
            } else {
                let not_a_text = |error: Error| {
                    Error::new(
                        error.span(),
                        format!("the result is a template in quotes: {RESULT}"),
                    )
                };
                given.result = Some(input.parse().map_err(not_a_text)?);
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                return Err(input.error(format!("a comma is missing: {TABLE}, {RESULT}")));
            }
        }
        Ok(given)
    }
}

impl Arguments {
    /// Reads them. What is missing is told at `ident`, the item's name.
    fn read(tokens: TokenStream, ident: &Ident) -> Result<Self> {
        let lacks = |what| Error::new(ident.span(), format!("#[data_output] lacks {what}"));
        match syn::parse2(tokens)? {
            Given { table: Some(table), result: Some(result) } => Ok(Arguments { table, result }),
            Given { table: None, result: None } => {
                Err(lacks(format!("its table and its result: #[data_output({TABLE}, {RESULT})]")))
            }
            Given { table: None, .. } => Err(lacks(format!("the name of its table: {TABLE}"))),
            Given { result: None, .. } => {
                Err(lacks(format!("the template of its result: {RESULT}")))
            }
        }
    }
}

/// See [`crate::data_output`].
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(item, stored_nowhere, |mut item| {
        let arguments = Arguments::read(arguments, &item.ident)?;
        let mut errors = Errors::default();
        if !has_docs(&item.attrs) {
            errors.at(&item.ident, format!("`{}` has no doc comment, which is the tooltip of its result: add `/// …` above it", item.ident));
        }
        let fields: Vec<OutputField> = named_fields(&mut item, "a data output")?
            .map(|field| OutputField::read(field, &mut errors))
            .collect();
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        for field in &fields {
            field.check_conditions(&names, &mut errors);
        }
        check_result(&arguments.result, &names, &mut errors);
        let rows = if fields.len() > MOST_FIELDS {
            errors.at(
                &item.ident,
                format!(
                    "`{}` has {} fields, and a table holds {MOST_FIELDS}: leave some out, or keep alike ones in one List<…>",
                    item.ident,
                    fields.len()
                ),
            );
            Rows::none()
        } else if fields.iter().any(|field| field.is_column_less) {
            Rows::none()
        } else {
            Rows::of(&arguments.table, &fields)
        };
        let stored = stored(&item, &arguments, &fields, &rows);
        let (derives, names) = (derives(), field_names(&item, &fields));
        let errors = errors.into_tokens();
        // First, so that what is said of a field's type comes before what derives say of it.
        Ok(quote!(#stored #derives #item #names #errors))
    })
}

/// A data output without fields and without a table, for one that is wrong.
fn stored_nowhere(item: &DeriveInput) -> TokenStream {
    let arguments = Arguments {
        table: Ident::new("none", item.ident.span()),
        result: LitStr::new("", item.ident.span()),
    };
    let (names, stored) = (field_names(item, &[]), stored(item, &arguments, &[], &Rows::none()));
    quote!(#names #stored)
}

/// The placeholders of the result are fields.
fn check_result(result: &LitStr, names: &[String], errors: &mut Errors) {
    let source = result.value();
    match leon::Template::parse(&source) {
        Err(_) => errors.at(result, "the template cannot be read: placeholders look like {name}, and a brace that is none like \\{"),
        Ok(template) => {
            for wrong in template.keys().filter(|key| names.iter().all(|name| name != *key)) {
                errors.at(result, format!("the template names the unknown field `{wrong}` ({})", hint(wrong, names)));
            }
        }
    }
}

/// The constant with the names of the fields.
fn field_names(item: &DeriveInput, fields: &[OutputField]) -> TokenStream {
    let (ident, vis) = (&item.ident, &item.vis);
    let struct_ident = beside(ident, "Fields");
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let docs = format!("The names of the fields of [`{ident}`].");
    quote! {
        #[doc = #docs]
        #[derive(::core::fmt::Debug)]
        #[allow(dead_code, reason = "not every plugin has rules of its own")]
        #vis struct #struct_ident {
            #(#[doc = #names] #vis #idents: ::portal_core::FieldName,)*
        }

        impl #ident {
            /// The names of its fields, for `Problems::field`.
            #[allow(dead_code, reason = "not every plugin has rules of its own")]
            #vis const FIELDS: #struct_ident = #struct_ident {
                #(#idents: ::portal_core::FieldName::new(#names),)*
            };
        }
    }
}

/// The implementation of `Stored`.
fn stored(
    item: &DeriveInput,
    Arguments { table, result }: &Arguments,
    fields: &[OutputField],
    Rows { table: table_declaration, calls }: &Rows,
) -> TokenStream {
    let ident = &item.ident;
    let (name, table_name) = (ident.unraw().to_string(), table.unraw().to_string());
    let columns = fields.iter().map(OutputField::declared);
    let option =
        match fields.iter().filter(|field| field.takes_platform_options).collect::<Vec<_>>()[..] {
            [OutputField { ident, ty, .. }] if *ty == syn::parse_quote!(String) => {
                quote!(::core::option::Option::Some(&self.#ident))
            }
            _ => quote!(::core::option::Option::None),
        };
    quote! {
        const _: () = {
            #table_declaration

            impl ::portal_core::Stored for #ident {
                const NAME: &'static str = #name;
                const TABLE: &'static str = #table_name;
                const RESULT_TEMPLATE: &'static str = #result;
                const COLUMNS: &'static [::portal_core::column::Column] = &[#(#columns),*];

                fn platform_option(&self) -> ::core::option::Option<&str> {
                    #option
                }

                #calls
            }
        };
    }
}

/// The table, and the calls that write and read its rows.
struct Rows {
    table: TokenStream,
    calls: TokenStream,
}

impl Rows {
    fn of(table: &Ident, fields: &[OutputField]) -> Self {
        let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let columns: Vec<&Ident> = fields.iter().map(|field| &field.column).collect();
        let sql_types: Vec<TokenStream> =
            fields.iter().map(|field| field.sql_type.for_diesel()).collect();
        let aliases = fields.iter().map(OutputField::alias_declaration);
        let to_columns = fields.iter().map(OutputField::to_column);
        let loaded_types = fields.iter().map(OutputField::loaded);
        let values = fields.iter().map(OutputField::value);
        let table_name = table.unraw().to_string();
        Rows {
            table: quote! {
                #(#aliases)*

                use ::portal_core::__private::diesel::{
                    self, ExpressionMethods as _, QueryDsl as _, RunQueryDsl as _,
                };

                diesel::table! {
                    #[sql_name = #table_name]
                    rows (id) {
                        id -> Text,
                        #(#[sql_name = #names] #columns -> #sql_types,)*
                    }
                }
            },
            calls: quote! {
                fn insert(
                    &self,
                    connection: &mut ::portal_core::Connection,
                    id: &::portal_core::Id,
                ) -> diesel::QueryResult<()> {
                    diesel::insert_into(rows::table)
                        .values((
                            rows::id.eq(id.as_str()),
                            #(rows::#columns.eq(#to_columns),)*
                        ))
                        .execute(connection)
                        .map(|_| ())
                }

                fn delete(
                    connection: &mut ::portal_core::Connection,
                    id: &::portal_core::Id,
                ) -> diesel::QueryResult<()> {
                    diesel::delete(rows::table.filter(rows::id.eq(id.as_str())))
                        .execute(connection)
                        .map(|_| ())
                }

                fn load(
                    connection: &mut ::portal_core::Connection,
                    ids: &[&str],
                ) -> diesel::QueryResult<::std::vec::Vec<(::portal_core::Id, Self)>> {
                    let select = rows::table.select((rows::id, #(rows::#columns,)*));
                    let loaded: ::std::vec::Vec<(::portal_core::Id, #(#loaded_types,)*)> =
                        match ids {
                            // This one is prepared once; SQLite prepares a list of ids each time.
                            [id] => select.filter(rows::id.eq(*id)).load(connection)?,
                            _ => select.filter(rows::id.eq_any(ids)).load(connection)?,
                        };
                    loaded
                        .into_iter()
                        .map(|(id, #(#columns,)*)| {
                            ::core::result::Result::Ok((id, Self {
                                #(#idents: #values,)*
                            }))
                        })
                        .collect()
                }
            },
        }
    }

    /// For a data output that has no table, because it is wrong.
    fn none() -> Self {
        Rows {
            table: quote!(
                use ::portal_core::__private::diesel;
            ),
            calls: quote! {
                fn insert(&self, _: &mut ::portal_core::Connection, _: &::portal_core::Id) -> diesel::QueryResult<()> {
                    ::core::unreachable!()
                }
                fn delete(_: &mut ::portal_core::Connection, _: &::portal_core::Id) -> diesel::QueryResult<()> {
                    ::core::unreachable!()
                }
                fn load(_: &mut ::portal_core::Connection, _: &[&str]) -> diesel::QueryResult<::std::vec::Vec<(::portal_core::Id, Self)>> {
                    ::core::unreachable!()
                }
            },
        }
    }
}
