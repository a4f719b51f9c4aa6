//! One field of a data output: its hint, its column, and what is wrong with it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Field, LitStr, Type};

use crate::item::{Errors, has_docs, hint, name, serde_says, take};
use crate::sql_type::{SqlType, column_less};

/// A field, as far as the macro needs to understand it.
pub(crate) struct OutputField {
    pub(crate) ident: Ident,
    pub(crate) name: String,
    pub(crate) ty: Type,
    /// Its column in Rust: a name of its own, since diesel keeps some for itself, such as `table`.
    pub(crate) column: Ident,
    pub(crate) sql_type: SqlType,
    /// Whether its type is known to have no column, which is told already.
    pub(crate) is_column_less: bool,
    /// The fields that its conditions name.
    conditions: Vec<LitStr>,
    /// Whether the operator offers its options.
    pub(crate) takes_platform_options: bool,
    has_default: bool,
}

impl OutputField {
    /// Reads a field, and replaces our attribute by the ones that it stands for.
    pub(crate) fn read(field: &mut Field, errors: &mut Errors) -> Self {
        let name = name(field);
        let ident = field.ident.clone().unwrap_or_else(|| Ident::new("_", Span::call_site()));
        if name == "id" {
            errors.at(&ident, "a data output has no field `id`, because the table's column of that name belongs to the portal: call it otherwise");
        }
        let form =
            take(&mut field.attrs, "form").map(|form| (form.parse_args::<TokenStream>(), form));
        let expression = match form {
            Some((Ok(expression), _)) if !expression.is_empty() => expression,
            Some((_, form)) => {
                errors.at(&form, format!("the field `{name}` has an empty #[form()]: write #[form(text())] or the like"));
                quote!(::portal_core::form::derived())
            }
            None => {
                errors.at(&ident, format!("the field `{name}` has neither a control nor derived(): write #[form(text())] or the like above it, or #[form(derived())] if the plugin fills it"));
                quote!(::portal_core::form::derived())
            }
        };
        let hint = Calls::of(&expression);
        if !hint.is_derived && !has_docs(&field.attrs) {
            errors.at(&ident, format!("the field `{name}` has no doc comment, which is its tooltip: add `/// …` above it"));
        }
        let says_default = serde_says(&field.attrs, "default");
        if hint.is_derived && !says_default {
            field.attrs.push(syn::parse_quote!(#[serde(default)]));
        }
        let ty = field.ty.clone();
        let sql_type = SqlType::of(&ty);
        let instead = column_less(&ty);
        if let Some(instead) = instead {
            let words = ty
                .to_token_stream()
                .to_string()
                .replace(" < ", "<")
                .replace(" >", ">")
                .replace("& ", "&");
            errors.at(&ty, format!("a field of the type `{words}` has no column: {instead}"));
            if matches!(ty, Type::Reference(_)) {
                // Of a type that borrows, serde's derives would say something else.
                field.ty = syn::parse_quote!(::std::string::String);
            }
        }
        let hint_tokens = if hint.is_derived || !sql_type.is_spelt_out {
            quote!(#expression)
        } else {
            quote_spanned! {expression.span()=>
                ::portal_core::form::Fits::<#ty>::fitting(#expression)
            }
        };
        field.attrs.push(syn::parse_quote!(#[schemars(extend("x-form" = #hint_tokens))]));
        OutputField {
            column: Ident::new(&format!("c_{name}"), ident.span()),
            is_column_less: instead.is_some(),
            has_default: says_default || hint.is_derived || sql_type.is_nullable,
            conditions: hint.conditions,
            takes_platform_options: hint.takes_platform_options,
            ident,
            name,
            ty,
            sql_type,
        }
    }

    /// Says which of its conditions cannot hold, or cannot be without effect.
    pub(crate) fn check_conditions(&self, names: &[String], errors: &mut Errors) {
        let name = &self.name;
        for condition in &self.conditions {
            let other = condition.value();
            if !names.contains(&other) {
                errors.at(
                    condition,
                    format!(
                        "the field `{name}` depends on the unknown field `{other}` ({})",
                        hint(&other, names)
                    ),
                );
            }
        }
        if let Some(condition) = self.conditions.first()
            && !self.has_default
        {
            errors.at(condition, format!("the field `{name}` is not always shown, so it needs a default to fall back to: add #[serde(default)] above it, or make it an Option"));
        }
    }

    /// A name for its type that is one word, so that all errors about it have one place.
    fn alias(&self) -> Ident {
        Ident::new(&format!("TypeOf_{}", self.name), self.ty.span())
    }

    /// The declaration of that name.
    pub(crate) fn alias_declaration(&self) -> TokenStream {
        let (alias, ty) = (self.alias(), &self.ty);
        quote! {
            #[allow(non_camel_case_types, reason = "a field's name is part of it")]
            type #alias = #ty;
        }
    }

    /// The value for its column. All that asks for the field's type as something that is kept in a
    /// column stands at the type, so that a type that is not is one error there.
    pub(crate) fn to_column(&self) -> TokenStream {
        let (alias, sort) = (self.alias(), self.sql_type.sort());
        let ty = &self.ty;
        let mut ident = self.ident.clone();
        ident.set_span(ident.span().located_at(ty.span()));
        quote_spanned! {ty.span()=>
            <#alias as ::portal_core::column::StoredAs<#sort>>::to_column(&self.#ident)
        }
    }

    /// The type of what is read from its column.
    pub(crate) fn loaded(&self) -> TokenStream {
        let (alias, sort) = (self.alias(), self.sql_type.sort());
        let span = self.ty.span();
        quote_spanned!(span=> <#alias as ::portal_core::column::StoredAs<#sort>>::Loaded)
    }

    /// The field's value, from what was read.
    pub(crate) fn value(&self) -> TokenStream {
        let (alias, sort) = (self.alias(), self.sql_type.sort());
        let ty = &self.ty;
        let mut column = self.column.clone();
        column.set_span(column.span().located_at(ty.span()));
        quote_spanned! {ty.span()=>
            <#alias as ::portal_core::column::StoredAs<#sort>>::from_column(#column)?
        }
    }

    /// The declaration of its column, for the comparison with the migrated table.
    pub(crate) fn declared(&self) -> TokenStream {
        let (name, column_type, is_nullable) =
            (&self.name, self.sql_type.declared(), self.sql_type.is_nullable);
        let line = quote_spanned!(self.ident.span()=> ::core::line!());
        quote! {
            ::portal_core::column::Column {
                name: #name,
                column_type: ::portal_core::column::ColumnType::#column_type,
                is_nullable: #is_nullable,
                file: ::core::file!(),
                line: #line,
            }
        }
    }
}

/// What a hint's expression calls, as far as it can be read off its words.
#[derive(Default)]
struct Calls {
    is_derived: bool,
    takes_platform_options: bool,
    conditions: Vec<LitStr>,
}

impl Calls {
    fn of(expression: &TokenStream) -> Self {
        let mut calls = Calls::default();
        let mut tokens = expression.clone().into_iter().peekable();
        while let Some(token) = tokens.next() {
            let (TokenTree::Ident(word), Some(TokenTree::Group(arguments))) =
                (&token, tokens.peek())
            else {
                continue;
            };
            if word == "derived" {
                calls.is_derived = true;
            } else if word == "options_from_platform" {
                calls.takes_platform_options = true;
            } else if word == "shown_when"
                && let Some(TokenTree::Literal(first)) = arguments.stream().into_iter().next()
                && let Ok(name) = syn::parse2(first.into_token_stream())
            {
                calls.conditions.push(name);
            }
        }
        calls
    }
}
