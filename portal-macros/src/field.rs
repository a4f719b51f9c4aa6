//! One field of a data output: its hint, its column, and what is wrong with it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Field, GenericArgument, LitStr, PathArguments, Type};

use crate::item::{Errors, has_docs, hint, name, serde_says, take};

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
            errors.at(&ident, "a data output has no field `id`: the table's column of that name belongs to the portal");
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
            errors.at(&ty, format!("a field of this type has no column: {instead}"));
        }
        let hint_tokens = if hint.is_derived || !sql_type.is_spelt_out {
            quote!(#expression)
        } else {
            quote_spanned! {expression.span()=>
                ::portal_core::__private::HintFor::<#ty>::hint(#expression).fitting()
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

/// The SQL type of a column, read off the spelling of the field's type. Whether the type is really
/// kept so, the expansion asserts.
pub(crate) struct SqlType {
    base: Base,
    pub(crate) is_nullable: bool,
    /// Whether the type is one that the spelling tells; others are choices, as far as one can see.
    is_spelt_out: bool,
}

#[derive(Clone, Copy)]
enum Base {
    Text,
    Boolean,
    Integer,
    BigInt,
    Double,
}

impl SqlType {
    fn of(ty: &Type) -> Self {
        if let Some(inner) = argument_of(ty, "Option") {
            return SqlType { is_nullable: true, ..SqlType::of(inner) };
        }
        let (base, is_spelt_out) = match last_word(ty).as_deref() {
            Some("bool") => (Base::Boolean, true),
            Some("i32") => (Base::Integer, true),
            Some("i64") => (Base::BigInt, true),
            Some("f64") => (Base::Double, true),
            Some("String" | "List") => (Base::Text, true),
            _ => (Base::Text, false),
        };
        SqlType { base, is_nullable: false, is_spelt_out }
    }

    /// As diesel knows it.
    pub(crate) fn for_diesel(&self) -> TokenStream {
        let base = match self.base {
            Base::Text => quote!(Text),
            Base::Boolean => quote!(Bool),
            Base::Integer => quote!(Integer),
            Base::BigInt => quote!(BigInt),
            Base::Double => quote!(Double),
        };
        let base = quote!(::portal_core::__private::diesel::sql_types::#base);
        if self.is_nullable {
            quote!(::portal_core::__private::diesel::sql_types::Nullable<#base>)
        } else {
            base
        }
    }

    /// As `StoredAs` knows it.
    fn sort(&self) -> TokenStream {
        let base = match self.base {
            Base::Text => quote!(TextColumn),
            Base::Boolean => quote!(BooleanColumn),
            Base::Integer => quote!(IntegerColumn),
            Base::BigInt => quote!(BigIntColumn),
            Base::Double => quote!(DoubleColumn),
        };
        let base = quote!(::portal_core::column::#base);
        if self.is_nullable { quote!(::portal_core::column::NullableColumn<#base>) } else { base }
    }

    /// The variant of `ColumnType`.
    fn declared(&self) -> TokenStream {
        match self.base {
            Base::Text => quote!(Text),
            Base::Boolean => quote!(Boolean),
            Base::Integer => quote!(Integer),
            Base::BigInt => quote!(BigInt),
            Base::Double => quote!(Double),
        }
    }
}

/// What to write instead of a type that is known to have no column.
fn column_less(ty: &Type) -> Option<&'static str> {
    if let Some(inner) = argument_of(ty, "Option") {
        return column_less(inner);
    }
    Some(match last_word(ty)?.as_str() {
        "u8" | "u16" | "i8" | "i16" => "write i32",
        "u32" | "u64" | "u128" | "usize" | "i128" | "isize" => "write i64",
        "f32" => "write f64",
        "char" | "str" => "write String",
        "Vec" | "HashSet" | "BTreeSet" => "write List<…>",
        _ => return None,
    })
}

fn last_word(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The type in the angle brackets of a type called `word`.
fn argument_of<'a>(ty: &'a Type, word: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == word)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    })
}
