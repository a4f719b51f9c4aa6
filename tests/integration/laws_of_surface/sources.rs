//! The modules of a crate as syntax, and the way from a path to the item that it names.

use std::collections::BTreeMap;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Ident, Item, ItemUse, UseTree, Visibility, parse_file};

pub(super) type Names = Vec<String>;
/// The module in which an item is defined, and its name there.
pub(super) type Definition = (Names, String);
/// Gives the text of a file below `src`.
pub(super) type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The modules by their paths, without what is hidden or for tests.
#[derive(Default)]
pub(super) struct Sources {
    pub modules: BTreeMap<Names, Vec<Item>>,
}

impl Sources {
    pub fn read(read: Read<'_>) -> Self {
        let mut sources = Sources::default();
        let lib = parse_file(&read("lib.rs").unwrap()).unwrap();
        sources.add(Names::new(), lib.items, read);
        sources
    }

    fn add(&mut self, module: Names, mut items: Vec<Item>, read: Read<'_>) {
        items.retain(|item| !is_left_out(attributes(item)));
        for item in &mut items {
            let Item::Mod(inner) = item else { continue };
            let path = below(&module, &inner.ident.to_string());
            let items = inner.content.take().map(|(_, items)| items).unwrap_or_else(|| {
                let file = path.join("/");
                let text = read(&format!("{file}.rs")).or_else(|| read(&format!("{file}/mod.rs")));
                parse_file(&text.unwrap_or_else(|| panic!("{file} is no file"))).unwrap().items
            });
            self.add(path, items, read);
        }
        self.modules.insert(module, items);
    }

    /// Follows a path from a module to the definition, through what modules on the way import.
    /// `None` when the sources do not hold it: it is another crate's, or made by a macro.
    pub fn find(&self, module: &[String], path: &[String]) -> Option<Definition> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => return self.find(&[], rest),
            "self" => return self.find(module, rest),
            "super" => return self.find(&module[..module.len() - 1], rest),
            _ => {}
        }
        let here = (module.to_vec(), first.clone());
        let inner = below(module, first);
        let is_module = self.modules.contains_key(&inner);
        if is_module && !rest.is_empty() {
            return self.find(&inner, rest);
        }
        if rest.is_empty() && self.is_item(&here) {
            return Some(here);
        }
        let uses = self.modules[module].iter().filter_map(|item| match item {
            Item::Use(item) => Some(self.imports(module, item)),
            _ => None,
        });
        uses.flatten()
            .filter(|(name, target)| name == first && target != path)
            .find_map(|(_, target)| self.find(module, &[&target, rest].concat()))
            .or(is_module.then_some(here))
    }

    /// Whether a definition is an item rather than a module.
    pub fn is_item(&self, (module, name): &Definition) -> bool {
        self.modules[module].iter().any(|item| name_of(item).as_ref() == Some(name))
    }

    /// The names that a `use` makes, and their paths.
    pub fn imports(&self, module: &[String], item: &ItemUse) -> Vec<(String, Names)> {
        let leaves = leaves(&item.tree, &[]);
        for (name, path) in &leaves {
            let is_own = ["crate", "self", "super"].contains(&path[0].as_str())
                || self.modules.contains_key(&below(module, &path[0]));
            assert!(name != "*" || !is_own, "{module:?}: {} is not known here", text(item));
        }
        leaves
    }
}

fn leaves(tree: &UseTree, path: &[String]) -> Vec<(String, Names)> {
    match tree {
        UseTree::Path(step) => leaves(&step.tree, &below(path, &step.ident.to_string())),
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, path)).collect(),
        UseTree::Name(name) if name.ident == "self" => {
            path.last().map(|last| (last.clone(), path.to_vec())).into_iter().collect()
        }
        UseTree::Name(name) => vec![(name.ident.to_string(), below(path, &name.ident.to_string()))],
        UseTree::Rename(name) => {
            vec![(name.rename.to_string(), below(path, &name.ident.to_string()))]
        }
        UseTree::Glob(_) => vec![("*".to_owned(), below(path, "*"))],
    }
}

pub(super) fn below(path: &[String], name: &str) -> Names {
    [path, &[name.to_owned()]].concat()
}

/// The attributes, the visibility and the name of an item. Modules are known by their paths.
fn parts(item: &Item) -> (&[Attribute], &Visibility, Option<&Ident>) {
    match item {
        Item::Const(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::ExternCrate(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, &item.vis, Some(&item.sig.ident)),
        Item::Impl(item) => (&item.attrs, &Visibility::Inherited, None),
        Item::Macro(item) => (&item.attrs, &Visibility::Inherited, item.ident.as_ref()),
        Item::Mod(item) => (&item.attrs, &item.vis, None),
        Item::Static(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Union(item) => (&item.attrs, &item.vis, Some(&item.ident)),
        Item::Use(item) => (&item.attrs, &item.vis, None),
        _ => panic!("a kind of item that is not known here: {}", text(item)),
    }
}

pub(super) fn attributes(item: &Item) -> &[Attribute] {
    parts(item).0
}

pub(super) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

pub(super) fn is_public_item(item: &Item) -> bool {
    is_public(parts(item).1)
}

pub(super) fn name_of(item: &Item) -> Option<String> {
    parts(item).2.map(Ident::to_string)
}

/// Whether something is hidden or for tests, and so no part of the contract.
pub(super) fn is_left_out(attributes: &[Attribute]) -> bool {
    let reasons = ["#[doc(hidden)]", "#[cfg(test)]"];
    attributes.iter().any(|one| reasons.contains(&text(one).as_str()))
}

/// A piece of the source on one line, spaced as rustfmt does.
pub(super) fn text(piece: &impl Spanned) -> String {
    one_line(piece.span())
}

/// The source from one piece to another.
pub(super) fn between(first: Span, last: Span) -> String {
    one_line(first.join(last).unwrap())
}

pub(super) fn one_line(span: Span) -> String {
    let source = span.source_text().unwrap_or_default();
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    [("( ", "("), (", )", ")"), (" )", ")"), ("< ", "<"), (", >", ">")]
        .iter()
        .fold(line, |line, (from, to)| line.replace(from, to))
}
