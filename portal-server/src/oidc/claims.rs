//! From what the provider says of somebody to a person: their address, their groups, and words for
//! what is missing.

use portal_engine::access::{OidcSettings, Person, check_address, check_group, claim};
use serde_json::{Map, Value};

/// What a provider says of somebody.
pub(super) type Claims = Map<String, Value>;

/// The most groups of a person that count: whoever has more is in a mistake of the provider's.
const GROUPS_MAX: usize = 2_000;

/// Whether everything is said that a person is made of, so that nothing else needs to be asked.
pub(super) fn say_all(settings: &OidcSettings, claims: &Claims) -> bool {
    let says = |path: &str| claim(claims, path).is_some();
    says(settings.name_claim()) && (says(settings.groups_claim()) || leave_groups_out(claims))
}

/// The person whom these claims describe.
///
/// # Errors
///
/// A sentence, for claims that name nobody.
pub(super) fn person(settings: &OidcSettings, claims: &Claims) -> Result<Person, String> {
    let name_claim = settings.name_claim();
    let address = match claim(claims, name_claim) {
        Some(Value::String(address)) => address.as_str(),
        Some(_) => return Err(format!("what it says as `{name_claim}` is no text")),
        None => {
            return Err(format!(
                "it does not say `{name_claim}`: have it do so, or name another claim as `name_claim`"
            ));
        }
    };
    if let Err(problem) = check_address(address.trim()) {
        return Err(format!("what it says as `{name_claim}` names nobody: {}", problem.message));
    }
    let is_denied = |value: &Value| *value == false || *value == "false";
    if name_claim == "email" && claims.get("email_verified").is_some_and(is_denied) {
        return Err("it says that the address is not verified, so it could be anybody's".to_owned());
    }
    let groups = match claim(claims, settings.groups_claim()) {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(group)) => vec![group.as_str()],
        _ => Vec::new(),
    };
    let fit = groups.into_iter().filter(|group| check_group(group).is_ok()).take(GROUPS_MAX);
    let person = Person::new(address).in_groups(fit);
    let groups_left_out =
        claim(claims, settings.groups_claim()).is_none() && leave_groups_out(claims);
    Ok(Person { groups_left_out, ..person })
}

/// Whether the provider says that it has left out groups because there are too many. Entra ID does
/// above 200 of them (Microsoft's reference of the claims in an ID token, "Groups overage claim").
fn leave_groups_out(claims: &Claims) -> bool {
    let names = claims.get("_claim_names").and_then(|names| names.get("groups"));
    names.is_some() || claims.get("hasgroups").is_some_and(|has| *has == true || *has == "true")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: &Value, claims: &Value) -> Result<Person, String> {
        let settings = serde_json::from_value(settings.clone()).unwrap();
        person(&settings, claims.as_object().unwrap())
    }

    #[test]
    fn person_has_the_address_and_the_groups_that_are_said() {
        let claims = json!({
            "email": "Ada@example.com",
            "email_verified": true,
            "groups": ["ops", "a b", 7, "ops"],
            "realm_access": {"roles": ["admin"]},
            "upn": "ada@corp.example",
            "team": "one",
        });
        let ada = Person::new("ada@example.com");
        assert_eq!(read(&json!({}), &claims), Ok(ada.clone().in_groups(["ops"])));
        let roles = json!({"groups_claim": "realm_access.roles"});
        assert_eq!(read(&roles, &claims), Ok(ada.clone().in_groups(["admin"])));
        let other = json!({"name_claim": "upn", "groups_claim": "team"});
        assert_eq!(read(&other, &claims), Ok(Person::new("ada@corp.example").in_groups(["one"])));
        assert_eq!(read(&json!({"groups_claim": "nothing"}), &claims), Ok(ada));
    }

    #[test]
    fn whoever_is_not_named_is_nobody() {
        for (claims, said) in [
            (json!({}), "does not say `email`"),
            (json!({"email": 7}), "is no text"),
            (json!({"email": "ada"}), "names nobody"),
            (json!({"email": "a@b", "email_verified": false}), "not verified"),
            (json!({"email": "a@b", "email_verified": "false"}), "not verified"),
        ] {
            let refused = read(&json!({}), &claims).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        }
    }

    #[test]
    fn groups_that_are_left_out_are_no_absent_groups() {
        let overage = json!({"email": "a@b", "_claim_names": {"groups": "src1"}});
        assert!(read(&json!({}), &overage).unwrap().groups_left_out);
        assert!(
            read(&json!({}), &json!({"email": "a@b", "hasgroups": true})).unwrap().groups_left_out
        );
        let both = json!({"email": "a@b", "groups": ["x"], "hasgroups": true});
        assert!(!read(&json!({}), &both).unwrap().groups_left_out);
        assert!(!read(&json!({}), &json!({"email": "a@b"})).unwrap().groups_left_out);
    }
}
