//! `#[choice]`: an enum of which people choose one variant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Fields, Generics, LitStr};

use crate::item::{Errors, derives, expanded, serde_says, take};

/// See [`crate::choice`].
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expanded(item, stored_choice, |mut item| {
        let mut errors = Errors::default();
        if !arguments.is_empty() {
            errors.at(&arguments, "#[choice] takes no arguments: write #[choice]");
        }
        let Data::Enum(data) = &mut item.data else {
            return Err(Error::new_spanned(
                &item.ident,
                "a choice is an enum: write its options as variants",
            ));
        };
        if !item.generics.params.is_empty() {
            errors.at(&item.generics, "a choice has no parameters: leave them out");
            item.generics = Generics::default();
        }
        if data.variants.is_empty() {
            errors.at(
                &item.ident,
                "a choice has at least one variant: write its options as variants",
            );
        }
        for variant in &mut data.variants {
            if !matches!(variant.fields, Fields::Unit) {
                errors.at(
                    &variant.fields,
                    format!("the variant `{}` holds data, but a choice is stored as its name alone: leave the data out", variant.ident),
                );
                variant.fields = Fields::Unit;
            }
            if let Some(label) = take(&mut variant.attrs, "label") {
                match label.parse_args::<LitStr>() {
                    Ok(text) => variant.attrs.push(syn::parse_quote!(#[schemars(title = #text)])),
                    Err(_) => errors.at(&label, "a label is a text: #[label(\"Avro\")]"),
                }
            }
        }
        let rename = (!serde_says(&item.attrs, "rename_all"))
            .then(|| quote!(#[serde(rename_all = "snake_case")]));
        let (derives, errors, stored) = (derives(), errors.into_tokens(), stored_choice(&item));
        Ok(quote! {
            #derives
            #[derive(::core::marker::Copy, ::core::cmp::Eq)]
            #rename
            #item

            #stored

            #errors
        })
    })
}

/// How a choice is stored.
fn stored_choice(item: &DeriveInput) -> TokenStream {
    let ident = &item.ident;
    quote!(::portal_core::__choice!(#ident);)
}
