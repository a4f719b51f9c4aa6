//! Rules about what is shown of a data output: results, technical information, links.

use portal_core::template::Fields;
use portal_engine::store::UNUSABLE_LINK;

use super::Verdict;
use super::configurations::{for_valid, read};
use crate::contract::Contract;
use crate::generate::{Described, shown as shown_with};
use crate::stage::{Stage, on_each};

/// Results and technical information are there in every environment and hold no placeholder, and
/// rendering panics for nothing.
pub(super) fn rendering_leaves_no_placeholder(contract: &Contract) -> Verdict {
    on_each(contract, |stage| {
        let stage = &*stage;
        let example = contract.output().example().fields();
        let found = no_placeholder(stage, &example, contract)?;
        if found < stage.configuration.environments.len() {
            return Err("the example has no technical information in an environment, though the examples of its entries are configured there: does it name one of them?".to_owned());
        }
        for_valid(contract, |configuration| {
            no_placeholder(stage, configuration, contract).map(drop)
        })
    })
}

/// In how many environments there is technical information.
fn no_placeholder(
    stage: &Stage<'_>,
    configuration: &Fields,
    contract: &Contract,
) -> Result<usize, String> {
    let output = read(contract, configuration)?;
    let rendered = stage.render(output.as_ref());
    let result = rendered.result_string.unwrap_or_default();
    if result.is_empty() {
        return Err("the result is empty".to_owned());
    }
    let mut texts = vec![("the result".to_owned(), result)];
    for info in rendered.technical_info {
        let what = format!("the technical information in {}", info.environment);
        // A configuration that names another entry than the examples has none.
        texts.extend(info.info.map(|text| (what, text)));
    }
    let templates =
        [contract.output().result_template(), contract.output().technical_info_template()];
    let names: Vec<&str> = templates.iter().flat_map(|template| template.names()).collect();
    for (what, text) in &texts {
        if let Some(name) = names.iter().find(|name| text.contains(&format!("{{{name}}}"))) {
            return Err(format!(
                "{what} holds the placeholder {{{name}}}: does render fill the template in? It is {text:?}"
            ));
        }
    }
    Ok(texts.len() - 1)
}

/// Links are `https`, and what people typed stays in its place in them.
pub(super) fn links_are_https_and_encoded(contract: &Contract) -> Verdict {
    let fields = Described::all(contract);
    let example = contract.output().example().fields();
    on_each(contract, |stage| {
        let stage = &*stage;
        for field in fields.iter().filter(|field| field.takes_any_text(MARKED.len())) {
            let mut configuration = shown_with(field, &fields, &example);
            configuration.insert(field.name.clone(), MARKED.into());
            for link in links(stage, &configuration, contract)? {
                let lower = link.to_lowercase();
                if MARKS.iter().any(|mark| lower.contains(mark)) {
                    return Err(format!(
                        "the link holds the field {:?} as it was typed, so that it can lead elsewhere: {REMEDY}. Of {MARKED:?} it is {link}",
                        field.name
                    ));
                }
            }
        }
        for_valid(contract, |configuration| links(stage, configuration, contract).map(drop))
    })
}

/// What an author does about a link that is not right.
const REMEDY: &str = "put every value through encode(…)";

/// A text that begins a query, a fragment and a parameter where it stands in a link as it is.
const MARKED: &str = "zq?zq#zq&.";

/// What is then found there.
const MARKS: [&str; 3] = ["zq?", "zq#", "zq&"];

/// The links of a configuration in all environments.
fn links(
    stage: &Stage<'_>,
    configuration: &Fields,
    contract: &Contract,
) -> Result<Vec<String>, String> {
    let output = read(contract, configuration)?;
    let mut links = Vec::new();
    for environment in &stage.configuration.environments {
        let name = Some(environment.name.as_str());
        let (plugin, product) = (stage.plugin, &stage.product);
        let asset =
            stage.configuration.asset_url(plugin, stage.service(), product, output.as_ref(), name);
        let home =
            stage.configuration.platform_url(contract.registry(), plugin.id(), product, name);
        for link in [asset, home] {
            match link {
                Ok(link) => links.push(link),
                Err(error) if error.to_string().contains(UNUSABLE_LINK) => {
                    return Err(format!("{error}: {REMEDY}"));
                }
                // No link is an answer, too.
                Err(_) => {}
            }
        }
    }
    Ok(links)
}
