//! Configurations made from a plugin's schema: right ones, and wrong ones.

use portal_core::__private::{ControlKind, HINT_KEY, HintSpec};
use portal_core::column::ColumnType;
use portal_core::template::Fields;
use portal_engine::form::is_empty;
use portal_engine::schema::{TEXT_MAX, enum_values};
use proptest::collection::vec;
use proptest::sample::{select, subsequence};
use proptest::strategy::{BoxedStrategy, Just, Strategy, Union, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::contract::Contract;

/// How many configurations a rule is tried with, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 64;

/// What tries a rule with many configurations, the same ones every time.
pub(crate) fn runner() -> TestRunner {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// Characters that somebody's code may trip over. Braces are not among them: those of templates are
/// looked for in what is rendered.
const AWKWARD: &[char] = &[
    'a', 'B', '7', '_', '-', '.', ' ', '/', '?', '#', '&', '=', '%', '+', ':', '"', '\'', '\\',
    '<', '\n', 'é', 'ß', '日', '🦀',
];

/// A field as its schema and its hint describe it.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) property: Value,
    pub(crate) hint: HintSpec,
    pub(crate) column_type: ColumnType,
    pub(crate) is_nullable: bool,
    /// What it counts as when it is left out.
    pub(crate) default: Option<Value>,
    /// What may be chosen; empty when people type.
    pub(crate) choices: Vec<Value>,
    example: Value,
}

impl Described {
    /// The fields of the plugin under test, in their order.
    pub(crate) fn all(contract: &Contract) -> Vec<Described> {
        let output = contract.output();
        let (example, options) = (output.example().fields(), output.example_options());
        let properties = output.schema().as_value()["properties"].as_object();
        let describe = |(name, property): (&String, &Value)| {
            let hint = HintSpec::deserialize(&property[HINT_KEY]).expect("hints were read before");
            let column = contract.columns().iter().find(|column| column.name == name.as_str());
            let column = column.expect("each field has a column");
            let listed = property.get("items").unwrap_or(property);
            let mut choices: Vec<Value> =
                enum_values(listed).into_iter().filter(|one| !one.is_null()).cloned().collect();
            if hint.platform_options {
                choices = options.iter().map(|option| json!(option)).collect();
            }
            let default = property.get("default").cloned();
            Described {
                name: name.clone(),
                default: default.or_else(|| column.is_nullable.then_some(Value::Null)),
                property: property.clone(),
                hint,
                column_type: column.column_type,
                is_nullable: column.is_nullable,
                choices,
                example: example.get(name).cloned().unwrap_or_default(),
            }
        };
        properties.into_iter().flatten().map(describe).collect()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.property.get("items").is_some()
    }

    /// Whether its schema names one of these types.
    fn is_of(&self, types: &[&str]) -> bool {
        let is_one = |value: &Value| value.as_str().is_some_and(|one| types.contains(&one));
        match &self.property["type"] {
            Value::Array(many) => many.iter().any(is_one),
            one => is_one(one),
        }
    }

    fn has_texts(&self) -> bool {
        let types = &self.property["type"];
        self.column_type == ColumnType::Text
            && !self.is_list()
            && (types == "string" || (self.is_nullable && types.is_array()))
    }

    fn number(&self, keyword: &str) -> Option<i64> {
        self.property[keyword].as_i64()
    }

    /// Values that its schema allows, never null: what is left out has a rule of its own.
    fn values(&self) -> BoxedStrategy<Value> {
        if self.is_list() {
            return self.lists();
        }
        if !self.choices.is_empty() {
            return select(self.choices.clone()).boxed();
        }
        match self.column_type {
            ColumnType::Boolean => proptest::bool::ANY.prop_map(Value::from).boxed(),
            ColumnType::Integer | ColumnType::BigInt => match self.range() {
                Some((least, most)) => (least..=most).prop_map(Value::from).boxed(),
                None => Just(self.example.clone()).boxed(),
            },
            ColumnType::Double => {
                let limit =
                    |keyword: &str, otherwise| self.property[keyword].as_f64().unwrap_or(otherwise);
                (limit("minimum", -1e9)..=limit("maximum", 1e9)).prop_map(Value::from).boxed()
            }
            ColumnType::Text if self.has_texts() => self.texts(),
            // Something of the author's own; only the author knows what it may be.
            ColumnType::Text => Just(self.example.clone()).boxed(),
        }
    }

    /// The least and the greatest number that it holds.
    fn range(&self) -> Option<(i64, i64)> {
        let (least, most) = match self.column_type {
            ColumnType::Integer => (i32::MIN.into(), i32::MAX.into()),
            ColumnType::BigInt => (i64::MIN, i64::MAX),
            _ => return None,
        };
        let least = self.number("minimum").map_or(least, |limit| limit.max(least));
        let most = self.number("maximum").map_or(most, |limit| limit.min(most));
        Some((least, most))
    }

    /// How many characters of free text it holds, at least and at most.
    fn lengths(&self) -> Option<(usize, usize)> {
        let is_free = ["format", "pattern"].iter().all(|rule| self.property.get(rule).is_none());
        let limit = |keyword: &str, otherwise: usize| {
            self.number(keyword).and_then(|limit| limit.try_into().ok()).unwrap_or(otherwise)
        };
        (self.has_texts() && is_free && self.choices.is_empty())
            .then(|| (limit("minLength", 0).max(1), limit("maxLength", TEXT_MAX)))
    }

    /// Whether people can type any text of this length into it.
    pub(crate) fn takes_any_text(&self, length: usize) -> bool {
        self.lengths().is_some_and(|(least, most)| (least..=most).contains(&length))
    }

    /// Values at the edge of what its schema allows.
    fn extremes(&self) -> Vec<Value> {
        if self.is_list() {
            return vec![json!([])];
        }
        let texts = self.lengths().map(|(_, most)| json!("x".repeat(most)));
        let numbers = self.range().map(|(least, most)| [json!(least), json!(most)]);
        texts.into_iter().chain(numbers.into_iter().flatten()).collect()
    }

    fn texts(&self) -> BoxedStrategy<Value> {
        if let Some((least, most)) = self.lengths() {
            let letters = vec(select(AWKWARD), least..=most.min(least.max(24)));
            return letters.prop_map(|letters| json!(String::from_iter(letters))).boxed();
        }
        let pattern = self.property["pattern"].as_str().map(proptest::string::string_regex);
        match pattern {
            Some(Ok(texts)) => texts.prop_map(Value::from).boxed(),
            _ => Just(self.example.clone()).boxed(),
        }
    }

    fn lists(&self) -> BoxedStrategy<Value> {
        let most = self.number("maxItems").and_then(|most| usize::try_from(most).ok()).unwrap_or(4);
        if !self.choices.is_empty() {
            let most = most.min(self.choices.len());
            return subsequence(self.choices.clone(), 0..=most).prop_map(Value::from).boxed();
        }
        if self.property["items"]["type"] == "string" {
            let texts =
                vec(select(AWKWARD), 1..8).prop_map(|letters| letters.into_iter().collect());
            let lists = vec(texts, 0..=most).prop_map(|texts: Vec<String>| {
                let unique: std::collections::BTreeSet<String> = texts.into_iter().collect();
                json!(unique)
            });
            return lists.boxed();
        }
        Just(self.example.clone()).boxed()
    }

    /// One value that its schema allows, for a field that must not be empty.
    fn sample(&self) -> Value {
        if !is_empty(&self.example) {
            return self.example.clone();
        }
        let mut runner = runner();
        let values = self.values().prop_filter("it is filled in", |value| !is_empty(value));
        values.new_tree(&mut runner).map_or_else(|_| self.example.clone(), |tree| tree.current())
    }

    /// Values that it must refuse, each with what is wrong with it.
    pub(crate) fn wrong_values(&self) -> Vec<(&'static str, Value)> {
        let mut wrong = Vec::new();
        if self.is_list() {
            wrong.extend([("no list", json!("no list")), ("a list of objects", json!([{}]))]);
            if let Some(most) = self.number("maxItems") {
                let item = self.choices.first().cloned().unwrap_or(json!("x"));
                let many = vec![item; usize::try_from(most).map_or(0, |most| most + 1)];
                wrong.push(("a list that is too long", Value::from(many)));
            }
            return wrong;
        }
        // A type of the author's own may well be a number that is kept as text.
        let of_types: [(&str, &[&str], Value); 3] = [
            ("an object", &["object"], json!({})),
            ("a number", &["integer", "number"], json!(7)),
            ("a text", &["string"], json!("no such thing")),
        ];
        let other = of_types.into_iter().filter(|(_, types, _)| !self.is_of(types));
        wrong.extend(other.map(|(what, _, value)| (what, value)));
        if !self.choices.is_empty() {
            wrong.push(("none of the options", json!("\u{1F980} is no option")));
            return wrong;
        }
        match self.column_type {
            ColumnType::Text if !self.has_texts() => {}
            ColumnType::Text => {
                let most = self.number("maxLength").and_then(|most| usize::try_from(most).ok());
                let text = "x".repeat(most.unwrap_or(TEXT_MAX) + 1);
                wrong.push(("a text that is too long", json!(text)));
            }
            ColumnType::Integer => {
                wrong.push(("a number of more than 32 bits", json!(i64::from(i32::MAX) + 1)));
            }
            ColumnType::BigInt => {
                wrong.push(("a number of more than 64 bits", json!(i64::MAX.unsigned_abs() + 1)));
            }
            ColumnType::Boolean | ColumnType::Double => {}
        }
        if let Some(below) = self.number("minimum").and_then(|least| least.checked_sub(1)) {
            wrong.push(("a number below its minimum", json!(below)));
        }
        if let Some(above) = self.number("maximum").and_then(|most| most.checked_add(1)) {
            wrong.push(("a number above its maximum", json!(above)));
        }
        wrong
    }

    /// Whether it must be filled in whenever it is shown.
    pub(crate) fn is_demanded(&self) -> bool {
        self.hint.required && !self.hint.hidden && self.hint.control != ControlKind::Checkbox
    }
}

/// The example with one field at an edge of what the schema allows.
pub(crate) fn extremes(fields: &[Described], example: &Fields) -> Vec<Fields> {
    let with = |field: &Described, value: Value| {
        let mut configuration = example.clone();
        configuration.insert(field.name.clone(), value);
        configuration
    };
    let each = |field| {
        Described::extremes(field)
            .into_iter()
            .map(move |value| with(field, value))
            .collect::<Vec<_>>()
    };
    fields.iter().flat_map(each).collect()
}

/// Configurations that the schema allows: each field has the example's value, or another one.
pub(crate) fn configurations(fields: &[Described]) -> BoxedStrategy<Fields> {
    let each: Vec<BoxedStrategy<(String, Value)>> = fields
        .iter()
        .map(|field| {
            let name = field.name.clone();
            let mut values = vec![field.values()];
            // Nothing is an example of nothing: see `values`.
            if !field.example.is_null() {
                values.push(Just(field.example.clone()).boxed());
            }
            Union::new(values).prop_map(move |value| (name.clone(), value)).boxed()
        })
        .collect();
    each.prop_map(|members| members.into_iter().collect()).boxed()
}

/// Configurations in which every combination of conditions holds, as far as these are few.
pub(crate) fn combinations(fields: &[Described], example: &Fields) -> Vec<Fields> {
    const MOST: usize = 256;
    let mut all = vec![example.clone()];
    for field in fields {
        let mut values: Vec<Value> = fields
            .iter()
            .flat_map(|other| &other.hint.shown_when)
            .filter(|condition| condition.field_name == field.name)
            .map(|condition| condition.value.clone())
            .collect();
        if values.is_empty() {
            continue;
        }
        values.extend(field.choices.iter().cloned());
        if field.column_type == ColumnType::Boolean {
            values.extend([json!(true), json!(false)]);
        }
        values.push(example.get(&field.name).cloned().unwrap_or_default());
        let mut unique: Vec<Value> = Vec::new();
        for value in values {
            if !unique.contains(&value) && unique.len() < 4 {
                unique.push(value);
            }
        }
        let with = |value: &Value, before: &Fields| {
            let mut fields = before.clone();
            fields.insert(field.name.clone(), value.clone());
            fields
        };
        all = unique
            .iter()
            .flat_map(|value| all.iter().map(move |before| with(value, before)).collect::<Vec<_>>())
            .take(MOST)
            .collect();
    }
    all.iter_mut().for_each(|configuration| fill_demanded(fields, configuration));
    all
}

/// A configuration in which a field is shown: the example, with what its conditions ask for.
pub(crate) fn shown(field: &Described, fields: &[Described], example: &Fields) -> Fields {
    let mut configuration = example.clone();
    let mut open = vec![field];
    // Conditions may rest on conditions; a circle would go on for ever.
    for _ in 0..fields.len() {
        let Some(next) = open.pop() else { break };
        for condition in &next.hint.shown_when {
            configuration.insert(condition.field_name.clone(), condition.value.clone());
            open.extend(fields.iter().find(|other| other.name == condition.field_name));
        }
    }
    fill_demanded(fields, &mut configuration);
    configuration
}

/// Fills what must not be empty.
fn fill_demanded(fields: &[Described], configuration: &mut Fields) {
    for field in fields.iter().filter(|field| field.is_demanded()) {
        if configuration.get(&field.name).is_none_or(is_empty) {
            configuration.insert(field.name.clone(), field.sample());
        }
    }
}
