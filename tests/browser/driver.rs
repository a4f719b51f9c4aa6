//! Chromium without a window, driven through chromedriver. Every browser is a new one with a profile
//! of its own, and ends with the test, however that ends.

use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};

use actix_web::rt::Runtime;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{Capabilities, WebDriver};

/// A browser that looks at one portal.
pub struct Browser {
    driver: Option<WebDriver>,
    runtime: Runtime,
    chromedriver: Child,
    /// Where the portal is: the paths of pages follow.
    pub base: String,
    _profile: TempDir,
}

/// Nothing but what the server asks for may leave the browser. Names that are kept for examples
/// (RFC 2606) lead to this machine.
const ARGUMENTS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP *.example 127.0.0.1",
];

impl Browser {
    /// Starts a browser for the portal at `base`, with preferences of Chromium, an object.
    ///
    /// # Panics
    ///
    /// When chromedriver or Chromium is missing: no browser test is skipped.
    pub fn start(base: &str, preferences: &Value) -> Self {
        let profile = tempfile::tempdir().expect("a temporary folder can be made");
        let (mut chromedriver, port) = start_chromedriver();
        let capabilities = capabilities(&profile, preferences);
        let runtime = Runtime::new().expect("a runtime can be made");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities);
        let driver = runtime.block_on(driver).unwrap_or_else(|error| {
            let _ = chromedriver.kill();
            panic!(
                "chromedriver cannot start Chromium (on Debian: apt-get install chromium): {error}"
            )
        });
        let base = base.to_owned();
        Browser { driver: Some(driver), runtime, chromedriver, base, _profile: profile }
    }

    /// Runs one command of the WebDriver protocol.
    pub fn run<T>(&self, command: impl AsyncFnOnce(&WebDriver) -> T) -> T {
        let driver = self.driver.as_ref().expect("it is there until the browser is dropped");
        self.runtime.block_on(command(driver))
    }

    /// Runs one command of Chromium's own protocol.
    ///
    /// # Panics
    ///
    /// When Chromium refuses it.
    pub fn devtools(&self, method: &str, parameters: &Value) -> Value {
        let sent = self.run(async |driver| driver.cdp().send_raw(method, parameters).await);
        sent.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Goes to a page of the portal, or to a whole address, and waits until it is loaded.
    ///
    /// # Panics
    ///
    /// When it does not load.
    pub fn open(&self, path: &str) {
        let base = if path.starts_with('/') { self.base.as_str() } else { "" };
        let address = format!("{base}{path}");
        let gone = self.run(async |driver| driver.goto(address).await);
        gone.unwrap_or_else(|error| panic!("{path} does not load: {error}"));
    }

    /// Runs a script in the page, whatever the page itself may run, and returns what it returns.
    ///
    /// # Panics
    ///
    /// When it throws.
    pub fn evaluate(&self, script: &str, arguments: Vec<Value>) -> Value {
        let ran = self.run(async |driver| driver.execute(script, arguments).await);
        ran.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// Makes the page as wide as that, in CSS pixels, and prefer light or dark colours.
    pub fn show_as(&self, width: u32, is_dark: bool) {
        let size = json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        self.devtools("Emulation.setScrollbarsHidden", &json!({"hidden": true}));
        let scheme = if is_dark { "dark" } else { "light" };
        let feature = json!({"name": "prefers-color-scheme", "value": scheme});
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": [feature]}));
        // Colours change at once, even where they would fade.
        self.devtools("Animation.setPlaybackRate", &json!({"playbackRate": 1000}));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends with its session, chromedriver by force.
        if let Some(driver) = self.driver.take() {
            let _ = self.runtime.block_on(driver.quit());
        }
        let _ = self.chromedriver.kill();
        let _ = self.chromedriver.wait();
    }
}

/// Starts chromedriver on a port that it chooses, and returns that port.
fn start_chromedriver() -> (Child, u16) {
    let started = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut chromedriver = started.unwrap_or_else(|error| match error.kind() {
        ErrorKind::NotFound => panic!(
            "the browser tests need chromedriver, and there is none in PATH \
             (on Debian: apt-get install chromium chromium-driver)"
        ),
        _ => panic!("chromedriver does not start: {error}"),
    });
    let said = BufReader::new(chromedriver.stdout.take().expect("it is piped"));
    let port = said.lines().map_while(Result::ok).find_map(|line| {
        let rest = line.strip_prefix("ChromeDriver was started successfully on port ")?;
        rest.trim_end_matches('.').parse().ok()
    });
    match port {
        Some(port) => (chromedriver, port),
        None => {
            let _ = chromedriver.kill();
            panic!("chromedriver does not say on which port it listens");
        }
    }
}

fn capabilities(profile: &TempDir, preferences: &Value) -> Capabilities {
    let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.path().display()));
    let mut capabilities = Capabilities::new();
    for (name, value) in [
        ("browserName", json!("chrome")),
        ("goog:chromeOptions", json!({"args": arguments, "prefs": preferences})),
        ("goog:loggingPrefs", json!({"browser": "ALL", "performance": "ALL"})),
    ] {
        capabilities.set(name, value).expect("it is JSON already");
    }
    capabilities
}
