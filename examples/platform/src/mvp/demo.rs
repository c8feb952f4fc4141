//! Made-up data of a single-user product, with what ten years of use leave behind in such a database.

use time::{
    Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, format_description::BorrowedFormatItem,
    macros::format_description,
};

use super::{
    kind::values,
    link::{Bound, Link, Place, SourceError},
};

const SCHEMAS: [&str; 2] = [include_str!("../../mvp/schema-sqlite.sql"), include_str!("../../mvp/schema-postgres.sql")];
/// How many rows a statement writes.
const ROWS: usize = 100;

const GIVEN: [&str; 14] = [
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femi", "Greta", "Hiro", "Inès", "Jonas", "Keiko", "Luca", "Mehmet",
    "Noor",
];
const FAMILY: [&str; 14] = [
    "Abbott",
    "Björk",
    "Castillo",
    "Duarte",
    "Eriksen",
    "Fontaine",
    "García",
    "Hoffmann",
    "Ito",
    "Jansen",
    "Kowalska",
    "Lindqvist",
    "Müller",
    "Nguyễn",
];
const NOTES: [&str; 5] = [
    "Annual check-up; nothing of note.",
    "Prefers appointments in the morning.",
    "Allergic to penicillin.",
    "Follow-up in three months.",
    "Asked for a copy of the last report.",
];
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const STAMP: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const DOTTED: &[BorrowedFormatItem<'_>] = format_description!("[day].[month].[year] [hour]:[minute]");

/// What is to be made up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demo {
    pub(crate) patients: i64,
    pub(crate) seed: u64,
}

/// How many rows were made up.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub(crate) struct Made {
    pub(crate) patients: i64,
    pub(crate) appointments: i64,
    pub(crate) notes: i64,
    pub(crate) documents: i64,
}

/// Writes made-up data to where no such tables are yet, all of it or nothing. The same `demo` gives the same data.
pub(crate) async fn write(place: &Place, demo: &Demo) -> Result<Made, SourceError> {
    let mut link = Link::write(place).await?;
    link.execute("BEGIN", Vec::new()).await?;
    link.script(SCHEMAS[usize::from(!link.is_sqlite())]).await.map_err(SourceError::Taken)?;
    let mut writer = Writer { random: Random(demo.seed), made: Made::default(), link };
    writer.all(demo).await?;
    writer.link.execute("COMMIT", Vec::new()).await?;
    writer.link.close().await?;
    Ok(writer.made)
}

/// Numbers that look random: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: i64) -> i64 {
        i64::try_from(self.next() >> 1).unwrap_or_default() % end
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[usize::try_from(self.below(texts.len() as i64)).unwrap_or_default()]
    }
}

struct Writer {
    random: Random,
    made: Made,
    link: Link,
}

/// Rows on their way into one table.
struct Rows {
    sql: [String; 2],
    columns: usize,
    bound: Vec<Bound>,
}

impl Rows {
    fn new(insert: &str, columns: usize) -> Self {
        Self { sql: [ROWS, 1].map(|rows| values(insert, columns, rows, "")), columns, bound: Vec::new() }
    }

    async fn add<const N: usize>(&mut self, link: &mut Link, row: [Bound; N]) -> Result<(), sqlx::Error> {
        debug_assert_eq!(N, self.columns);
        self.bound.extend(row);
        if self.bound.len() == self.columns * ROWS {
            link.execute(&self.sql[0], std::mem::take(&mut self.bound)).await?;
        }
        Ok(())
    }

    async fn end(mut self, link: &mut Link) -> Result<(), sqlx::Error> {
        while !self.bound.is_empty() {
            let rest = self.bound.split_off(self.columns);
            link.execute(&self.sql[1], std::mem::replace(&mut self.bound, rest)).await?;
        }
        Ok(())
    }
}

impl Writer {
    async fn all(&mut self, demo: &Demo) -> Result<(), sqlx::Error> {
        self.besides(demo).await?;
        let mut patients =
            Rows::new("INSERT INTO patients (id, first_name, last_name, dob, email, phone, notes, created_at)", 8);
        let mut appointments =
            Rows::new("INSERT INTO appointments (patient_id, starts_at, minutes, reason, status)", 5);
        let mut notes = Rows::new("INSERT INTO notes (patient_id, body, created_at)", 3);
        let mut documents = Rows::new("INSERT INTO documents (patient_id, filename, mime, content)", 4);
        let mut id = 0;
        let mut before = (String::new(), String::new(), Date::MIN);
        while self.made.patients < demo.patients {
            id += 1;
            // Somebody who was removed, and what they left.
            if id % 50 != 0 {
                let row = self.patient(id, &mut before);
                patients.add(&mut self.link, row).await?;
                self.made.patients += 1;
            }
            let row = self.appointment(id);
            appointments.add(&mut self.link, row).await?;
            self.made.appointments += 1;
            if id % 3 != 0 || id % 50 == 0 {
                let row = self.note(id);
                notes.add(&mut self.link, row).await?;
                self.made.notes += 1;
            }
            if id % 20 == 5 || id % 100 == 50 {
                let row = self.document(id);
                documents.add(&mut self.link, row).await?;
                self.made.documents += 1;
            }
        }
        for rows in [patients, appointments, notes, documents] {
            rows.end(&mut self.link).await?;
        }
        self.go_on_numbering().await
    }

    async fn besides(&mut self, demo: &Demo) -> Result<(), sqlx::Error> {
        let user = ["Dr Synthetic", "doctor@practice.example", "$2y$10$synthetic"].map(text);
        self.link.execute("INSERT INTO users (name, email, password) VALUES ($1, $2, $3)", user.into()).await?;
        for (key, value) in
            [("practice_name", "Synthetic Practice"), ("made_up", "yes"), ("seed", &*demo.seed.to_string())]
        {
            let setting = [key, value].map(text);
            self.link.execute("INSERT INTO settings (key, value) VALUES ($1, $2)", setting.into()).await?;
        }
        Ok(())
    }

    /// Ids were given, so PostgreSQL's sequence doesn't know of them.
    async fn go_on_numbering(&mut self) -> Result<(), sqlx::Error> {
        if self.link.is_sqlite() {
            return Ok(());
        }
        let set = "SELECT setval(pg_get_serial_sequence('patients', 'id'), (SELECT max(id) FROM patients))";
        self.link.execute(set, Vec::new()).await
    }

    fn patient(&mut self, id: i64, before: &mut (String, String, Date)) -> [Bound; 8] {
        let random = &mut self.random;
        let born = date(1930).saturating_add(Duration::days(random.below(30_000)));
        let mut person = (random.of(&GIVEN).to_owned(), random.of(&FAMILY).to_owned(), born);
        let phone = format!("+1 555 01{:02}", random.below(100));
        let notes = random.of(&NOTES);
        let added = stamp(added(id));
        let kind = id % 40;
        if kind == 9 {
            person = before.clone();
        }
        before.clone_from(&person);
        let (given, family, born) = person;
        let email =
            format!("{}.{id}@patients.example", if given.is_ascii() { given.to_lowercase() } else { "p".into() });
        let long = |word: &str, chars: usize| word.chars().cycle().take(chars).collect::<String>();
        let (mut first_name, mut last_name) = (text(&given), text(&family));
        let mut dob = born.format(DAY).unwrap_or_default();
        let (mut email, mut phone, mut notes) = (text(&email), text(&phone), (id % 2 == 0).then(|| notes.to_owned()));
        let mut created_at = text(&added);
        match kind {
            1 => last_name = Bound::Text(None),
            2 => first_name = text("  "),
            3 => "03/04/1980".clone_into(&mut dob),
            4 => "29.02.1980".clone_into(&mut dob),
            5 => "0000-00-00".clone_into(&mut dob),
            6 => email = text("n/a"),
            7 => phone = text("call after six"),
            8 => created_at = Bound::Text(None),
            // As a spreadsheet of that age wrote it; PostgreSQL took only what was converted.
            10 if self.link.is_sqlite() => last_name = Bound::Bytes(b"Sj\xf6gren".to_vec()),
            10 => last_name = text("Sjögren"),
            11 => last_name = text("PeÃ±a"),
            12 => first_name = text(&format!("{given}\u{200b}  Maria")),
            13 => notes = Some("Rang\u{7} twice; no answer.".to_owned()),
            14 => last_name = text(&long("Wolfeschlegelsteinhausenberger", 140)),
            15 => created_at = text(&added_seconds(id)),
            16 => phone = text("+1\u{a0}555\u{2013}0100"),
            17 if id % 400 == 17 => notes = Some(long("The same story, told at length. ", 12_000)),
            18 => (email, notes) = (text(""), Some(String::new())),
            19 => "about 1950".clone_into(&mut dob),
            _ => {}
        }
        [Bound::Number(Some(id)), first_name, last_name, text(&dob), email, phone, Bound::Text(notes), created_at]
    }

    fn appointment(&mut self, id: i64) -> [Bound; 5] {
        let kind = id % 40;
        // One after the other, twenty of half an hour a day; some at the time of the one before.
        let turn = if kind == 20 || kind == 21 { 19 + id - kind } else { id };
        let mut starts_at = OffsetDateTime::new_utc(date(2015), Time::MIDNIGHT)
            + Duration::days(turn / 20)
            + Duration::hours(8)
            + Duration::minutes(turn % 20 * 30);
        let past = id % 5 != 0;
        let mut status = text(if past { "completed" } else { "scheduled" });
        let mut minutes = Some([15, 20, 30][usize::try_from(self.random.below(3)).unwrap_or_default()]);
        let mut reason = Some(self.random.of(&["Check-up", "Vaccination", "Pain", "Follow-up"]).to_owned());
        let mut written = None;
        match kind {
            20 => status = text("scheduled"),
            21 => status = text("done"),
            22 => {
                starts_at += Duration::minutes(7);
                minutes = Some(7);
            }
            23 => minutes = None,
            24 => minutes = Some(0),
            25 => {
                // A whole day off, entered as an appointment, on a day that has no other.
                starts_at = OffsetDateTime::new_utc(date(1990), Time::MIDNIGHT) + Duration::days(id);
                minutes = Some(1_440);
            }
            26 => status = text("rescheduled"),
            27 => written = Some(String::new()),
            28 => written = starts_at.format(DOTTED).ok(),
            29 => status = text("No-Show"),
            30 => reason = None,
            31 => status = Bound::Text(None),
            _ => {}
        }
        let written = written.unwrap_or_else(|| stamp(starts_at));
        [Bound::Number(Some(id)), text(&written), Bound::Number(minutes), Bound::Text(reason), status]
    }

    fn note(&mut self, id: i64) -> [Bound; 3] {
        let body = self.random.of(&NOTES);
        let body = match id % 40 {
            35 => Some(String::new()),
            37 => None,
            38 if id % 400 == 38 => Some(body.chars().cycle().take(12_000).collect()),
            _ => Some(format!("{body} ({id})")),
        };
        let created_at = if id % 40 == 34 { None } else { Some(stamp(added(id) + Duration::hours(1))) };
        [Bound::Number(Some(id)), Bound::Text(body), Bound::Text(created_at)]
    }

    fn document(&mut self, id: i64) -> [Bound; 4] {
        let length = match id % 100 {
            45 => 0,
            85 => 64 << 10,
            _ => 512 + self.random.below(3_000),
        };
        let content = (0..length / 8 + 1).flat_map(|_| self.random.next().to_le_bytes());
        let content: Vec<u8> = content.take(usize::try_from(length).unwrap_or_default()).collect();
        let (name, mime) = match id % 100 {
            5 => (Some(format!("C:\\scans\\scan-{id}.png")), "image/png"),
            25 => (Some(format!("letter-{id}.html")), "text/html"),
            65 => (None, "application/pdf"),
            _ => (Some(format!("report-{id}.pdf")), "application/pdf"),
        };
        [Bound::Number(Some(id)), Bound::Text(name), text(mime), Bound::Bytes(content)]
    }
}

fn text(text: &str) -> Bound {
    Bound::Text(Some(text.to_owned()))
}

fn date(year: i32) -> Date {
    Date::from_ordinal_date(year, 1).unwrap_or(Date::MIN)
}

/// When a patient came, some an hour.
fn added(id: i64) -> OffsetDateTime {
    PrimitiveDateTime::new(date(2014), Time::MIDNIGHT).assume_utc() + Duration::minutes(id * 47)
}

fn added_seconds(id: i64) -> String {
    added(id).unix_timestamp().to_string()
}

fn stamp(time: OffsetDateTime) -> String {
    time.format(STAMP).unwrap_or_default()
}
