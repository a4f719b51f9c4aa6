use portal_core::prelude::*;

/// A topic that the data product writes to.
#[data_output(table = kafka_topics, result = "{field_1}")]
pub struct Topic {
    #[form(derived())]
    pub field_1: bool,
    #[form(derived())]
    pub field_2: bool,
    #[form(derived())]
    pub field_3: bool,
    #[form(derived())]
    pub field_4: bool,
    #[form(derived())]
    pub field_5: bool,
    #[form(derived())]
    pub field_6: bool,
    #[form(derived())]
    pub field_7: bool,
    #[form(derived())]
    pub field_8: bool,
    #[form(derived())]
    pub field_9: bool,
    #[form(derived())]
    pub field_10: bool,
    #[form(derived())]
    pub field_11: bool,
    #[form(derived())]
    pub field_12: bool,
    #[form(derived())]
    pub field_13: bool,
    #[form(derived())]
    pub field_14: bool,
    #[form(derived())]
    pub field_15: bool,
    #[form(derived())]
    pub field_16: bool,
    #[form(derived())]
    pub field_17: bool,
    #[form(derived())]
    pub field_18: bool,
    #[form(derived())]
    pub field_19: bool,
    #[form(derived())]
    pub field_20: bool,
    #[form(derived())]
    pub field_21: bool,
    #[form(derived())]
    pub field_22: bool,
    #[form(derived())]
    pub field_23: bool,
    #[form(derived())]
    pub field_24: bool,
    #[form(derived())]
    pub field_25: bool,
    #[form(derived())]
    pub field_26: bool,
    #[form(derived())]
    pub field_27: bool,
    #[form(derived())]
    pub field_28: bool,
    #[form(derived())]
    pub field_29: bool,
    #[form(derived())]
    pub field_30: bool,
    #[form(derived())]
    pub field_31: bool,
    #[form(derived())]
    pub field_32: bool,
}

include!("rest/of_the_plugin.rs");

fn main() {}
