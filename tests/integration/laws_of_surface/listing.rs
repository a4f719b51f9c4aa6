//! The public items of a crate, one line each, under the path by which users reach them.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenTree;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{
    Attribute, Fields, Generics, ImplItem, Item, ItemImpl, ItemMacro, TraitItem, Type, Variant,
};

use super::sources::{
    Definition, Names, Read, Sources, attributes, below, between, is_left_out, is_public,
    is_public_item, name_of, one_line, text,
};

/// The lines of the list, sorted.
pub(super) fn surface(read: Read<'_>) -> BTreeSet<String> {
    let sources = Sources::read(read);
    let mut surface = Surface { sources: &sources, paths: BTreeMap::new(), lines: BTreeSet::new() };
    surface.reach(&[], &[]);
    for (module, items) in &sources.modules {
        items.iter().for_each(|item| surface.list(module, item));
    }
    surface.lines
}

struct Surface<'a> {
    sources: &'a Sources,
    /// The shortest public path of each definition.
    paths: BTreeMap<Definition, Names>,
    lines: BTreeSet<String>,
}

impl Surface<'_> {
    /// Notes what users reach through a module that they know as `shown`.
    fn reach(&mut self, module: &[String], shown: &[String]) {
        for item in &self.sources.modules[module] {
            match item {
                Item::Use(item) if is_public(&item.vis) => {
                    self.reach_imports(module, shown, &self.sources.imports(module, item));
                }
                Item::Mod(inner) if is_public(&inner.vis) => {
                    let name = inner.ident.to_string();
                    self.reach(&below(module, &name), &below(shown, &name));
                }
                Item::Macro(invoked) if invoked.ident.is_none() => {
                    let is_known = self.completed_by(module, invoked).is_some()
                        || invoked.mac.path.is_ident("compile_error");
                    assert!(is_known, "{shown:?}: {} may make public items", text(item));
                }
                item if is_public_item(item) => {
                    let Some(name) = name_of(item) else { continue };
                    self.note((module.to_vec(), name.clone()), below(shown, &name));
                }
                _ => {}
            }
        }
    }

    fn reach_imports(&mut self, module: &[String], shown: &[String], imports: &[(String, Names)]) {
        let is_prelude = shown == ["prelude"];
        if is_prelude {
            let names = imports.iter().map(|(name, path)| match path[0].as_str() {
                "crate" | "self" | "super" => name.clone(),
                _ => path.join("::"),
            });
            self.lines.insert(format!("prelude: {}", names.collect::<Vec<_>>().join(", ")));
        }
        for (name, path) in imports {
            let shown = below(shown, name);
            match self.sources.find(module, path) {
                Some(found) if self.sources.is_item(&found) => self.note(found, shown),
                Some((outer, inner)) => self.reach(&below(&outer, &inner), &shown),
                None if is_prelude => {}
                None => {
                    self.lines.insert(format!("{}: use {}", shown.join("::"), path.join("::")));
                }
            }
        }
    }

    fn note(&mut self, definition: Definition, path: Names) {
        let rank = |path: &Names| (path[0] == "prelude", path.len(), path.clone());
        let known = self.paths.entry(definition).or_insert_with(|| path.clone());
        if rank(&path) < rank(known) {
            *known = path;
        }
    }

    /// The type to which a macro such as `text_column!(Type)` adds implementations.
    fn completed_by(&self, module: &[String], invoked: &ItemMacro) -> Option<Definition> {
        let path: syn::Path = syn::parse2(invoked.mac.tokens.clone()).ok()?;
        self.sources.find(module, &names(&path))
    }

    /// Adds the lines of an item, if users reach it.
    fn list(&mut self, module: &[String], item: &Item) {
        let definition = match item {
            Item::Impl(item) => return self.list_impl(module, item),
            Item::Macro(item) => match &item.ident {
                Some(name) => return self.lines.extend(exported_macro(&name.to_string(), item)),
                None => self.completed_by(module, item),
            },
            item => name_of(item).map(|name| (module.to_vec(), name)),
        };
        let path = definition.and_then(|definition| self.paths.get(&definition));
        let Some((path, name)) = path.and_then(|path| Some((path.join("::"), path.last()?))) else {
            return;
        };
        let mut lines = lines_of(name, item);
        if let Some(head) = lines.last_mut() {
            head.insert_str(0, &marks(attributes(item)));
        }
        lines.extend(derives(attributes(item)));
        self.lines.extend(lines.iter().map(|line| format!("{path}: {line}")));
    }

    fn list_impl(&mut self, module: &[String], item: &ItemImpl) {
        let (generics, of, marks_of_all) =
            (text(&item.generics), text(&item.self_ty), marks(&item.attrs));
        let find =
            |path| self.sources.find(module, &names(path)).and_then(|one| self.paths.get(&one));
        let own_trait = item.trait_.as_ref().and_then(|(path, _)| find(path));
        let path = match referred(&item.self_ty) {
            Type::Path(of) => find(&of.path).or(own_trait),
            _ => Some(own_trait.unwrap_or_else(|| panic!("whose is {of}, with a trait?"))),
        };
        let Some(path) = path.map(|path| path.join("::")) else { return };
        let start = format!("{path}: {marks_of_all}");
        if let Some((of_trait, _)) = &item.trait_ {
            let of_trait = of_trait.segments.last().map(text).unwrap_or_default();
            self.lines.insert(format!("{start}impl{generics} {of_trait} for {of}"));
            return;
        }
        let within = match of.contains('<') {
            true => format!(", in impl{generics} {of}"),
            false => String::new(),
        };
        for item in &item.items {
            let (visibility, attributes, line) = match item {
                ImplItem::Fn(item) => (&item.vis, &item.attrs, text(&item.sig)),
                ImplItem::Const(item) => {
                    (&item.vis, &item.attrs, between(item.const_token.span, item.ty.span()))
                }
                _ => panic!("{path}: {} is not known here", text(item)),
            };
            if is_public(visibility) && !is_left_out(attributes) {
                self.lines.insert(format!("{start}{}{line}{within}", marks(attributes)));
            }
        }
    }
}

/// What users can rely on of an item that they know as `name`; the last line is its head.
fn lines_of(name: &str, item: &Item) -> Vec<String> {
    let head = |kind: &str, generics: &Generics, more: &str| {
        let clause = generics.where_clause.as_ref().map(|clause| format!(" {}", text(clause)));
        let clause = clause.unwrap_or_default();
        format!("{kind} {name}{}{more}{}", text(generics), clause.trim_end_matches(','))
    };
    match item {
        Item::Fn(item) => vec![text(&item.sig)],
        Item::Const(item) => vec![between(item.const_token.span, item.ty.span())],
        Item::Static(item) => vec![between(item.static_token.span, item.ty.span())],
        Item::Type(item) => vec![between(item.type_token.span, item.ty.span())],
        Item::Macro(item) => vec![text(&item.mac)],
        Item::Struct(item) => {
            let public = item.fields.iter().enumerate().filter(|(_, field)| is_public(&field.vis));
            let fields = public.map(|(index, field)| {
                let name = field.ident.as_ref().map_or(index.to_string(), |name| name.to_string());
                format!("{}field {name}: {}", marks(&field.attrs), text(&field.ty))
            });
            let mut lines: Vec<String> = fields.collect();
            let more = if lines.len() < item.fields.len() { " { .. }" } else { "" };
            lines.push(head("struct", &item.generics, more));
            lines
        }
        Item::Enum(item) => {
            item.variants.iter().map(variant).chain([head("enum", &item.generics, "")]).collect()
        }
        Item::Trait(item) => {
            let bounds = text(&item.supertraits);
            let more = if bounds.is_empty() { bounds } else { format!(": {bounds}") };
            let items = item.items.iter().filter_map(trait_item);
            items.chain([head("trait", &item.generics, &more)]).collect()
        }
        _ => panic!("{name} is a kind of public item that is not known here"),
    }
}

fn variant(variant: &Variant) -> String {
    let fields = variant.fields.iter().map(|field| match &field.ident {
        Some(name) => format!("{name}: {}", text(&field.ty)),
        None => text(&field.ty),
    });
    let fields = fields.collect::<Vec<_>>().join(", ");
    let fields = match variant.fields {
        Fields::Unit => String::new(),
        Fields::Unnamed(_) => format!("({fields})"),
        Fields::Named(_) => format!(" {{ {fields} }}"),
    };
    format!("{}variant {}{fields}", marks(&variant.attrs), variant.ident)
}

fn trait_item(item: &TraitItem) -> Option<String> {
    let (attributes, is_provided, line) = match item {
        TraitItem::Fn(item) => (&item.attrs, item.default.is_some(), text(&item.sig)),
        TraitItem::Const(item) => {
            let line = between(item.const_token.span, item.ty.span());
            (&item.attrs, item.default.is_some(), line)
        }
        TraitItem::Type(item) => {
            let end = item.bounds.last().map_or(item.ident.span(), |bound| bound.span());
            (&item.attrs, item.default.is_some(), between(item.type_token.span, end))
        }
        _ => panic!("{} is not known here", text(item)),
    };
    let kind = if is_provided { "provided" } else { "required" };
    (!is_left_out(attributes)).then(|| format!("{}{kind} {line}", marks(attributes)))
}

/// What a macro takes, one line for each of its arms.
fn exported_macro(name: &str, item: &ItemMacro) -> Vec<String> {
    if !item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
        return Vec::new();
    }
    let groups = item.mac.tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(one_line(group.span())),
        _ => None,
    });
    groups.step_by(2).map(|arm| format!("{name}!: macro {arm}")).collect()
}

fn derives(attributes: &[Attribute]) -> Option<String> {
    let derives = attributes.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let parse = Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
    let derived = derives.flat_map(|derive| derive.parse_args_with(parse).unwrap());
    let names: BTreeSet<String> = derived.map(|path| text(&path)).collect();
    let names: Names = names.into_iter().collect();
    (!names.is_empty()).then(|| format!("derive {}", names.join(", ")))
}

/// The attributes that change what users can do.
fn marks(attributes: &[Attribute]) -> String {
    let known = ["cfg", "deprecated", "non_exhaustive"];
    let of_users = |one: &&Attribute| known.iter().any(|name| one.path().is_ident(name));
    attributes.iter().filter(of_users).map(|one| text(one) + " ").collect()
}

/// The type behind references.
fn referred(mut of: &Type) -> &Type {
    while let Type::Reference(reference) = of {
        of = &reference.elem;
    }
    of
}

fn names(path: &syn::Path) -> Names {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}
