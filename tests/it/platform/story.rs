//! The whole story of a clinic, as people see it in a browser: headless Chromium against a server on SQLite and on PostgreSQL.

use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, wd::Capabilities};
use nadia_tests::{BASE, Ground, PASSWORD, Process, at_both_places};
use serde_json::json;

const LOG: &str = "info,sqlx=warn";
/// How long something may take that a person would wait for.
const PATIENCE: Duration = Duration::from_secs(30);
const OPERATOR: &str = "ops@operators.example";

/// A person's browser; each has cookies of its own.
struct Person {
    client: Client,
    port: u16,
}

impl Person {
    async fn new(process: &Process) -> Self {
        let driver = std::env::var("WEBDRIVER_URL").expect(
            "WEBDRIVER_URL must name a ChromeDriver; run the tests by `cargo xtask test`, which starts one and sets it",
        );
        let arguments =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,1000"];
        let options = json!({"browserName": "chrome", "goog:chromeOptions": {"args": arguments}});
        let capabilities: Capabilities = options.as_object().expect("an object").clone();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver)
            .await
            .expect("ChromeDriver opens a browser");
        Self { client, port: process.http.address().port() }
    }

    async fn open(&self, host: &str, path: &str) {
        let url = format!("http://{host}:{}{path}", self.port);
        self.client.goto(&url).await.unwrap();
    }

    async fn follow(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Finds what the page may still be loading.
    async fn wait(&self, locator: Locator<'_>) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(locator).await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("{locator:?} is not on the page: {error}\n{}", self.text().await),
        }
    }

    async fn fill(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            let field = self.wait(Locator::Css(&format!("main [name={name}]"))).await;
            field.clear().await.unwrap();
            field.send_keys(value).await.unwrap();
        }
    }

    async fn choose(&self, form: &str, name: &str, value: &str) {
        let css = format!("form[action$='{form}'] select[name={name}]");
        self.wait(Locator::Css(&css)).await.select_by_value(value).await.unwrap();
    }

    /// Presses the button that says this.
    async fn press(&self, label: &str) {
        let path = format!("//main//*[(self::button or self::a) and normalize-space()='{label}']");
        self.wait(Locator::XPath(&path)).await.click().await.unwrap();
    }

    /// Returns what the page says, whether or not it is loading another at this moment.
    async fn text(&self) -> String {
        let script = "return document.body ? document.body.innerText : ''";
        let text = self.client.execute(script, Vec::new()).await.unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Checks that the page says this.
    #[track_caller]
    fn sees(&self, wanted: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let begun = Instant::now();
            loop {
                let text = self.text().await;
                if text.contains(wanted) {
                    return;
                }
                assert!(begun.elapsed() < PATIENCE, "{place}: {wanted:?} is not on the page:\n{text}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }

    /// Loads the page again until it says this.
    async fn awaits(&self, wanted: &str) {
        let begun = Instant::now();
        while !self.text().await.contains(wanted) {
            assert!(begun.elapsed() < PATIENCE, "{wanted:?} is not on the page:\n{}", self.text().await);
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.client.refresh().await.unwrap();
        }
    }

    async fn log_in(&self, host: &str, email: &str, password: &str) {
        self.open(host, "/login").await;
        self.fill(&[("email", email), ("password", password)]).await;
        self.press("Log in").await;
    }

    /// Adds a patient; the page that follows says whether there was room.
    async fn add_patient(&self, host: &str, given: &str) {
        self.open(host, "/patients/new").await;
        self.fill(&[("given_name", given), ("family_name", "Example")]).await;
        self.press("Add the patient").await;
    }

    /// Returns the status that a page of this host has, as the browser's own script sees it.
    async fn status(&self, host: &str) -> u64 {
        self.open(host, "/login").await;
        let script = "return performance.getEntriesByType('navigation')[0].responseStatus";
        self.client.execute(script, Vec::new()).await.unwrap().as_u64().unwrap()
    }

    async fn leave(self) {
        self.client.close().await.unwrap();
    }
}

at_both_places! {
    async fn a_clinic_from_its_sign_up_to_its_end(place) {
        let ground = Ground::new(place).await;
        ground.run(&["migrate"]).await.done();
        ground.run_with(&["operator", "create", OPERATOR], &[("NADIA_OPERATOR_PASSWORD", PASSWORD)]).await.done();
        let process = ground.serve_with(LOG, &["--closing-grace", "0"]).await;
        let (host, admin) = (format!("harbour.{BASE}"), format!("admin.{BASE}"));

        // Sign-up leads into the clinic, logged in.
        let owner = Person::new(&process).await;
        owner.open(BASE, "/").await;
        let email = "owner@harbour.example";
        owner.fill(&[("organization_name", "Harbour <Clinic>"), ("slug", "harbour"), ("email", email), ("password", PASSWORD)]).await;
        owner.press("Sign up").await;
        owner.sees("Welcome. Your clinic is ready.").await;
        owner.sees("Harbour <Clinic>").await;

        // An operator limits it to two patients, and gives it branding.
        let operator = Person::new(&process).await;
        operator.log_in(&admin, OPERATOR, PASSWORD).await;
        operator.open(&admin, "/tenants?search=harbour").await;
        operator.press("Harbour <Clinic>").await;
        let page = operator.client.current_url().await.unwrap().path().to_owned();
        let limit = "//form[contains(@action,'/limit') and .//input[@value='patients']]";
        let limit = operator.wait(Locator::XPath(limit)).await;
        limit.find(Locator::Css("[name=value]")).await.unwrap().send_keys("2").await.unwrap();
        limit.find(Locator::Css("button")).await.unwrap().click().await.unwrap();
        operator.sees("Changed.").await;
        let feature = "//form[contains(@action,'/feature') and .//input[@value='branding']]//button[@value='on']";
        operator.wait(Locator::XPath(feature)).await.click().await.unwrap();
        operator.sees("Changed.").await;

        branded(&owner, &host).await;

        // A clinician is invited, joins, and adds patients until there is no more room.
        owner.open(&host, "/members").await;
        owner.fill(&[("email", "doctor@harbour.example")]).await;
        owner.choose("/members/invite", "role", "clinician").await;
        owner.press("Make an invitation").await;
        let link = owner.wait(Locator::Css("code.secret")).await.text().await.unwrap();
        let doctor = Person::new(&process).await;
        doctor.follow(&link).await;
        doctor.fill(&[("name", "Synthetic Doctor"), ("password", "another quiet river")]).await;
        doctor.press("Join").await;
        doctor.sees("Overview").await;
        doctor.add_patient(&host, "Ann").await;
        doctor.sees("Ann").await;
        doctor.add_patient(&host, "Ben").await;
        doctor.sees("Ben").await;
        doctor.add_patient(&host, "Cleo").await;
        doctor.sees("includes 2 patients, and 2 are used").await;

        // The operator raises the plan and leaves the limit to it; now it works.
        operator.open(&admin, &page).await;
        operator.choose("/revise", "plan", "group").await;
        operator.press("Save").await;
        operator.sees("Changed.").await;
        let limit = "//form[contains(@action,'/limit') and .//input[@value='patients']]//button";
        operator.wait(Locator::XPath(limit)).await.click().await.unwrap();
        operator.sees("Changed.").await;
        doctor.add_patient(&host, "Cleo").await;
        doctor.sees("Cleo").await;

        exported(&owner, &host, &process, &ground).await;

        // Suspended: pages and API say so.
        operator.open(&admin, &page).await;
        operator.press("Suspend").await;
        operator.sees("It is suspended.").await;
        doctor.open(&host, "/patients").await;
        doctor.awaits("the tenant is suspended").await;
        process.http.get(&host, "/api/v1/patients").send().await.problem(403, "tenant_suspended");

        // Resumed: as before, and still logged in.
        operator.press("Resume").await;
        operator.sees("Changed.").await;
        doctor.open(&host, "/patients").await;
        doctor.awaits("Cleo").await;

        // Closed, by typing its name; then there is no such clinic.
        operator.open(&admin, &page).await;
        operator.fill(&[("confirm", "harbor")]).await;
        operator.press("Close the clinic").await;
        operator.sees("this is not the clinic's slug").await;
        operator.fill(&[("confirm", "harbour")]).await;
        operator.press("Close the clinic").await;
        operator.sees("Changed.").await;
        let begun = Instant::now();
        while doctor.status(&host).await != 404 {
            assert!(begun.elapsed() < 4 * PATIENCE, "{}", doctor.text().await);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        process.http.get(&host, "/api/v1/patients").send().await.problem(404, "tenant_unknown");
        ground.run(&["audit", "verify"]).await.done();
        for person in [owner, operator, doctor] {
            person.leave().await;
        }
    }
}

/// Gives the clinic a colour, and finds it on the page where everybody else logs in.
async fn branded(owner: &Person, host: &str) {
    owner.open(host, "/branding").await;
    owner.fill(&[("brand_colour", "#7a1fa2"), ("welcome_text", "Mind the tide.")]).await;
    owner.press("Save").await;
    owner.sees("Saved.").await;
    let script = "return getComputedStyle(document.querySelector('main button')).backgroundColor";
    let colour = async |person: &Person| person.client.execute(script, Vec::new()).await.unwrap();
    let begun = Instant::now();
    loop {
        owner.open(host, "/branding").await;
        if colour(owner).await == "rgb(122, 31, 162)" {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", colour(owner).await);
    }
}

/// Exports the clinic, and verifies what was downloaded.
async fn exported(owner: &Person, host: &str, process: &Process, ground: &Ground) {
    owner.open(host, "/exports").await;
    owner.press("Make an export").await;
    let link = owner.wait(Locator::LinkText("Download")).await.attr("href").await.unwrap().unwrap();
    let cookies = owner.client.get_all_cookies().await.unwrap();
    let session = cookies.iter().find(|cookie| cookie.name() == "nadia_session").expect("the owner is logged in");
    let cookie = format!("nadia_session={}", session.value());
    let (answer, bytes) = process.http.get(host, &link).header("cookie", &cookie).download().await;
    assert_eq!(answer.status, 200);
    let file = ground.folder().join("harbour.zip");
    std::fs::write(&file, bytes).unwrap();
    let verified = ground.run(&["verify-export", file.to_str().unwrap()]).await;
    assert!(verified.done().contains("are as they were"), "{verified:?}");
}
