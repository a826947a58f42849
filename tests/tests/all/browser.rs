//! A real Chromium, told what a person does: go to a page, fill a box by its label, press a button, read.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use cairn_tests::ports::free_port;
use cairn_tests::wait::{eventually, patience};
use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Everything that would make Chromium look for the network, or for a desktop.
const FLAGS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
];

/// One browser with its driver. Ends with the test.
pub struct Browser {
    client: Option<Client>,
    runtime: Runtime,
    driver: Child,
    _profile: TempDir,
}

impl Browser {
    /// Opens an empty browser.
    pub fn open() -> Self {
        Self::with(json!({ "prefs": {} }))
    }

    /// Opens an empty browser of this width, so high that no part of a page is below the edge or under the line at its foot.
    pub fn of_width(pixels: u32) -> Self {
        let metrics = json!({ "width": pixels, "height": 6_000, "pixelRatio": 1.0, "touch": pixels < 600 });
        Self::with(json!({ "mobileEmulation": { "deviceMetrics": metrics } }))
    }

    /// Opens an empty browser that runs no scripts of pages.
    pub fn without_scripts() -> Self {
        Self::with(json!({ "prefs": { "profile.managed_default_content_settings.javascript": 2 } }))
    }

    fn with(mut options: serde_json::Value) -> Self {
        let profile = tempfile::Builder::new().prefix("cairn-browser-").tempdir().unwrap();
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is not installed; `cargo xtask ci` installs it or says how");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut arguments: Vec<String> = FLAGS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().join("profile").display()));
        options["args"] = json!(arguments);
        let capabilities = json!({ "goog:chromeOptions": options });
        let capabilities = capabilities.as_object().unwrap();
        let client = eventually("the browser to open", || {
            let mut builder = ClientBuilder::new(hyper_connector());
            builder.capabilities(capabilities.clone());
            runtime.block_on(builder.connect(&format!("http://127.0.0.1:{port}"))).ok()
        });
        Self { client: Some(client), runtime, driver, _profile: profile }
    }

    /// Goes to an address.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.runtime.block_on(self.client().goto(url)).unwrap();
    }

    /// Fills the box with this id (the key of its field), in place of what it holds.
    #[track_caller]
    pub fn fill(&self, id: &str, text: &str) {
        self.act(&format!("fill {id}"), Locator::Id(id), async |element| {
            element.clear().await?;
            element.send_keys(text).await
        });
    }

    /// Chooses from the list with this id by the words that are shown.
    #[track_caller]
    pub fn choose(&self, id: &str, words: &str) {
        self.act(&format!("choose {words} in {id}"), Locator::Id(id), async |element| {
            element.select_by_label(words).await
        });
    }

    /// Gives a file to the box with this id.
    #[track_caller]
    pub fn give_file(&self, id: &str, path: &std::path::Path) {
        let path = path.canonicalize().unwrap();
        let path = path.to_str().unwrap().to_owned();
        self.act(&format!("give a file to {id}"), Locator::Id(id), async |element| element.send_keys(&path).await);
    }

    /// Presses the first button or link in the page that says this.
    #[track_caller]
    pub fn press(&self, words: &str) {
        let path = format!("//main//*[self::button or self::a][normalize-space(.)='{words}']");
        self.act(&format!("press {words}"), Locator::XPath(&path), async |element| element.click().await);
    }

    /// Presses the first button in the page whose words begin like this.
    #[track_caller]
    pub fn press_starting(&self, words: &str) {
        let path = format!("//main//button[starts-with(normalize-space(.),'{}')]", words.trim());
        self.act(&format!("press {words}…"), Locator::XPath(&path), async |element| element.click().await);
    }

    /// Presses a button anywhere on the page, the frame included.
    #[track_caller]
    pub fn press_in_frame(&self, words: &str) {
        let path = format!("//*[self::button or self::a][normalize-space(.)='{words}']");
        self.act(&format!("press {words}"), Locator::XPath(&path), async |element| element.click().await);
    }

    /// Picks the choice whose label says this.
    #[track_caller]
    pub fn pick(&self, words: &str) {
        let path = format!("//label[contains(normalize-space(.),'{words}')]");
        self.act(&format!("pick {words}"), Locator::XPath(&path), async |element| element.click().await);
    }

    /// Waits until the page says all of this, and returns what it says.
    #[track_caller]
    pub fn sees(&self, words: &[&str]) -> String {
        self.reads(&format!("the page to say {words:?}"), |text| words.iter().all(|word| text.contains(word)))
    }

    /// Waits until `wanted` is true of what the page says.
    #[track_caller]
    pub fn reads(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            if wanted(&text) {
                return text;
            }
            assert!(began.elapsed() < patience(), "waited in vain for {what} at {}; it says:\n{text}", self.address());
            self.pause();
        }
    }

    /// What the page says now; nothing while it is being replaced.
    pub fn text(&self) -> String {
        let body = async { self.client().find(Locator::Css("body")).await?.text().await };
        self.runtime.block_on(body).unwrap_or_default()
    }

    /// Where the page is.
    pub fn address(&self) -> String {
        self.runtime.block_on(self.client().current_url()).map(String::from).unwrap_or_default()
    }

    /// An attribute of the first element that this CSS selector finds, as soon as there is one.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        eventually(&format!("{selector} to have {name}"), || {
            let read = async { self.client().find(Locator::Css(selector)).await?.attr(name).await };
            self.runtime.block_on(read).ok().flatten()
        })
    }

    /// A property of the first element that this CSS selector finds, as soon as there is one.
    #[track_caller]
    pub fn property(&self, selector: &str, name: &str) -> String {
        eventually(&format!("{selector} to have {name}"), || {
            let read = async { self.client().find(Locator::Css(selector)).await?.prop(name).await };
            self.runtime.block_on(read).ok().flatten()
        })
    }

    /// What the first element that this CSS selector finds says.
    #[track_caller]
    pub fn text_of(&self, selector: &str) -> String {
        eventually(&format!("{selector} to be there"), || {
            let read = async { self.client().find(Locator::Css(selector)).await?.text().await };
            self.runtime.block_on(read).ok()
        })
    }

    /// What a script in the page returns.
    #[track_caller]
    pub fn script(&self, script: &str, arguments: Vec<serde_json::Value>) -> serde_json::Value {
        self.runtime.block_on(self.client().execute(script, arguments)).unwrap()
    }

    /// What a script in the page hands to the function that is its last argument.
    #[track_caller]
    pub fn script_that_takes_time(&self, script: &str) -> serde_json::Value {
        self.runtime.block_on(self.client().execute_async(script, Vec::new())).unwrap()
    }

    /// Sends the first form that this CSS selector finds and waits for the page that answers.
    #[track_caller]
    pub fn submit(&self, selector: &str) {
        let send = "window.isBefore = true; document.querySelector(arguments[0]).requestSubmit()";
        self.script(send, vec![json!(selector)]);
        let arrived =
            "return document.readyState == 'complete' && (!window.isBefore || !!document.querySelector('#verdict'))";
        eventually(&format!("the answer to {selector}"), || {
            let arrived = self.runtime.block_on(self.client().execute(arrived, Vec::new()));
            (arrived.ok() == Some(json!(true))).then_some(())
        });
    }

    /// Types keys where the focus is.
    #[track_caller]
    pub fn keys(&self, keys: &str) {
        self.runtime.block_on(async { self.client().active_element().await?.send_keys(keys).await }).unwrap();
    }

    /// Loads the page anew until it says all of this: what renews itself does so only with scripts.
    #[track_caller]
    pub fn reload_until(&self, words: &[&str]) {
        eventually(&format!("the page to say {words:?}; it says:\n{}", self.text()), || {
            let text = self.text();
            if words.iter().all(|word| text.contains(word)) {
                return Some(());
            }
            self.runtime.block_on(self.client().refresh()).ok();
            None
        });
    }

    /// Does something to an element as soon as it is there and lets it be done; tries again when the page was replaced
    /// meanwhile.
    #[track_caller]
    fn act(&self, what: &str, locator: Locator<'_>, action: impl AsyncFn(&Element) -> Result<(), CmdError>) {
        let began = Instant::now();
        loop {
            let attempt = async {
                let element = self.client().find(locator).await?;
                // As a person does: bring it to the middle, out from under the line at the foot of the window.
                let middle = "arguments[0].scrollIntoView({block: 'center'})";
                self.client().execute(middle, vec![serde_json::to_value(&element)?]).await?;
                action(&element).await
            };
            let Err(error) = self.runtime.block_on(attempt) else { return };
            assert!(
                began.elapsed() < patience(),
                "could not {what} at {}: {error}; the page says:\n{}",
                self.address(),
                self.text()
            );
            self.pause();
        }
    }

    fn pause(&self) {
        self.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(30)).await });
    }

    fn client(&self) -> &Client {
        self.client.as_ref().unwrap()
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.runtime.block_on(client.close()).unwrap_or_default();
        }
        self.driver.kill().unwrap_or_default();
        self.driver.wait().map(drop).unwrap_or_default();
    }
}
