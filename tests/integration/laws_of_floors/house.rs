//! What `lib.rs` says of its crate: which floor each module has, and where a name leads.

use std::collections::BTreeMap;

use syn::{Item, UseTree};

use super::Source;
use super::paths::{line_of, walk};

/// What `lib.rs` says.
#[derive(Default)]
pub(super) struct House {
    /// The modules, and their floors if they have any.
    pub floors: BTreeMap<String, Option<usize>>,
    /// What a name at the root of the crate stands for: a path within the crate or out of it.
    pub exports: BTreeMap<String, Vec<String>>,
    /// The items of `lib.rs` itself.
    roof: Vec<String>,
    pub findings: Vec<String>,
}

impl House {
    pub fn read(lib: &Source) -> Self {
        let mut house = House::default();
        let by_line = house.headings(lib);
        for item in syn::parse_file(&lib.text).unwrap().items {
            match item {
                Item::Mod(module) if module.content.is_none() => {
                    let (name, line) = (module.ident.to_string(), line_of(module.ident.span()));
                    let floor = by_line[line - 1];
                    if floor.is_none() {
                        house.findings.push(format!(
                            "{}:{line}: {name} has no floor: a floor begins with the line \
                             `// Floor 1: what stands on it` and ends with an empty line",
                            lib.file
                        ));
                    }
                    if module.attrs.iter().any(|attribute| attribute.path().is_ident("macro_use")) {
                        house.findings.push(format!(
                            "{}:{line}: the macros of {name} need no path, so that nobody sees who \
                             imports them: use `pub(crate) use` instead of `#[macro_use]`",
                            lib.file
                        ));
                    }
                    house.floors.insert(name, floor);
                }
                Item::Use(item) => leaves(&item.tree, Vec::new(), &mut house.exports),
                Item::Mod(item) => house.roof.push(item.ident.to_string()),
                Item::Fn(item) => house.roof.push(item.sig.ident.to_string()),
                Item::Struct(item) => house.roof.push(item.ident.to_string()),
                Item::Enum(item) => house.roof.push(item.ident.to_string()),
                Item::Union(item) => house.roof.push(item.ident.to_string()),
                Item::Trait(item) => house.roof.push(item.ident.to_string()),
                Item::Type(item) => house.roof.push(item.ident.to_string()),
                Item::Const(item) => house.roof.push(item.ident.to_string()),
                Item::Static(item) => house.roof.push(item.ident.to_string()),
                Item::Macro(item) => house.roof.extend(item.ident.map(|name| name.to_string())),
                _ => {}
            }
        }
        house
    }

    /// The floor to which each line of `lib.rs` belongs. An empty line ends a floor, as it ends
    /// what rustfmt sorts.
    fn headings(&mut self, lib: &Source) -> Vec<Option<usize>> {
        let (mut last, mut floor) = (0, None);
        let lines = lib.text.lines().zip(1..).map(|(line, number)| {
            if line.starts_with("// Floor") {
                last += 1;
                floor = Some(last);
                let expected = format!("// Floor {last}: ");
                if line.strip_prefix(&expected).is_none_or(|what| what.trim().is_empty()) {
                    let place = format!("{}:{number}", lib.file);
                    let message = format!("{place}: {line:?} does not begin with {expected:?}");
                    self.findings.push(message);
                }
            } else if line.trim().is_empty() {
                floor = None;
            }
            floor
        });
        lines.collect()
    }

    /// A module and its floor, for people.
    pub fn with_floor(&self, module: &str) -> String {
        match self.floors[module] {
            Some(floor) => format!("{module} (floor {floor})"),
            None => format!("{module} (no floor)"),
        }
    }

    /// Where a path that begins at the root of the crate leads.
    pub fn place(&self, path: &[String]) -> Place {
        let Some(first) = path.first() else { return Place::Roof("the crate itself".to_owned()) };
        if self.floors.contains_key(first) {
            return Place::Module(first.clone());
        }
        if self.roof.contains(first) {
            return Place::Roof(first.clone());
        }
        match self.exports.get(first) {
            None => Place::Unknown(first.clone()),
            Some(target) if target.first() == Some(first) => Place::Outside,
            Some(target) => match self.place(target) {
                Place::Unknown(_) => Place::Outside,
                place => place,
            },
        }
    }
}

pub(super) enum Place {
    Module(String),
    /// An item of `lib.rs`.
    Roof(String),
    /// Something that `lib.rs` re-exports from another crate.
    Outside,
    Unknown(String),
}

/// The names that the tree of a `use` in `lib.rs` makes, and their paths. What a glob brings is not
/// known, so naming it is a finding.
fn leaves(tree: &UseTree, mut path: Vec<String>, found: &mut BTreeMap<String, Vec<String>>) {
    match tree {
        UseTree::Path(step) => {
            walk(&mut path, &step.ident.to_string());
            leaves(&step.tree, path, found);
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| leaves(tree, path.clone(), found));
        }
        UseTree::Name(name) => {
            walk(&mut path, &name.ident.to_string());
            found.extend(path.last().cloned().map(|last| (last, path)));
        }
        UseTree::Rename(name) => {
            walk(&mut path, &name.ident.to_string());
            found.insert(name.rename.to_string(), path);
        }
        UseTree::Glob(_) => {}
    }
}
