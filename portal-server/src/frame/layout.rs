//! What all pages have in common: title, place in the portal, times.

use chrono::NaiveDateTime;

use crate::prefix::Prefix;
use crate::visitor::Visitor;

/// Title and place of a page.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// What every address of the portal begins with. Paths are without it; templates put it before
    /// each of them.
    pub base: Prefix,
    /// Who looks at it; `None` when nobody is told apart.
    pub visitor: Option<String>,
    /// Whether it is a person, who has a page about that.
    pub is_person: bool,
    /// Whether they have signed in here, and so can sign out.
    pub has_session: bool,
    /// Whether they could sign in, and have not.
    pub may_sign_in: bool,
    /// What everybody should know who looks at it.
    pub warning: Option<&'static str>,
    pub title: String,
    /// Path of the entry of the navigation that it belongs to.
    pub section: &'static str,
    /// The pages above it.
    pub crumbs: Vec<Crumb>,
}

/// A page above another one.
#[derive(Debug)]
pub(crate) struct Crumb {
    pub label: String,
    pub path: String,
}

impl Layout {
    pub(crate) fn new(visitor: &Visitor, title: impl Into<String>, section: &'static str) -> Self {
        Layout {
            base: visitor.base.clone(),
            visitor: visitor.name(),
            is_person: visitor.person().is_some(),
            has_session: visitor.session.is_some(),
            may_sign_in: visitor.may_sign_in(),
            warning: visitor.warning,
            title: title.into(),
            section,
            crumbs: Vec::new(),
        }
    }

    /// Adds a page above this one, outermost first.
    pub(crate) fn below(mut self, label: impl Into<String>, path: impl Into<String>) -> Self {
        self.crumbs.push(Crumb { label: label.into(), path: path.into() });
        self
    }
}

/// The entries of the navigation: path and label.
pub(crate) const SECTIONS: [(&str, &str); 3] =
    [("/", "Catalogue"), ("/data_products", "Data products"), ("/operator", "Operator")];

/// A time, for machines and for people.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    pub iso: String,
    pub text: String,
}

impl From<NaiveDateTime> for Moment {
    fn from(time: NaiveDateTime) -> Self {
        Moment {
            iso: time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            text: time.format("%-d %b %Y, %H:%M UTC").to_string(),
        }
    }
}

/// A doc comment as prose: in one line, without the marks of code.
pub(crate) fn prose(text: &str) -> String {
    text.replace('\n', " ").replace('`', "")
}

/// A message in parts, of which every second one is a name that stood between backticks.
pub(crate) fn in_parts(message: &str) -> Vec<String> {
    message.split('`').map(str::to_owned).collect()
}

/// A message of the portal as a sentence: its messages are lower case and without a full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let mut text: String =
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect());
    if !text.ends_with(['.', '!', '?', '…']) {
        text.push('.');
    }
    text
}
