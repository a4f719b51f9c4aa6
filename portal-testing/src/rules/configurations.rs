//! Rules about what people enter: what is right is stored, what is wrong is refused.

use std::cell::RefCell;

use portal_core::__private::AnyOutput;
use portal_core::Error;
use portal_core::template::Fields;
use portal_engine::schema::escape;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{TestCaseError, TestError};
use serde_json::{Value, json};

use super::Verdict;
use crate::contract::Contract;
use crate::generate::{
    Described, combinations, configurations, extremes, runner, shown as shown_with,
};
use crate::kit::check_fields;
use crate::stage::{on_each, shown};

/// The example is accepted, and does not change when it is normalised. Examples of entries and
/// platform values fit their schemas.
pub(super) fn example_is_accepted(contract: &Contract) -> Verdict {
    let (plugin, output) = (contract.plugin(), contract.output());
    let fields = output.example().fields();
    let read =
        check(contract, &fields).map_err(|wrong| format!("the example is refused:\n{wrong}"))?;
    if read.fields() != fields {
        return Err(format!(
            "the example changes when it is read and normalised, so give it what it becomes:\n{}\n{}",
            shown(&fields),
            shown(&read.fields())
        ));
    }
    for acronym in ["dev", "prd"] {
        for (what, schema, example) in [
            ("entries", output.entry_schema(), output.example_entry(acronym)),
            ("platform values", plugin.values_schema(), plugin.example_values(acronym)),
        ] {
            let problems = schema.problems(&example);
            if !problems.is_empty() {
                return Err(format!("the example of {what} is refused:\n{problems}"));
            }
        }
    }
    Ok(())
}

/// Runs a rule over many configurations that the schema allows. Those that it does not allow after
/// all, because of a keyword that is not looked at when they are made, are passed over.
pub(super) fn for_valid(contract: &Contract, rule: impl Fn(&Fields) -> Verdict) -> Verdict {
    let fields = Described::all(contract);
    let schema = contract.output().schema();
    let rule = |configuration: &Fields| match schema.is_valid(configuration) {
        true => rule(configuration),
        false => Ok(()),
    };
    for configuration in extremes(&fields, &contract.output().example().fields()) {
        rule(&configuration).map_err(|wrong| format!("{wrong}\nwith {}", shown(&configuration)))?;
    }
    let tried = runner().run(&configurations(&fields), |configuration| {
        rule(&configuration).map_err(TestCaseError::fail)
    });
    tried.map_err(|error| match error {
        TestError::Fail(reason, smallest) => format!("{reason}\nwith {}", shown(&smallest)),
        TestError::Abort(reason) => reason.to_string(),
    })
}

/// Some configurations that the schema of a plugin allows, the same ones every time.
pub fn some_configurations(contract: &Contract, count: usize) -> Vec<Fields> {
    let (strategy, mut runner) = (configurations(&Described::all(contract)), runner());
    let made = (0..count).map(|_| {
        let tree = strategy.new_tree(&mut runner).expect("configurations can be made");
        tree.current()
    });
    made.filter(|configuration| contract.output().schema().is_valid(configuration)).collect()
}

/// Reads a configuration that the schema allows.
pub(super) fn read(
    contract: &Contract,
    configuration: &Fields,
) -> Result<Box<dyn AnyOutput>, String> {
    contract.output().preview(configuration, None).map_err(|problems| {
        format!(
            "what the schema allows is refused: say it in the schema, or check it in validate\n{problems}"
        )
    })
}

/// Configurations that the schema allows are read as they were stored.
pub(super) fn valid_configurations_are_stored_unchanged(contract: &Contract) -> Verdict {
    on_each(contract, |stage| {
        let stage = RefCell::new(stage);
        for_valid(contract, |configuration| {
            let output = read(contract, configuration)?;
            stage.borrow_mut().round_trip(output.as_ref())
        })
    })
}

/// Fields that may be left out are stored when they are: each alone, and all of them.
pub(super) fn defaults_are_stored(contract: &Contract) -> Verdict {
    let fields = Described::all(contract);
    let example = contract.output().example().fields();
    let optional: Vec<&Described> = fields.iter().filter(|field| field.default.is_some()).collect();
    on_each(contract, |stage| {
        for left_out in optional.iter().map(std::slice::from_ref).chain([optional.as_slice()]) {
            let mut configuration = example.clone();
            configuration.retain(|name, _| left_out.iter().all(|field| field.name != *name));
            let names: Vec<&str> = left_out.iter().map(|field| field.name.as_str()).collect();
            read(contract, &configuration)
                .and_then(|output| stage.round_trip(output.as_ref()))
                .map_err(|wrong| format!("without {}: {wrong}", names.join(", ")))?;
        }
        Ok(())
    })
}

/// Whatever conditions hold: fields that are not shown have their default, and all is stored.
pub(super) fn every_combination_of_conditions_is_stored(contract: &Contract) -> Verdict {
    let fields = Described::all(contract);
    let example = contract.output().example().fields();
    on_each(contract, |stage| {
        for configuration in combinations(&fields, &example) {
            let output = read(contract, &configuration)?;
            let stored = output.fields();
            let applying = contract.output().applying_fields(&stored);
            for field in fields.iter().filter(|field| !applying.contains(field.name.as_str())) {
                let (value, default) = (stored.get(&field.name), field.default.as_ref());
                if value != default {
                    let is = |value: Option<&Value>| {
                        value.map_or("missing".to_owned(), Value::to_string)
                    };
                    return Err(format!(
                        "the field {:?} is not shown, but is {} instead of its default {}: does normalise fill it?\nwith {}",
                        field.name,
                        is(value),
                        is(default),
                        shown(&configuration)
                    ));
                }
            }
            stage.round_trip(output.as_ref())?;
        }
        Ok(())
    })
}

/// A wrong value of any field is refused, and the problem names the field.
pub(super) fn invalid_configurations_are_refused_at_their_field(contract: &Contract) -> Verdict {
    let fields = Described::all(contract);
    let example = contract.output().example().fields();
    let mut unknown = example.clone();
    unknown.insert("no_such_field".to_owned(), json!("x"));
    refused(contract, &unknown, "no_such_field", "an unknown field")?;
    for field in &fields {
        let right = shown_with(field, &fields, &example);
        for (what, value) in field.wrong_values() {
            let mut configuration = right.clone();
            configuration.insert(field.name.clone(), value);
            refused(contract, &configuration, &field.name, what)?;
        }
        if field.default.is_none() {
            let mut configuration = right.clone();
            configuration.remove(&field.name);
            refused(contract, &configuration, &field.name, "nothing")?;
        }
        if field.is_demanded() && (field.is_list() || field.property["type"] == "string") {
            let empty = if field.is_list() { json!([]) } else { json!("") };
            let mut configuration = right.clone();
            configuration.insert(field.name.clone(), empty);
            refused(contract, &configuration, &field.name, "nothing, though it is required")?;
        }
    }
    Ok(())
}

fn refused(contract: &Contract, configuration: &Fields, field: &str, what: &str) -> Verdict {
    let place = format!("/{}", escape(field));
    let is_there = |at: &str| at == place || at.starts_with(&format!("{place}/"));
    match check(contract, configuration) {
        Err(Error::Invalid(problems)) if problems.iter().any(|one| is_there(&one.at)) => Ok(()),
        Err(other) => {
            Err(format!("{what} in the field {field:?} is refused, but not at {place}:\n{other}"))
        }
        Ok(read) => Err(format!(
            "{what} in the field {field:?} is accepted: {} is read as {}",
            configuration.get(field).cloned().unwrap_or_default(),
            read.fields().get(field).cloned().unwrap_or_default()
        )),
    }
}

/// Checks a configuration as when an asset is created, with the example's options.
fn check(contract: &Contract, configuration: &Fields) -> Result<Box<dyn AnyOutput>, Error> {
    let output = contract.output();
    check_fields(output, configuration, &output.example_options())
}

/// Normalising twice gives what normalising once gives.
pub(super) fn normalising_twice_is_normalising_once(contract: &Contract) -> Verdict {
    for_valid(contract, |configuration| {
        let mut output = read(contract, configuration)?;
        let once = output.fields();
        output.normalise();
        let twice = output.fields();
        if once == twice {
            return Ok(());
        }
        Err(format!(
            "normalise changes what it has normalised already:\n{}\n{}",
            shown(&once),
            shown(&twice)
        ))
    })
}
