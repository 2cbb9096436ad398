//! Takes nothing.
//! Gives what all pictures share: fonts, colours and what they mean, axes with round numbers, and their PNG.
//! Never names a colour twice: what is light on paper and dark on a screen follows from this table.

pub(super) mod axis;
mod png;
mod scale;

use plotters::coord::Shift;
use plotters::prelude::*;

pub use png::png;
pub(super) use scale::{Measure, Scale};

use crate::policy::Phase;

/// What is drawn on.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What a backend that writes to memory can't return, and what plotters makes of coordinates that are no numbers.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// The first attempt and the four phases.
pub(super) const KINDS: [Option<Phase>; 5] =
    [None, Some(Phase::Immediate), Some(Phase::PreBackoff), Some(Phase::Backoff), Some(Phase::PostBackoff)];

pub(super) const fn kind_name(phase: Option<Phase>) -> &'static str {
    match phase {
        None => "first",
        Some(phase) => phase.name(),
    }
}

pub(super) fn font(size: i32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().into()
}

/// The colour of a phase; they differ in lightness too.
pub(super) const fn colour(phase: Option<Phase>) -> RGBColor {
    match phase {
        None => FIRST,
        Some(Phase::Immediate) => RGBColor(197, 27, 125),
        Some(Phase::PreBackoff) => RGBColor(0, 158, 195),
        Some(Phase::Backoff) => RGBColor(230, 140, 0),
        Some(Phase::PostBackoff) => RGBColor(40, 70, 170),
    }
}

/// The colour of a policy's line and name, where there are several.
pub(super) const fn curve(place: usize, of: usize) -> RGBColor {
    if of == 1 { LONE } else { CURVES[place % CURVES.len()] }
}

/// Names of colours in a row from `x` on, each after a patch of it.
pub(super) fn legend<'n>(area: &Area<'_>, x: i32, y: i32, parts: impl Iterator<Item = (&'n str, RGBColor)>) -> Drawn {
    let mut x = x;
    for (name, colour) in parts {
        area.draw(&Rectangle::new([(x, y + 2), (x + 12, y + 14)], colour.filled()))?;
        area.draw(&Text::new(name.to_owned(), (x + 18, y), font(15)))?;
        x += 34 + text_width(name, 15);
    }
    Ok(())
}

/// About how wide a text is; fonts differ, so rather too much.
pub(super) fn text_width(text: &str, size: i32) -> i32 {
    text.chars().count() as i32 * size * 8 / 15
}

const CURVES: [RGBColor; 6] = [
    RGBColor(90, 90, 90),
    RGBColor(200, 50, 40),
    RGBColor(30, 130, 60),
    RGBColor(120, 60, 170),
    RGBColor(150, 100, 30),
    RGBColor(0, 120, 140),
];
const FIRST: RGBColor = RGBColor(20, 20, 20);
pub(super) const LONE: RGBColor = RGBColor(120, 120, 120);
/// Of first attempts, of workers that send, and of a lone line.
pub(super) const FRESH: RGBColor = RGBColor(0, 121, 141);
/// Of retries, and of what was picked.
pub(super) const RETRIED: RGBColor = RGBColor(204, 85, 0);
/// Of workers that sleep.
pub(super) const ASLEEP: RGBColor = RGBColor(128, 150, 190);
pub(super) const DELIVERED: RGBColor = RGBColor(31, 140, 60);
pub(super) const LOST: RGBColor = RGBColor(190, 20, 20);
pub(super) const OUTAGE: RGBColor = RGBColor(225, 170, 160);
pub(super) const WIDTH: u32 = 1000;
pub(super) const MARGIN: i32 = 16;

/// What becomes of the colours on a dark screen: each with the one that stands for it there.
pub(super) fn dark() -> Vec<(RGBColor, RGBColor)> {
    let lighter = |colour: RGBColor| {
        let part = |value: u8| value.saturating_add((255 - value) / 2);
        RGBColor(part(colour.0), part(colour.1), part(colour.2))
    };
    let phases = Phase::ALL.into_iter().map(|phase| colour(Some(phase)));
    let others = [DELIVERED, LOST, LONE, FRESH, RETRIED, ASLEEP].into_iter();
    let same = CURVES.into_iter().chain(phases).chain(others).map(|colour| (colour, lighter(colour)));
    let turned =
        [(WHITE, DARK_PAPER), (BLACK, DARK_INK), (FIRST, DARK_INK), (OUTAGE, RGBColor(140, 75, 65))].into_iter();
    same.chain(turned).collect()
}

/// The background of a dark page.
pub(super) const DARK_PAPER: RGBColor = RGBColor(24, 26, 30);
/// Its text.
pub(super) const DARK_INK: RGBColor = RGBColor(225, 227, 230);

#[cfg(test)]
mod tests {
    use super::*;

    /// As WCAG 2.1 has it.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let luminance = |colour: RGBColor| {
            let part = |value: u8| {
                let value = f64::from(value) / 255.0;
                if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(colour.0) + 0.7152 * part(colour.1) + 0.0722 * part(colour.2)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn marks_stand_out_on_both_papers() {
        for (light, dark) in dark() {
            // The paper itself, and what lies behind the marks.
            if light == WHITE || light == OUTAGE {
                continue;
            }
            let (on_light, on_dark) = (contrast(light, WHITE), contrast(dark, DARK_PAPER));
            assert!(on_light > 2.4 && on_dark > 3.0, "{light:?} {on_light:.1}, {dark:?} {on_dark:.1}");
        }
        for phase in KINDS {
            assert!(contrast(colour(phase), OUTAGE) > 1.2, "{phase:?}");
        }
    }

    #[test]
    fn no_two_colours_are_the_same() {
        let all = dark();
        for (place, (light, _)) in all.iter().enumerate() {
            assert!(all[..place].iter().all(|(other, _)| other != light), "{light:?}");
        }
    }
}
