//! `#[entry]` and `#[platform_values]`: what an operator configures.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, Result, Token, Type};

use crate::item::{Errors, derives, expanded, has_docs, hint, name, named_fields};

/// What the arguments say of entries.
struct Arguments {
    found: Found,
    /// The field that marks the default.
    mark: Option<Ident>,
}

/// How entries are found.
enum Found {
    /// By the field `identifier`.
    ByIdentifier,
    /// By another field.
    By(Ident),
    /// There is exactly one.
    Single,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Arguments { found: Found::ByIdentifier, mark: None };
        while !input.is_empty() {
            let word = Ident::parse_any(input)?;
            if word == "single" {
                arguments.found = Found::Single;
            } else if word == "name" {
                input.parse::<Token![=]>()?;
                arguments.found = Found::By(input.parse()?);
            } else if word == "default" {
                input.parse::<Token![=]>()?;
                arguments.mark = Some(input.parse()?);
            } else {
                return Err(Error::new(
                    word.span(),
                    "write #[entry], #[entry(name = …)] with the field that is an entry's name, #[entry(default = …)] with the bool that marks the default, or #[entry(single)]",
                ));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

/// See [`crate::entry`].
pub(crate) fn expand_entry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(
        item,
        |item| named(item, None, None),
        |mut item| {
            let Arguments { found, mark } = syn::parse2(arguments)?;
            let mut errors = Errors::default();
            let fields = documented_fields(&mut item, "the type of entries", &mut errors)?;
            let named_by = match found {
                Found::Single => None,
                Found::By(field) => Some(field),
                Found::ByIdentifier => Some(Ident::new("identifier", item.ident.span())),
            };
            let named_by = named_by.filter(|field| {
                check_name(field, &fields).map_err(|error| errors.push(error)).is_ok()
            });
            let mark = mark.filter(|field| {
                check_mark(field, &fields).map_err(|error| errors.push(error)).is_ok()
            });
            let (derives, errors) = (derives(), errors.into_tokens());
            let named = named(&item, named_by.as_ref(), mark.as_ref());
            Ok(quote!(#derives #item #named #errors))
        },
    )
}

/// Refuses a field that cannot mark the default entry.
fn check_mark(field: &Ident, fields: &[Documented]) -> Result<()> {
    let name = field.to_string();
    let unknown =
        format!("the default entry is marked by the field `{name}`, which is none of theirs");
    let wrong = format!("the field `{name}` marks the default entry: write bool");
    check(field, fields, &syn::parse_quote!(bool), &unknown, &wrong)
}

/// Refuses a field that cannot be the name of entries.
fn check_name(field: &Ident, fields: &[Documented]) -> Result<()> {
    let name = field.to_string();
    let unknown = format!(
        "entries are named by the field `{name}`, which is none of theirs: name another one with #[entry(name = …)], or write #[entry(single)] if each environment has exactly one entry"
    );
    let wrong = format!(
        "the field `{name}` is the name of an entry: write String, or name another field with #[entry(name = …)]"
    );
    check(field, fields, &syn::parse_quote!(String), &unknown, &wrong)
}

/// Refuses a field that is none of these, or of another type.
fn check(
    field: &Ident,
    fields: &[Documented],
    ty: &Type,
    unknown: &str,
    wrong: &str,
) -> Result<()> {
    let name = field.to_string();
    match fields.iter().find(|field| field.name == name) {
        None => {
            let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
            Err(Error::new_spanned(field, format!("{unknown} ({})", hint(&name, &names))))
        }
        Some(found) if found.ty != *ty => Err(Error::new_spanned(&found.ty, wrong)),
        Some(_) => Ok(()),
    }
}

/// How entries of this type are found: by a field, or because there is exactly one; and what marks the
/// default.
fn named(item: &DeriveInput, by: Option<&Ident>, mark: Option<&Ident>) -> TokenStream {
    let ident = &item.ident;
    let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
    let (named_by, name) = match by {
        None => (quote!(::core::option::Option::None), quote!(::core::option::Option::None)),
        Some(field) => {
            let text = field.to_string();
            (some(quote!(#text)), some(quote!(&self.#field)))
        }
    };
    let marked_by = mark.map(|field| {
        let text = some(field.to_string().to_token_stream());
        quote!(const MARKED_BY: ::core::option::Option<&'static str> = #text;)
    });
    quote! {
        impl ::portal_core::Entry for #ident {
            const NAMED_BY: ::core::option::Option<&'static str> = #named_by;
            #marked_by

            fn name(&self) -> ::core::option::Option<&str> {
                #name
            }
        }
    }
}

/// See [`crate::platform_values`].
pub(crate) fn expand_platform_values(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(
        item,
        |_| TokenStream::new(),
        |mut item| {
            let mut errors = Errors::default();
            if !arguments.is_empty() {
                errors.at(
                    &arguments,
                    "#[platform_values] takes no arguments: write #[platform_values]",
                );
            }
            documented_fields(&mut item, "the type of a platform's values", &mut errors)?;
            let (derives, errors) = (derives(), errors.into_tokens());
            Ok(quote!(#derives #item #errors))
        },
    )
}

/// A field that operators fill.
struct Documented {
    name: String,
    ty: Type,
}

/// The fields, each of which has a doc comment.
fn documented_fields(
    item: &mut DeriveInput,
    what: &str,
    errors: &mut Errors,
) -> Result<Vec<Documented>> {
    Ok(named_fields(item, what)?
        .map(|field| {
            let name = name(field);
            if !has_docs(&field.attrs) {
                errors.at(
                    &field.ident,
                    format!("the field `{name}` has no doc comment, which tells operators what to write: add `/// …` above it"),
                );
            }
            Documented { name, ty: field.ty.clone() }
        })
        .collect())
}
