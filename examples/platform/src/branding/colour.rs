use std::fmt;

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour([u8; 3]);

/// The least contrast of text to what is behind it ([WCAG 2.2, 1.4.3](https://www.w3.org/TR/WCAG22/#contrast-minimum)).
const READABLE: f64 = 4.5;
const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);
/// What pages are printed on, by light and by dark: `--paper` and `--card` of the style sheet, of each the one that is
/// nearer to the other end.
const PAPER: Colour = Colour([0xf3, 0xf5, 0xf7]);
const DARK_CARD: Colour = Colour([0x18, 0x21, 0x2a]);

impl Colour {
    /// Reads a colour, or says what is wrong and what would do.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, String)> {
        let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let part = |at: usize| hex.and_then(|hex| u8::from_str_radix(&hex[at..at + 2], 16).ok());
        match (part(0), part(2), part(4)) {
            (Some(red), Some(green), Some(blue)) => Ok(Self([red, green, blue])),
            _ => Err(("this is no colour".to_owned(), "send # and six hexadecimal digits, as #0b6e66".to_owned())),
        }
    }

    /// Returns it if links in it can be read on the page, and text on it; else says what would do.
    pub(crate) fn readable(self) -> Result<Self, (String, String)> {
        let contrast = self.contrast(PAPER);
        if contrast >= READABLE && self.contrast(self.text()) >= READABLE {
            return Ok(self);
        }
        let darker = (0..=100).rev().map(|percent| self.scaled(percent));
        let darker = darker.into_iter().find(|colour| colour.contrast(PAPER) >= READABLE).unwrap_or(BLACK);
        Err((
            // Cut, not rounded: 4.49 must not look like enough.
            format!(
                "its contrast to the page is {:.2}, where {READABLE} is needed",
                (contrast * 100.0).floor() / 100.0
            ),
            format!("take a darker one, as {darker}"),
        ))
    }

    /// Returns black or white, whichever can be read better on it.
    pub(crate) fn text(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK }
    }

    /// Returns the lighter one that stands for it on dark pages.
    pub(crate) fn for_dark(self) -> Self {
        (0..=100).map(|percent| self.lightened(percent)).find(|c| c.contrast(DARK_CARD) >= READABLE).unwrap_or(WHITE)
    }

    /// Returns the contrast of two colours, from 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Returns the [relative luminance](https://www.w3.org/TR/WCAG22/#dfn-relative-luminance), from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn scaled(self, percent: u16) -> Self {
        Self(self.0.map(|part| (u16::from(part) * percent / 100) as u8))
    }

    fn lightened(self, percent: u16) -> Self {
        Self(self.0.map(|part| (u16::from(part) + (255 - u16::from(part)) * percent / 100) as u8))
    }

    /// Returns the style sheet that puts it into pages.
    pub(super) fn style(self) -> String {
        let (text, dark) = (self.text(), self.for_dark());
        let dark_text = dark.text();
        format!(
            ":root {{\n  --brand: light-dark({self}, {dark});\n  --on-brand: light-dark({text}, {dark_text});\n}}\n"
        )
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        Colour::parse(text).unwrap()
    }

    #[test]
    fn reads_six_digits() {
        assert_eq!(colour("#0B6e66").to_string(), "#0b6e66");
        for text in ["", "#fff", "0b6e66", "#0b6e6", "#0b6e6g", "#0b6e666", "#0b6e6é", "red", "#+b6e66", "url(//x)"] {
            assert!(Colour::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        let check = |a: &str, b: &str, expected: f64| {
            let contrast = colour(a).contrast(colour(b));
            assert!((contrast - expected).abs() < 0.005, "{a} {b}: {contrast}");
        };
        check("#000000", "#ffffff", 21.0);
        check("#777777", "#ffffff", 4.48);
        check("#0000ff", "#ffffff", 8.59);
        check("#ff0000", "#000000", 5.25);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_would_do() {
        for text in ["#0b6e66", "#000000", "#1d4ed8", "#a3261d"] {
            assert!(colour(text).readable().is_ok(), "{text}");
        }
        for text in ["#ffffff", "#777777", "#f59e0b", "#22c55e", "#ff0000"] {
            let (detail, fix) = colour(text).readable().unwrap_err();
            assert!(detail.contains("4.5 is needed"), "{detail}");
            let better = &fix[fix.find('#').unwrap()..];
            assert!(colour(better).readable().is_ok(), "{text}: {fix}");
        }
    }

    #[test]
    fn text_can_be_read_by_light_and_by_dark() {
        for red in (0..=255).step_by(17) {
            for green in (0..=255).step_by(17) {
                for blue in (0..=255).step_by(17) {
                    let Ok(colour) = Colour([red, green, blue]).readable() else { continue };
                    let dark = colour.for_dark();
                    assert!(colour.contrast(colour.text()) >= READABLE && dark.contrast(dark.text()) >= READABLE);
                    assert!(dark.contrast(DARK_CARD) >= READABLE, "{colour} {dark}");
                }
            }
        }
    }

    #[test]
    fn pages_are_printed_on_what_is_reckoned_with() {
        let style = include_str!("../../assets/page.css");
        assert!(style.contains(&format!("--paper: light-dark({PAPER},")));
        assert!(style.contains("--card: light-dark(#ffffff, #18212a)") && DARK_CARD.to_string() == "#18212a");
    }
}
