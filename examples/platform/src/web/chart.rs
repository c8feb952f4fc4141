//! Charts as SVG, drawn by the server: they need no script, and take their colours from the style sheet.

use std::fmt::Write as _;

use time::Date;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 52.0;
const BOTTOM: f64 = 24.0;
const TOP: f64 = 10.0;

/// A chart of days, ready to stand in a page. Its text is numbers and dates alone.
#[derive(Clone, Debug)]
pub(crate) struct Chart(String);

impl Chart {
    /// Draws a bar for each day.
    pub(crate) fn bars(days: &[(Date, i64)]) -> Self {
        Self::drawn(days, |svg, scale, days| {
            let step = (WIDTH - LEFT) / days.len().max(1) as f64;
            for (at, (day, value)) in days.iter().enumerate() {
                let (x, y) = (LEFT + step * at as f64, scale.y(*value));
                let height = (HEIGHT - BOTTOM - y).max(0.0);
                let _ = write!(
                    svg,
                    "<rect class=\"bar-fill\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{height:.1}\" rx=\"1.5\">\
                     <title>{day}: {value}</title></rect>",
                    x + step * 0.1,
                    (step * 0.8).max(1.0),
                );
            }
        })
    }

    /// Draws a line through the days.
    pub(crate) fn line(days: &[(Date, i64)]) -> Self {
        Self::drawn(days, |svg, scale, days| {
            let step = (WIDTH - LEFT) / days.len().saturating_sub(1).max(1) as f64;
            let points: Vec<String> = (days.iter().enumerate())
                .map(|(at, (_, value))| format!("{:.1},{:.1}", LEFT + step * at as f64, scale.y(*value)))
                .collect();
            let floor = HEIGHT - BOTTOM;
            let end = LEFT + step * days.len().saturating_sub(1) as f64;
            let line = points.join(" ");
            let _ = write!(
                svg,
                "<polygon class=\"area\" points=\"{LEFT:.1},{floor:.1} {line} {end:.1},{floor:.1}\"/>\
                 <polyline class=\"line\" points=\"{line}\"/>"
            );
        })
    }

    /// Returns the SVG.
    pub(crate) fn svg(&self) -> &str {
        &self.0
    }

    fn drawn(days: &[(Date, i64)], marks: impl FnOnce(&mut String, &Scale, &[(Date, i64)])) -> Self {
        let most = days.iter().map(|(_, value)| *value).max().unwrap_or_default();
        let scale = Scale { most: ceiling(most) };
        let mut svg = format!("<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">");
        for part in 0..=2 {
            let value = scale.most * part / 2;
            let y = scale.y(value);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                short(value)
            );
        }
        marks(&mut svg, &scale, days);
        if let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) {
            let y = HEIGHT - 6.0;
            let _ = write!(
                svg,
                "<text x=\"{LEFT}\" y=\"{y}\">{first}</text><text x=\"{WIDTH}\" y=\"{y}\" text-anchor=\"end\">{last}</text>"
            );
        }
        svg.push_str("</svg>");
        Self(svg)
    }
}

struct Scale {
    most: i64,
}

impl Scale {
    fn y(&self, value: i64) -> f64 {
        let share = value.clamp(0, self.most) as f64 / self.most as f64;
        TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)
    }
}

/// Rounds up to 2, 4 or 10 times a power of ten, so that half of it is a round number as well.
fn ceiling(most: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        for factor in [2, 4, 10] {
            let round = unit.saturating_mul(factor);
            if round >= most {
                return round;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// Writes a large number in few characters.
fn short(value: i64) -> String {
    match value {
        0..10_000 => value.to_string(),
        10_000..10_000_000 => format!("{} k", value / 1_000),
        10_000_000..10_000_000_000 => format!("{} M", value / 1_000_000),
        _ => format!("{} G", value / 1_000_000_000),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (most, expected) in [(0, 2), (1, 2), (3, 4), (5, 10), (11, 20), (41, 100), (i64::MAX, i64::MAX)] {
            assert_eq!(ceiling(most), expected, "{most}");
        }
    }

    #[test]
    fn a_chart_has_a_mark_for_each_day() {
        let days = [(date!(2026 - 01 - 01), 3), (date!(2026 - 01 - 02), 0), (date!(2026 - 01 - 03), 9)];
        let bars = Chart::bars(&days);
        assert_eq!(bars.svg().matches("bar-fill").count(), 3);
        assert!(bars.svg().contains("<title>2026-01-03: 9</title>"));
        assert_eq!(Chart::line(&days).svg().matches("polyline").count(), 1);
        assert!(Chart::bars(&[]).svg().ends_with("</svg>"));
    }
}
