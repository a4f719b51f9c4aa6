//! Laws over the source of the pages: what must stay absent from templates, style and scripts.

use std::fs;
use std::path::{Path, PathBuf};

use portal_engine::Registry;

/// The files that make pages, with their names. What others have written is left out.
fn sources() -> Vec<(String, String)> {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal-server");
    let mut folders: Vec<PathBuf> = ["templates", "assets/pages", "src/frame", "src/pages"]
        .map(|folder| server.join(folder))
        .to_vec();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&server).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(found.len() > 25, "the pages are somewhere else: {found:?}");
    found
}

fn is_template(name: &str) -> bool {
    name.ends_with(".html")
}

#[test]
fn no_page_knows_a_plugin_or_one_of_its_fields() {
    for (file, text) in sources() {
        let words: Vec<&str> =
            text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
        for plugin in Registry::load().unwrap().plugins() {
            for name in [plugin.id(), plugin.wire_name(), plugin.display_name()] {
                // The sort of plugin without a data output has a word of its own.
                let is_word = name.eq_ignore_ascii_case("launcher");
                assert!(is_word || !words.contains(&name), "{file} names {name}");
            }
            let Some(output) = plugin.output() else { continue };
            for field in output.schema().property_names() {
                // Words of one syllable are words of HTML and of people as well.
                assert!(!field.contains('_') || !words.contains(&field), "{file} names {field}");
                for control in [format!("configuration.{field}"), format!("configuration-{field}")]
                {
                    assert!(!text.contains(&control), "{file} has the control {control}");
                }
                let quoted = [format!("name=\"{field}\""), format!("id=\"{field}\"")];
                assert!(
                    !quoted.iter().any(|one| text.contains(one)),
                    "{file} has the control {field}"
                );
            }
        }
    }
}

#[test]
fn no_page_leads_a_browser_elsewhere_by_itself() {
    for (file, text) in sources() {
        let namespace = "http://www.w3.org/2000/svg";
        let text = text.replace(namespace, "");
        // A plugin's links are `https`, and come out of its configuration.
        for scheme in ["http://", "https://", "src=\"//", "data:"] {
            assert!(!text.contains(scheme), "{file} holds {scheme}");
        }
        for loading in ["url(", "@import"] {
            let is_style = file.ends_with(".css");
            assert!(!is_style || !text.contains(loading), "{file} holds {loading}");
        }
    }
}

#[test]
fn templates_escape_everything_and_hold_neither_style_nor_script() {
    for (file, text) in sources().into_iter().filter(|(file, _)| is_template(file)) {
        let flat = text.replace(' ', "");
        for unsafe_way in ["|safe", "|escape(", "{%filter", "{%autoescape", "escape=\"none\""] {
            assert!(!flat.contains(unsafe_way), "{file} holds {unsafe_way}");
        }
        for inline in ["<style", "style=\"", "onclick=", "onchange=", "hx-on", "javascript:"] {
            assert!(!text.contains(inline), "{file} holds {inline}");
        }
        // Every attribute stands in quotes, which escaping relies on.
        assert!(!flat.contains("={{"), "{file} has an attribute without quotes");
    }
    for (file, text) in sources().into_iter().filter(|(file, _)| file.ends_with(".js")) {
        for dangerous in ["innerHTML", "eval(", "Function(", "document.write", "insertAdjacent"] {
            assert!(!text.contains(dangerous), "{file} holds {dangerous}");
        }
    }
}

/// Attributes whose values are addresses.
const ADDRESSES: [&str; 8] =
    ["href", "src", "action", "formaction", "hx-get", "hx-post", "hx-delete", "spec-url"];

#[test]
fn every_link_is_built_from_the_prefix() {
    let mut count = 0;
    for (file, text) in sources().into_iter().filter(|(file, _)| is_template(file)) {
        for name in ADDRESSES {
            for address in text.split(&format!(" {name}=\"")).skip(1) {
                count += 1;
                // A fragment stays on the page; a plugin's link is whole.
                let is_sound = ["{{ layout.base }}", "#", "{{ url }}"]
                    .iter()
                    .any(|beginning| address.starts_with(beginning));
                let shown = address.split('"').next().unwrap_or_default();
                assert!(
                    is_sound,
                    "{file}: {name}=\"{shown}\" does not begin with {{{{ layout.base }}}}"
                );
            }
        }
    }
    assert!(count > 60, "only {count} links are found");
    for (file, text) in sources().into_iter().filter(|(file, _)| file.ends_with(".js")) {
        for path in ["\"/", "'/", "`/"] {
            assert!(!text.contains(path), "{file} knows a path: {path}");
        }
    }
}

#[test]
fn every_control_has_a_label_and_every_image_a_text() {
    for (file, text) in sources().into_iter().filter(|(file, _)| is_template(file)) {
        for tag in text.split('<').filter(|tag| tag.starts_with("img")) {
            assert!(tag.contains("alt=\"") && tag.contains("width=\""), "{file}: <{tag}");
        }
        let controls = text.split('<').filter(|tag| {
            ["input ", "select ", "textarea "].iter().any(|name| tag.starts_with(name))
                && !tag.contains("type=\"hidden\"")
        });
        for control in controls {
            let id = control.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let id = id.unwrap_or_else(|| panic!("{file}: <{control} has no id"));
            assert!(text.contains(&format!("for=\"{id}\"")), "{file}: {id} has no label");
        }
    }
}
