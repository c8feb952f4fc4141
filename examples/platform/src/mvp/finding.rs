use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many ids stand as examples of a rule.
const EXAMPLES: usize = 5;

macro_rules! rules {
    ($($(#[$doc:meta])* $variant:ident $name:literal $says:literal,)+) => {
        /// What is done to a row of a source that can't be kept as it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum Rule {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl Rule {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name that reports have it by.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Says what is done.
            pub(crate) const fn says(self) -> &'static str {
                match self { $(Self::$variant => $says,)+ }
            }
        }
    };
}

rules! {
    IdOutOfRange "id_out_of_range" "dropped: the id is negative or above 2^60",
    Orphan "orphan" "dropped: its patient isn't there",
    TimeUnreadable "time_unreadable" "dropped: nobody can tell when it begins",
    NoteEmpty "note_empty" "dropped: there is nothing in it",
    DocumentEmpty "document_empty" "dropped: there is nothing in it",
    DocumentTooLarge "document_too_large" "dropped: it has more than 5 MiB",
    NameMissing "name_missing" "\"Unknown\" stands for the missing name",
    NameChanged "name_changed" "invisible characters removed, cut to 100 characters; what was cut is in the patient's notes",
    BirthDateUnreadable "birth_date_unreadable" "left empty, as no day or an ambiguous one; the text is in the patient's notes",
    EmailMalformed "email_malformed" "left empty, as no address; the text is in the patient's notes",
    PhoneMalformed "phone_malformed" "left empty, as no number; the text is in the patient's notes",
    CreatedUnreadable "created_unreadable" "1970-01-01 stands for the unknown time",
    LooksDouble "looks_double" "kept, all of them: same names and day of birth; merge them by hand",
    NotUtf8 "not_utf8" "read as Windows-1252",
    EncodedTwice "encoded_twice" "read as UTF-8 that had been encoded twice",
    Controls "control_characters" "removed",
    LongText "long_text" "kept whole; a form takes it again only when it is shortened to 10,000 characters (reasons: 500)",
    TextCut "text_cut" "cut to 1,000,000 characters",
    LengthChanged "length_changed" "30 minutes for no length, 480 for a longer one",
    OffGrid "off_grid" "kept as it is; it takes each five minutes that it touches",
    StatusUnknown "status_unknown" "booked; the status as it was is in the reason",
    DoubleBooked "double_booked" "cancelled: an earlier entry has the time",
    DoubleDone "double_done" "stays done, and takes no time from the one that has it",
    FileNameChanged "file_name_changed" "the last part of its path, invisible characters removed, at most 100",
    MediaTypeChanged "media_type_changed" "application/octet-stream: not of the kinds that are shown",
    UserNotTaken "user_not_taken" "not taken, nor is any password: invite people, who choose their own",
    SettingNotTaken "setting_not_taken" "not taken: look at the clinic's settings",
}

impl Rule {
    /// Tells whether the row isn't taken.
    pub(crate) const fn drops(self) -> bool {
        matches!(
            self,
            Self::IdOutOfRange
                | Self::Orphan
                | Self::TimeUnreadable
                | Self::NoteEmpty
                | Self::DocumentEmpty
                | Self::DocumentTooLarge
                | Self::UserNotTaken
                | Self::SettingNotTaken
        )
    }
}

/// How often a rule was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) count: u64,
    /// The old ids of the first rows.
    pub(crate) examples: Vec<i64>,
}

/// What rules were followed, of one table. It holds ids, and nothing else of a patient.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Findings(BTreeMap<Rule, Found>);

impl Findings {
    pub(super) fn add(&mut self, rule: Rule, old: i64) {
        let found = self.0.entry(rule).or_default();
        found.count += 1;
        if found.examples.len() < EXAMPLES {
            found.examples.push(old);
        }
    }

    /// Notes what is counted by a statement.
    pub(super) fn set(&mut self, rule: Rule, count: u64, mut examples: Vec<i64>) {
        examples.truncate(EXAMPLES);
        if count > 0 {
            self.0.insert(rule, Found { count, examples });
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Rule, &Found)> {
        self.0.iter().map(|(rule, found)| (*rule, found))
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).expect("names and numbers are always JSON")
    }
}

/// Takes down what is found on one row.
pub(super) struct Noted<'f> {
    findings: &'f mut Findings,
    old: i64,
    last: Option<Rule>,
}

impl<'f> Noted<'f> {
    pub(super) const fn new(findings: &'f mut Findings, old: i64) -> Self {
        Self { findings, old, last: None }
    }

    /// Notes a rule; one that is noted twice in a row, of two texts, counts once.
    pub(super) fn add(&mut self, rule: Rule) {
        if self.last.replace(rule) != Some(rule) {
            self.findings.add(rule, self.old);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_different_names_and_say_what_is_dropped() {
        let mut names: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Rule::ALL.len());
        for rule in Rule::ALL {
            let says = rule.says();
            assert_eq!(rule.drops(), says.starts_with("dropped") || says.starts_with("not taken"), "{says}");
            assert!(include_str!("../../mvp/README.md").contains(&format!("`{}`", rule.name())), "{rule:?}");
        }
    }
}
