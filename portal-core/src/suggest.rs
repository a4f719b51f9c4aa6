//! The nearest right name for a wrong one.

/// How alike two names must be to be worth suggesting, on the scale of [`strsim::jaro_winkler`]
/// (0 to 1). Below this, suggestions for short names read as noise.
const ALIKE: f64 = 0.75;

/// The candidate most like `name`, ignoring case, if one is alike enough.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// `, did you mean …?` to follow a wrong name in a sentence; empty when no candidate is alike enough.
pub fn question<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map_or(String::new(), |near| format!(", did you mean {near}?"))
}

/// A hint for a name that is none of `candidates`: the nearest one, then all that are allowed.
pub fn hint<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let allowed: Vec<&str> = candidates.clone().into_iter().collect();
    let allowed = match allowed.as_slice() {
        [] => "none is allowed here".to_owned(),
        [only] => format!("allowed: {only}"),
        many => format!("allowed: {}", many.join(", ")),
    };
    match nearest(name, candidates) {
        Some(near) => format!("did you mean {near}? {allowed}"),
        None => allowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_name_suggests_the_nearest() {
        assert_eq!(nearest("glu", ["databricks", "glue", "redshift"]), Some("glue"));
        assert_eq!(nearest("SnowFlke", ["databricks", "snowflake"]), Some("snowflake"));
    }

    #[test]
    fn name_unlike_any_other_suggests_nothing() {
        assert_eq!(nearest("oracle", ["glue", "redshift"]), None);
        assert_eq!(hint("oracle", ["glue", "redshift"]), "allowed: glue, redshift");
    }
}
