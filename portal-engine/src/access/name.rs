//! What people and groups are called: the rules of the names, wherever they are written.

use portal_core::{Problem, ProblemKind};

/// Longest address, in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets).
const ADDRESS_MAX: usize = 254;

/// Longest name of a group, in characters.
const GROUP_MAX: usize = 200;

/// An address as it is stored and compared: in lower case. Providers do not agree on the case of
/// what stands before the `@`, and none tells two people apart by it.
///
/// What would become a letter of ASCII in lower case, and is none, stays as it is: the sign for Kelvin is
/// no `k`, or somebody could be called as somebody else.
pub fn normal_address(address: &str) -> String {
    let mut normal = String::with_capacity(address.len());
    for character in address.trim().chars() {
        let is_letter = character.is_ascii() || character.to_lowercase().all(|one| !one.is_ascii());
        match is_letter {
            true => normal.extend(character.to_lowercase()),
            false => normal.push(character),
        }
    }
    normal
}

/// Checks the address of a person, such as `ada@example.com`. Where it stands is the caller's to say.
///
/// Whether mail arrives there is not looked at: the address only has to say who somebody is.
///
/// # Errors
///
/// The problem of one without an `@` between two texts, of one with blanks, commas or control
/// characters, and of one that is too long.
pub fn check_address(address: &str) -> Result<(), Problem> {
    let problem = |message| {
        let problem = Problem::new(ProblemKind::ValueError, "", message);
        Err(problem.hint("write an address such as ada@example.com"))
    };
    let length = address.chars().count();
    if length > ADDRESS_MAX {
        return problem(format!("the address has {length} characters, {ADDRESS_MAX} are allowed"));
    }
    match address.split_once('@') {
        Some((local, domain))
            if !local.is_empty() && !domain.is_empty() && !domain.contains('@') =>
        {
            match unfit(address) {
                None => Ok(()),
                Some(wrong) => problem(format!("the address {address:?} contains {wrong}")),
            }
        }
        _ => problem(format!("{address:?} is no address")),
    }
}

/// Checks the name of a group, as the company's provider or proxy tells it. Lists of groups are
/// separated by commas or blanks, so a name holds neither.
///
/// # Errors
///
/// The problem of one that is empty, too long, or holds blanks, commas or control characters.
pub fn check_group(group: &str) -> Result<(), Problem> {
    let problem = |message| {
        let problem = Problem::new(ProblemKind::ValueError, "", message);
        Err(problem.hint("write the name of one group, such as data-team"))
    };
    let length = group.chars().count();
    if length == 0 {
        return problem("the name of the group is empty".to_owned());
    }
    if length > GROUP_MAX {
        return problem(format!("the group has {length} characters, {GROUP_MAX} are allowed"));
    }
    match unfit(group) {
        None => Ok(()),
        Some(wrong) => problem(format!("the group {group:?} contains {wrong}")),
    }
}

/// What keeps a text from being one name in a list, in words.
fn unfit(name: &str) -> Option<&'static str> {
    name.chars().find_map(|character| match character {
        ',' => Some("a comma"),
        one if one.is_whitespace() => Some("a blank"),
        one if one.is_control() => Some("a control character"),
        // Marks without a width, and those of direction, which make a name read as another one.
        '\u{061C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}' => Some("a character that cannot be seen"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_makes_no_difference_and_other_letters_do() {
        assert_eq!(normal_address(" Ada@Example.COM"), "ada@example.com");
        assert_eq!(normal_address("ÄDA@example.com"), "äda@example.com");
        assert_ne!(normal_address("\u{212A}im@example.com"), "kim@example.com");
        assert_ne!(normal_address("\u{130}da@example.com"), normal_address("ida@example.com"));
    }

    #[test]
    fn addresses_have_something_on_both_sides_of_one_at() {
        for good in ["ada@example.com", "a@b", "ADA+x@example.com", "ä@exämple.com"] {
            assert_eq!(check_address(good), Ok(()), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(ADDRESS_MAX));
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@c",
            "a@b,c@d",
            "a@b\n",
            "a\u{200b}@b",
            &long,
        ] {
            assert!(check_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn groups_are_one_word() {
        for good in ["data-team", "realm/a", "team@example.com", "ä", &"x".repeat(GROUP_MAX)] {
            assert_eq!(check_group(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "a,b", "a\u{a0}b", "a\0", &"x".repeat(GROUP_MAX + 1)] {
            assert!(check_group(bad).is_err(), "{bad}");
        }
    }
}
