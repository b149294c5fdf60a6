//! A Chromium without a window, driven over WebDriver.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    ChromeCapabilities, ChromiumLikeCapabilities as _, LoggingPrefsLogLevel,
    extensions::query::ElementPollerWithTimeout, prelude::*,
};

/// How long anything may take before it counts as not happening, and how often it is looked for.
const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(25);

/// What the browser is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// The size of a phone, and touched like one.
    pub(crate) phone: bool,
    /// Set to dark pages.
    pub(crate) dark: bool,
    /// Runs scripts.
    pub(crate) scripts: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { phone: false, dark: false, scripts: true }
    }
}

/// A browser with one window.
pub(crate) struct Browser {
    pub(crate) driver: WebDriver,
    look: Look,
    origin: String,
    // Dropped in this order: the session ends before its driver and its files go.
    _chromedriver: Chromedriver,
    _profile: TempDir,
}

struct Chromedriver(Child);

impl Drop for Chromedriver {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Browser {
    /// Opens one before the provider at `origin`.
    pub(crate) async fn open(look: Look, origin: &str) -> Self {
        let (chromedriver, port) = chromedriver();
        let profile = tempfile::tempdir().expect("a directory");
        let capabilities = capabilities(look, &profile).expect("these are capabilities");
        let driver = WebDriver::builder(format!("http://127.0.0.1:{port}"), capabilities)
            .poller(std::sync::Arc::new(ElementPollerWithTimeout::new(PATIENCE, GLANCE)))
            .await
            .expect("Chromium starts");
        let browser = Self {
            driver,
            look,
            origin: origin.to_owned(),
            _chromedriver: chromedriver,
            _profile: profile,
        };
        browser.emulate().await;
        browser
    }

    async fn emulate(&self) {
        let scheme = if self.look.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
        let (width, height) = if self.look.phone { (390, 844) } else { (1280, 900) };
        let metrics = json!({
            "width": width, "height": height, "mobile": self.look.phone,
            "deviceScaleFactor": if self.look.phone { 2 } else { 1 },
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// What Chromium answers to a command of the DevTools protocol.
    pub(crate) async fn devtools(&self, method: &str, parameters: Value) -> Value {
        self.driver.cdp().send_raw(method, parameters).await.expect("Chromium knows the method")
    }

    /// Gives the browser an authenticator that is touched and verifies its user at once.
    pub(crate) async fn plug_authenticator_in(&self) {
        self.devtools("WebAuthn.enable", json!({})).await;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true,
        });
        self.devtools("WebAuthn.addVirtualAuthenticator", json!({ "options": options })).await;
    }

    /// Goes to a path of the provider.
    pub(crate) async fn go(&self, path: &str) {
        self.driver.goto(format!("{}{path}", self.origin)).await.expect("a page");
    }

    /// Goes to another path in a new tab, and stays there.
    pub(crate) async fn go_in_new_tab(&self, path: &str) -> WindowHandle {
        let before = self.driver.window().await.expect("there is a window");
        let tab = self.driver.new_tab().await.expect("a tab");
        self.driver.switch_to_window(tab).await.expect("the tab is there");
        self.emulate().await;
        self.go(path).await;
        before
    }

    /// Waits for an element.
    pub(crate) async fn find(&self, css: &str) -> WebElement {
        self.wait_for(By::Css(css)).await
    }

    /// Waits for a page with this heading.
    pub(crate) async fn arrive(&self, heading: &str) {
        self.wait_for(By::XPath(format!("//h1[normalize-space(.)='{heading}']"))).await;
    }

    async fn wait_for(&self, what: By) -> WebElement {
        let Ok(element) = self.driver.query(what.clone()).first().await else {
            panic!("no {what} on {}: {}", self.path().await, self.text().await);
        };
        element
    }

    /// Clicks what this finds. The page that follows is waited for by what the test looks for next.
    pub(crate) async fn click(&self, css: &str) {
        self.find(css).await.click().await.expect("it can be clicked");
    }

    /// Clicks a button or link that leads to another state of the same page, and waits until it is there.
    pub(crate) async fn click_through(&self, css: &str) {
        let element = self.find(css).await;
        element.click().await.expect("it can be clicked");
        element.wait_until().stale().await.expect("the page is left");
    }

    /// Types into a field, over what is there.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field");
        field.send_keys(text).await.expect("a field");
    }

    /// The value of a field.
    pub(crate) async fn value(&self, css: &str) -> String {
        self.find(css).await.value().await.expect("a field").unwrap_or_default()
    }

    /// What a person reads.
    pub(crate) async fn text(&self) -> String {
        match self.driver.query(By::Tag("body")).nowait().first().await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The path of the page.
    pub(crate) async fn path(&self) -> String {
        self.driver.current_url().await.map_or_else(|_| String::new(), |url| url.path().to_owned())
    }

    /// What a script in the page answers.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let answered = self.driver.execute(script, Vec::new()).await;
        answered.expect("the script runs").json().clone()
    }

    /// What the console says, but for pages that come with an error status, as they should.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.driver.browser_log().await.expect("Chromium keeps a log");
        let is_status = |text: &str| text.contains("the server responded with a status of 4");
        log.into_iter().map(|entry| entry.message).filter(|text| !is_status(text)).collect()
    }

    /// Puts a picture of the whole page into `target/screenshots`.
    pub(crate) async fn picture(&self, name: &str) {
        let Look { phone, dark, .. } = self.look;
        let size = if phone { "phone" } else { "desktop" };
        let scheme = if dark { "dark" } else { "light" };
        let taken = self
            .devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true }))
            .await["data"]
            .clone();
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("../screenshots");
        std::fs::create_dir_all(&directory).expect("a directory");
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            taken.as_str().expect("a picture"),
        );
        let file = directory.join(format!("{name}-{size}-{scheme}.png"));
        std::fs::write(file, bytes.expect("base64")).expect("a file");
    }

    pub(crate) async fn quit(self) {
        let _ = self.driver.quit().await;
    }
}

fn chromedriver() -> (Chromedriver, u16) {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("these tests need chromium and chromedriver (Debian: chromium chromium-driver)");
    let output = child.stdout.take().expect("it was asked for");
    let port = BufReader::new(output).lines().map_while(Result::ok).find_map(|line| {
        let port = line.split_once("started successfully on port ")?.1;
        port.trim_end_matches('.').parse().ok()
    });
    (Chromedriver(child), port.expect("chromedriver says its port"))
}

fn capabilities(look: Look, profile: &TempDir) -> WebDriverResult<ChromeCapabilities> {
    let mut capabilities = ChromeCapabilities::new();
    for argument in [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ] {
        capabilities.add_arg(argument)?;
    }
    capabilities.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    capabilities.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    if !look.scripts {
        let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
        capabilities.add_experimental_option("prefs", off)?;
    }
    Ok(capabilities)
}
