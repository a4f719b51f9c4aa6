//! What all attributes need of an item: reading it, its docs, the derives, collecting errors.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::ext::IdentExt as _;
use syn::{
    Attribute, Data, DataStruct, DeriveInput, Error, Field, Fields, GenericParam, Result, Type,
};

/// How alike two names must be to be worth suggesting; portal-core's `suggest` has the same scale.
const ALIKE: f64 = 0.75;

/// Collects errors, so that all of them are told at once.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            None => self.0 = Some(error),
            Some(before) => before.combine(error),
        }
    }

    /// An error at a place in the author's file.
    pub(crate) fn at(&mut self, place: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.push(Error::new_spanned(place, message));
    }

    /// All of them, as compile errors.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map_or_else(TokenStream::new, |error| error.to_compile_error())
    }
}

/// What an attribute makes of an item. One that cannot be expanded is an error, beside the derives and
/// what `stub` makes of it, so that the rest of the file finds what it names and says nothing.
pub(crate) fn expanded(
    item: TokenStream,
    stub: impl FnOnce(&DeriveInput) -> TokenStream,
    expand: impl FnOnce(DeriveInput) -> Result<TokenStream>,
) -> TokenStream {
    let parsed: DeriveInput = match syn::parse2(item.clone()) {
        Ok(parsed) => parsed,
        Err(error) => {
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    expand(parsed.clone()).unwrap_or_else(|error| {
        let (error, mut item) = (error.to_compile_error(), parsed);
        take_all(&mut item);
        take_parameters(&mut item);
        let (derives, stub) = (derives(), stub(&item));
        quote!(#derives #item #stub #error)
    })
}

/// Takes our own attributes out of an item's fields and variants.
fn take_all(item: &mut DeriveInput) {
    let own =
        |attribute: &Attribute| ["form", "label"].iter().any(|own| attribute.path().is_ident(own));
    let clean = |fields: &mut Fields| {
        fields.iter_mut().for_each(|field| field.attrs.retain(|attribute| !own(attribute)));
    };
    match &mut item.data {
        Data::Struct(data) => clean(&mut data.fields),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                variant.attrs.retain(|attribute| !own(attribute));
                clean(&mut variant.fields);
            }
        }
        Data::Union(_) => {}
    }
}

/// Takes the parameters out of an item: its parts whose types name one are texts then.
fn take_parameters(item: &mut DeriveInput) {
    let generics = std::mem::take(&mut item.generics);
    let names: Vec<String> = generics.params.iter().map(parameter_name).collect();
    let clean = |fields: &mut Fields| {
        for field in fields.iter_mut().filter(|field| names_one(&field.ty, &names)) {
            field.ty = syn::parse_quote!(::std::string::String);
        }
    };
    match &mut item.data {
        Data::Struct(data) => clean(&mut data.fields),
        Data::Enum(data) => data.variants.iter_mut().for_each(|variant| clean(&mut variant.fields)),
        Data::Union(_) => {}
    }
}

fn parameter_name(parameter: &GenericParam) -> String {
    match parameter {
        GenericParam::Lifetime(lifetime) => lifetime.lifetime.ident.to_string(),
        GenericParam::Type(ty) => ty.ident.to_string(),
        GenericParam::Const(constant) => constant.ident.to_string(),
    }
}

/// Whether one of these words occurs in a type.
fn names_one(ty: &Type, names: &[String]) -> bool {
    fn occurs(tokens: TokenStream, names: &[String]) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => names.contains(&word.to_string()),
            TokenTree::Group(group) => occurs(group.stream(), names),
            _ => false,
        })
    }
    occurs(ty.to_token_stream(), names)
}

/// The fields of a struct with named fields and without parameters.
pub(crate) fn named_fields<'a>(
    item: &'a mut DeriveInput,
    what: &str,
) -> Result<impl Iterator<Item = &'a mut Field>> {
    if !item.generics.params.is_empty() {
        let message = format!(
            "{what} has no parameters: leave them out, and give its fields types that own their values, such as String"
        );
        return Err(Error::new_spanned(&item.generics, message));
    }
    match &mut item.data {
        Data::Struct(DataStruct { fields: Fields::Named(fields), .. }) => {
            Ok(fields.named.iter_mut())
        }
        _ => {
            let message =
                format!("{what} is a struct with named fields: struct {} {{ … }}", item.ident);
            Err(Error::new_spanned(&item.ident, message))
        }
    }
}

/// The name of a field, without `r#`.
pub(crate) fn name(field: &Field) -> String {
    field.ident.as_ref().map_or(String::new(), |ident| ident.unraw().to_string())
}

/// Whether a doc comment stands above.
pub(crate) fn has_docs(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("doc"))
}

/// Takes an attribute of ours out of the others.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let at = attributes.iter().position(|attribute| attribute.path().is_ident(name))?;
    Some(attributes.remove(at))
}

/// Whether one of serde's attributes says something about `what`.
pub(crate) fn serde_says(attributes: &[Attribute], what: &str) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("serde")).any(|attribute| {
        let mut says = false;
        // serde itself reports what cannot be read.
        let _ = attribute.parse_nested_meta(|meta| {
            says |= meta.path.is_ident(what);
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Lit>()?;
            } else if meta.input.peek(syn::token::Paren) {
                meta.parse_nested_meta(|_| Ok(()))?;
            }
            Ok(())
        });
        says
    })
}

/// The derives that every type of a plugin has, with the crates that portal-core brings.
pub(crate) fn derives() -> TokenStream {
    quote! {
        #[derive(
            ::core::fmt::Debug,
            ::core::clone::Clone,
            ::core::cmp::PartialEq,
            ::portal_core::__private::serde::Serialize,
            ::portal_core::__private::serde::Deserialize,
            ::portal_core::__private::schemars::JsonSchema,
        )]
        #[serde(crate = "::portal_core::__private::serde")]
        #[schemars(crate = "::portal_core::__private::schemars")]
    }
}

/// `did you mean …? allowed: …`, to follow a wrong name.
pub(crate) fn hint(wrong: &str, right: &[String]) -> String {
    let near = right
        .iter()
        .map(|name| (strsim::jaro_winkler(wrong, name), name))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(String::new(), |(_, name)| format!("did you mean {name}? "));
    format!("{near}allowed: {}", right.join(", "))
}

/// The identifier of something that goes with `of`.
pub(crate) fn beside(of: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{}{suffix}", of.unraw()), of.span())
}
