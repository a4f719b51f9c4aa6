//! From the words of a field's type to the type of its column.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{GenericArgument, PathArguments, Type};

/// The SQL type of a column, read off the spelling of the field's type. Whether the type is really
/// kept so, the expansion asserts.
pub(crate) struct SqlType {
    base: Base,
    pub(crate) is_nullable: bool,
    /// Whether the type is one that the spelling tells; others are choices, as far as one can see.
    pub(crate) is_spelt_out: bool,
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
    pub(crate) fn of(ty: &Type) -> Self {
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
        let [base, ..] = self.base.names();
        let types = quote!(::portal_core::__private::diesel::sql_types);
        if self.is_nullable {
            quote!(#types::Nullable<#types::#base>)
        } else {
            quote!(#types::#base)
        }
    }

    /// As `StoredAs` knows it.
    pub(crate) fn sort(&self) -> TokenStream {
        let [_, base, _] = self.base.names();
        let sorts = quote!(::portal_core::column);
        if self.is_nullable {
            quote!(#sorts::NullableColumn<#sorts::#base>)
        } else {
            quote!(#sorts::#base)
        }
    }

    /// The variant of `ColumnType`.
    pub(crate) fn declared(&self) -> TokenStream {
        let [.., variant] = self.base.names();
        variant
    }
}

impl Base {
    /// Diesel's name, the one for `StoredAs`, and the variant of `ColumnType`.
    fn names(self) -> [TokenStream; 3] {
        match self {
            Base::Text => [quote!(Text), quote!(TextColumn), quote!(Text)],
            Base::Boolean => [quote!(Bool), quote!(BooleanColumn), quote!(Boolean)],
            Base::Integer => [quote!(Integer), quote!(IntegerColumn), quote!(Integer)],
            Base::BigInt => [quote!(BigInt), quote!(BigIntColumn), quote!(BigInt)],
            Base::Double => [quote!(Double), quote!(DoubleColumn), quote!(Double)],
        }
    }
}

/// What to write instead of a type that is known to have no column.
pub(crate) fn column_less(ty: &Type) -> Option<&'static str> {
    if let Some(inner) = argument_of(ty, "Option") {
        return column_less(inner);
    }
    if let Type::Reference(reference) = ty {
        return column_less(&reference.elem);
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
