use crate::{
    branding::Colour,
    json::{Fields, Member},
    people::{EMAIL_FIX, Email},
};

/// What a clinic can set. Each has a default, and one form in which it is stored and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    TimeZone,
    Locale,
    WeekStart,
    AppointmentMinutes,
    ContactEmail,
    ContactPhone,
    RetentionDays,
    BrandColour,
    WelcomeText,
}

/// Where a key is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    Settings,
    Branding,
}

/// What values a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of these.
    Choice(&'static [&'static str]),
    /// A whole number from `min` to `max`, a multiple of `step`.
    Number {
        min: i64,
        max: i64,
        step: i64,
    },
    /// The name of a time zone: `UTC` or `Area/Location`.
    TimeZone,
    Email,
    Phone,
    Colour,
    /// A text of up to so many characters, which may have lines.
    Text(usize),
}

const LOCALES: &[&str] = &[
    "ar", "cs", "da", "de", "en", "en-GB", "en-US", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "nb", "nl", "pl",
    "pt", "pt-BR", "sv", "tr", "uk", "zh",
];

const AREAS: [&str; 11] = [
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
    "Etc",
];

impl Key {
    pub(crate) const ALL: [Self; 9] = [
        Self::TimeZone,
        Self::Locale,
        Self::WeekStart,
        Self::AppointmentMinutes,
        Self::ContactEmail,
        Self::ContactPhone,
        Self::RetentionDays,
        Self::BrandColour,
        Self::WelcomeText,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::TimeZone => "time_zone",
            Self::Locale => "locale",
            Self::WeekStart => "week_start",
            Self::AppointmentMinutes => "appointment_minutes",
            Self::ContactEmail => "contact_email",
            Self::ContactPhone => "contact_phone",
            Self::RetentionDays => "retention_days",
            Self::BrandColour => "brand_colour",
            Self::WelcomeText => "welcome_text",
        }
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::TimeZone => "Time zone",
            Self::Locale => "Language",
            Self::WeekStart => "First day of the week",
            Self::AppointmentMinutes => "Minutes of an appointment",
            Self::ContactEmail => "E-mail address for patients",
            Self::ContactPhone => "Phone number for patients",
            Self::RetentionDays => "Days that records are kept",
            Self::BrandColour => "Colour",
            Self::WelcomeText => "Welcome text",
        }
    }

    /// Returns what holds while nothing is set; `None` is nothing at all.
    pub(crate) const fn default(self) -> Option<&'static str> {
        match self {
            Self::TimeZone => Some("UTC"),
            Self::Locale => Some("en"),
            Self::WeekStart => Some("monday"),
            Self::AppointmentMinutes => Some("30"),
            Self::RetentionDays => Some("3650"),
            Self::ContactEmail | Self::ContactPhone | Self::BrandColour | Self::WelcomeText => None,
        }
    }

    pub(crate) const fn group(self) -> Group {
        match self {
            Self::BrandColour | Self::WelcomeText => Group::Branding,
            _ => Group::Settings,
        }
    }

    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::TimeZone => Kind::TimeZone,
            Self::Locale => Kind::Choice(LOCALES),
            Self::WeekStart => Kind::Choice(&["monday", "sunday"]),
            Self::AppointmentMinutes => Kind::Number { min: 5, max: 240, step: 5 },
            Self::RetentionDays => Kind::Number { min: 30, max: 36_500, step: 1 },
            Self::ContactEmail => Kind::Email,
            Self::ContactPhone => Kind::Phone,
            Self::BrandColour => Kind::Colour,
            Self::WelcomeText => Kind::Text(500),
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }

    /// Reads the keys of a group that are there, each with its value in the stored form; `None` sets the default.
    ///
    /// What is no value of its key is reported as a mistake of its member.
    pub(crate) fn read_all(group: Group, fields: &mut Fields) -> Vec<(Self, Option<String>)> {
        let keys = Self::ALL.into_iter().filter(|key| key.group() == group);
        keys.filter_map(|key| Some((key, key.read(fields)?))).collect()
    }

    fn read(self, fields: &mut Fields) -> Option<Option<String>> {
        let name = self.as_str();
        if fields.null(name) {
            return Some(None);
        }
        let text = if let Kind::Number { .. } = self.kind() {
            fields.integer(name)?.to_string()
        } else {
            match fields.text(name) {
                Member::Value(text) => text,
                Member::Absent | Member::Null => return None,
            }
        };
        match self.normal(&text) {
            Ok(value) => Some(Some(value)),
            Err((detail, fix)) => {
                fields.refuse(name, "setting_invalid", detail, fix);
                None
            }
        }
    }

    /// Returns a value in the form in which it is stored, or what is wrong with it and what would do.
    pub(crate) fn normal(self, text: &str) -> Result<String, (String, String)> {
        let text = text.trim();
        let refused = |detail: &str, fix: &str| Err((detail.to_owned(), fix.to_owned()));
        match self.kind() {
            Kind::Choice(choices) => match choices.iter().find(|choice| **choice == text) {
                Some(choice) => Ok((*choice).to_owned()),
                None => Err(("there is no such choice".to_owned(), format!("send one of {}", choices.join(", ")))),
            },
            Kind::Number { min, max, step } => match text.parse::<i64>() {
                Ok(number) if (min..=max).contains(&number) && number % step == 0 => Ok(number.to_string()),
                _ if step == 1 => {
                    Err(("the number is out of bounds".to_owned(), format!("send a number from {min} to {max}")))
                }
                _ => Err((
                    "the number is out of bounds, or no multiple".to_owned(),
                    format!("send a multiple of {step} from {min} to {max}"),
                )),
            },
            Kind::TimeZone if is_time_zone(text) => Ok(text.to_owned()),
            Kind::TimeZone => refused("this is no name of a time zone", "send UTC, or a name as Europe/Lisbon"),
            Kind::Email => match Email::parse(text) {
                Some(email) => Ok(email.as_str().to_owned()),
                None => refused("this is no e-mail address", EMAIL_FIX),
            },
            Kind::Phone if is_phone(text) => Ok(text.to_owned()),
            Kind::Phone => refused(
                "this is no phone number",
                "send 5 to 32 characters: digits, spaces, hyphens, brackets, a plus sign at the beginning",
            ),
            Kind::Colour => Colour::parse(text).and_then(Colour::readable).map(|colour| colour.to_string()),
            Kind::Text(most) => {
                let text = text.replace("\r\n", "\n");
                let odd = |c: char| c != '\n' && crate::text::is_deceptive(c);
                if text.chars().count() > most || text.chars().any(odd) {
                    return Err((
                        "the text is too long, or has control or invisible characters".to_owned(),
                        format!("send up to {most} visible characters"),
                    ));
                }
                Ok(text)
            }
        }
    }
}

/// Tells whether a name has the form of one of the IANA time zone database; which there are changes with it.
fn is_time_zone(name: &str) -> bool {
    let part = |part: &str| {
        part.len() <= 32
            && part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+'))
    };
    let mut parts = name.split('/');
    let area = parts.next().is_some_and(|area| AREAS.contains(&area));
    let rest: Vec<&str> = parts.collect();
    name == "UTC" || (area && (1..=2).contains(&rest.len()) && rest.into_iter().all(part))
}

fn is_phone(text: &str) -> bool {
    let body = text.strip_prefix('+').unwrap_or(text);
    let digits = body.bytes().filter(u8::is_ascii_digit).count();
    (5..=20).contains(&digits)
        && text.len() <= 32
        && body.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'(' | b')' | b'/' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_one_form_and_its_default_is_one() {
        for key in Key::ALL {
            assert_eq!(Key::parse(key.as_str()), Some(key));
            if let Some(default) = key.default() {
                assert_eq!(key.normal(default).as_deref(), Ok(default));
            }
        }
    }

    #[test]
    fn takes_what_is_a_value_and_refuses_what_is_none() {
        let check = |key: Key, text: &str, expected: Option<&str>| {
            assert_eq!(key.normal(text).ok().as_deref(), expected, "{key:?} {text:?}");
        };
        check(Key::TimeZone, "Europe/Lisbon", Some("Europe/Lisbon"));
        check(Key::TimeZone, "America/Argentina/Buenos_Aires", Some("America/Argentina/Buenos_Aires"));
        check(Key::TimeZone, "Etc/GMT+5", Some("Etc/GMT+5"));
        for text in
            ["", "Lisbon", "Europe/", "Europe/Lisbon/", "Europe/../x", "europe/lisbon", "Europe/Lis bon", "Mars/X"]
        {
            check(Key::TimeZone, text, None);
        }
        check(Key::AppointmentMinutes, " 45 ", Some("45"));
        for text in ["0", "4", "7", "241", "245", "-5", "5.0", "five"] {
            check(Key::AppointmentMinutes, text, None);
        }
        check(Key::RetentionDays, "36501", None);
        check(Key::WeekStart, "Monday", None);
        check(Key::Locale, "pt-BR", Some("pt-BR"));
        check(Key::Locale, "xx", None);
        check(Key::ContactEmail, " Desk@Example.org ", Some("desk@example.org"));
        check(Key::ContactEmail, "desk", None);
        check(Key::ContactPhone, "+351 (21) 555-0199", Some("+351 (21) 555-0199"));
        for text in ["", "12", "+351 21 <b>", "1+234567", &"1".repeat(33)] {
            check(Key::ContactPhone, text, None);
        }
        check(Key::WelcomeText, "Good day\r\nto you", Some("Good day\nto you"));
        check(Key::WelcomeText, "a\u{202e}b", None);
        check(Key::WelcomeText, &"a".repeat(501), None);
    }
}
