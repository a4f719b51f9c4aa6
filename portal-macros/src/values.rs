//! `#[entry]` and `#[platform_values]`: what an operator configures.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Error, Result, Token};

use crate::item::{Errors, derives, expanded, has_docs, hint, name, named_fields};

/// How entries are found.
enum Found {
    /// By the field `identifier`.
    ByIdentifier,
    /// By another field.
    By(Ident),
    /// There is exactly one.
    Single,
}

impl Parse for Found {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Found::ByIdentifier);
        }
        let word: Ident = input.parse()?;
        if word == "single" {
            return Ok(Found::Single);
        }
        if word == "name" {
            input.parse::<Token![=]>()?;
            return Ok(Found::By(input.parse()?));
        }
        Err(Error::new(
            word.span(),
            "write #[entry], #[entry(name = …)] with the field that is an entry's name, or #[entry(single)]",
        ))
    }
}

/// See [`crate::entry`].
pub(crate) fn expand_entry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(item, nameless_entry, |mut item| {
        let found = syn::parse2(arguments)?;
        let mut errors = Errors::default();
        let fields = documented_fields(&mut item, "the type of entries", &mut errors)?;
        let (named_by, entry_name) = match found {
            Found::Single => {
                (quote!(::core::option::Option::None), quote!(::core::option::Option::None))
            }
            named => {
                let field = match named {
                    Found::By(field) => field,
                    _ => Ident::new("identifier", item.ident.span()),
                };
                let field_name = field.to_string();
                if !fields.contains(&field_name) {
                    errors.at(
                        &field,
                        format!(
                            "entries are named by the field `{field_name}`, which is none of theirs: name another one with #[entry(name = …)], or write #[entry(single)] if each environment has exactly one entry ({})",
                            hint(&field_name, &fields)
                        ),
                    );
                    (quote!(::core::option::Option::None), quote!(::core::option::Option::None))
                } else {
                    (
                        quote!(::core::option::Option::Some(#field_name)),
                        quote!(::core::option::Option::Some(&self.#field)),
                    )
                }
            }
        };
        let (derives, errors, ident) = (derives(), errors.into_tokens(), &item.ident);
        Ok(quote! {
            #derives
            #item

            impl ::portal_core::Entry for #ident {
                const NAMED_BY: ::core::option::Option<&'static str> = #named_by;

                fn name(&self) -> ::core::option::Option<&str> {
                    #entry_name
                }
            }

            #errors
        })
    })
}

/// Entries of a type that is wrong.
fn nameless_entry(item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    quote! {
        impl #generics ::portal_core::Entry for #ident #arguments #bounds {
            const NAMED_BY: ::core::option::Option<&'static str> = ::core::option::Option::None;

            fn name(&self) -> ::core::option::Option<&str> {
                ::core::option::Option::None
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
                errors.at(&arguments, "#[platform_values] takes no arguments");
            }
            documented_fields(&mut item, "the type of a platform's values", &mut errors)?;
            let (derives, errors) = (derives(), errors.into_tokens());
            Ok(quote!(#derives #item #errors))
        },
    )
}

/// The names of the fields, each of which has a doc comment.
fn documented_fields(
    item: &mut DeriveInput,
    what: &str,
    errors: &mut Errors,
) -> Result<Vec<String>> {
    Ok(named_fields(item, what)?
        .map(|field| {
            let name = name(field);
            if !has_docs(&field.attrs) {
                errors.at(
                    &field.ident,
                    format!("the field `{name}` has no doc comment, which tells operators what to write: add `/// …` above it"),
                );
            }
            name
        })
        .collect())
}
