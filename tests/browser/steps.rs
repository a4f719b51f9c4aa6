//! What people do with a page, and what they see on it. A page may still be on its way, so each step
//! is tried until it works.

use std::thread;
use std::time::{Duration, Instant};

use portal_tests::harness::Client;
use serde_json::{Value, json};
use thirtyfour::error::WebDriverResult;
use thirtyfour::{By, Key, WebElement};

use crate::driver::Browser;

/// How long a page may take for anything.
const PATIENCE: Duration = Duration::from_secs(10);

impl Browser {
    /// Tries until something holds.
    ///
    /// # Panics
    ///
    /// When it does not within ten seconds, with the page as it then is.
    pub fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let began = Instant::now();
        while !holds() {
            if began.elapsed() > PATIENCE {
                let at = self.path();
                panic!("{what}: not so on {at}, which says:\n{}", self.text("body"));
            }
            thread::sleep(Duration::from_millis(25));
        }
    }

    fn try_with<T>(
        &self,
        selector: &str,
        act: impl AsyncFn(WebElement) -> WebDriverResult<T>,
    ) -> WebDriverResult<T> {
        self.run(async |driver| act(driver.find(By::Css(selector)).await?).await)
    }

    /// Does something with the first element that a selector fits, as soon as that can be done.
    fn with<T>(&self, selector: &str, act: impl AsyncFn(WebElement) -> WebDriverResult<T>) -> T {
        let began = Instant::now();
        loop {
            match self.try_with(selector, &act) {
                Ok(done) => return done,
                Err(error) if began.elapsed() > PATIENCE => {
                    panic!("{selector} on {}: {error}", self.path())
                }
                Err(_) => thread::sleep(Duration::from_millis(25)),
            }
        }
    }

    /// Path and query of the page, as the portal knows them; the whole address of a page that is not
    /// the portal's.
    pub fn path(&self) -> String {
        let address = self.run(async |driver| driver.current_url().await).expect("a page is open");
        let address = address.as_str().split('#').next().unwrap_or_default();
        address.strip_prefix(&self.base).unwrap_or(address).to_owned()
    }

    /// Goes back to the page before, and waits until something is there.
    ///
    /// # Panics
    ///
    /// When the browser does not.
    pub fn back(&self) {
        self.run(async |driver| driver.back().await).expect("the browser goes back");
        let ready = "return document.readyState === 'complete'";
        self.until("the page before is there", || self.evaluate(ready, Vec::new()) == true);
    }

    /// Clicks.
    pub fn click(&self, selector: &str) {
        self.with(selector, async |element| element.click().await);
    }

    /// Types into a field, after what is there.
    pub fn add(&self, selector: &str, text: &str) {
        self.with(selector, async |element| element.send_keys(text).await);
    }

    /// Types into a field, in place of what is there.
    pub fn fill(&self, selector: &str, text: &str) {
        self.with(selector, async |element| element.clear().await);
        self.add(selector, text);
    }

    /// Chooses an option of a select by its value.
    pub fn choose(&self, selector: &str, value: &str) {
        self.click(&format!("{selector} option[value=\"{value}\"]"));
    }

    /// Presses a key, wherever the focus is.
    pub fn press(&self, key: Key) {
        self.keys(&key.value().to_string());
    }

    /// Types wherever the focus is.
    pub fn keys(&self, text: &str) {
        let typed = self.run(async |driver| driver.active_element().await?.send_keys(text).await);
        typed.expect("something has the focus");
    }

    /// Goes to an element with the tabulator alone, and checks that people see where they are on
    /// every stop.
    ///
    /// # Panics
    ///
    /// When that does not lead there, or the focus cannot be seen.
    pub fn tab_to(&self, selector: &str) {
        const STOP: &str = "const stop = document.activeElement, style = getComputedStyle(stop), \
            after = getComputedStyle(stop, '::after'); \
            return [stop.matches(arguments[0]), style.outlineStyle !== 'none' || \
            after.outlineStyle !== 'none', stop.outerHTML.slice(0, 200)]";
        for _ in 0..60 {
            self.press(Key::Tab);
            let stop = self.evaluate(STOP, vec![selector.into()]);
            assert_eq!(stop[1], true, "the focus cannot be seen on {}", stop[2]);
            if stop[0] == true {
                return;
            }
        }
        panic!("the tabulator does not lead to {selector} on {}", self.path());
    }

    /// The text of an element, as people see it.
    pub fn text(&self, selector: &str) -> String {
        self.with(selector, async |element| element.text().await)
    }

    /// What stands in a field.
    pub fn value(&self, selector: &str) -> String {
        self.with(selector, async |element| element.prop("value").await).unwrap_or_default()
    }

    /// An attribute of an element; empty when it has none.
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        self.with(selector, async |element| element.attr(name).await).unwrap_or_default()
    }

    /// Whether people see an element.
    pub fn sees(&self, selector: &str) -> bool {
        self.try_with(selector, async |element| element.is_displayed().await).unwrap_or(false)
    }

    /// How many elements a selector fits.
    pub fn count(&self, selector: &str) -> usize {
        let found = self.run(async |driver| driver.find_all(By::Css(selector)).await);
        found.map_or(0, |found| found.len())
    }

    /// Checks that a field has a message beside it, in its own box, that the field itself refers to.
    ///
    /// # Panics
    ///
    /// When it has none, or one that says something else.
    pub fn assert_complaint(&self, id: &str, says: &str) {
        let error = format!(".field-bad:has(#{id}) #{id}-error");
        assert!(self.sees(&error), "there is no error beside {id}: {}", self.text("main"));
        let text = self.text(&error);
        assert!(text.to_lowercase().contains(says), "{id}: {text}");
        let field = format!("#{id}");
        let described = self.attribute(&field, "aria-describedby");
        assert!(described.split(' ').any(|one| one == format!("{id}-error")), "{id}: {described}");
        assert_eq!(self.attribute(&field, "aria-invalid"), "true", "{id}");
    }

    /// Checks that no page so far has failed to load anything, run into its policy, or asked
    /// for anything outside the portal.
    ///
    /// # Panics
    ///
    /// When one has.
    pub fn assert_quiet(&self) {
        // An answer that refuses something is part of the tests.
        self.assert_quiet_but_for(&["400", "404", "405", "409", "412", "413", "415", "422"]);
    }

    /// The same, with the statuses of answers that are part of the test.
    ///
    /// # Panics
    ///
    /// When a page has complained of anything else.
    pub fn assert_quiet_but_for(&self, statuses: &[&str]) {
        let asked = self.requests();
        assert!(!asked.is_empty(), "the browser does not say what it asks for");
        for address in asked {
            // Chromium itself begins with a page out of its own binary.
            let is_inside = address.starts_with("data:") || address.starts_with("chrome:");
            let is_own = address.starts_with(&format!("{}/", self.base));
            assert!(is_inside || is_own, "a page asks for {address}");
        }
        let log = self.run(async |driver| driver.browser_log().await).expect("there is a log");
        for entry in log {
            let is_expected = statuses.iter().any(|status| {
                let says = format!("the server responded with a status of {status}");
                // htmx says it once more.
                let htmx_says = format!("Response Status Error Code {status}");
                entry.message.contains(&says) || entry.message.contains(&htmx_says)
            });
            let is_bad = ["SEVERE", "WARNING"].contains(&entry.level.as_str());
            assert!(is_expected || !is_bad, "the browser complains: {entry:?}");
        }
    }

    /// The addresses that pages have asked for since this was last called.
    pub fn requests(&self) -> Vec<String> {
        let events = self.run(async |driver| driver.get_log("performance").await);
        let events = events.expect("there is a log");
        let events = events.iter().map(|event| {
            let event: Value = serde_json::from_str(&event.message).expect("events are JSON");
            event["message"].clone()
        });
        let asked = events.filter_map(|event| {
            let is_request = event["method"] == "Network.requestWillBeSent";
            let address = event["params"]["request"]["url"].as_str().map(str::to_owned);
            address.filter(|_| is_request)
        });
        asked.collect()
    }

    /// Lets pages use the clipboard, as somebody does who looks at the window.
    pub fn allow_clipboard(&self) {
        let permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"];
        let allowed =
            json!({"permissions": permissions, "origin": Client::new(&self.base).origin()});
        self.devtools("Browser.grantPermissions", &allowed);
    }

    /// What is in the clipboard.
    pub fn clipboard(&self) -> String {
        let read = "return navigator.clipboard.readText()";
        self.evaluate(read, Vec::new()).as_str().unwrap_or_default().to_owned()
    }
}
