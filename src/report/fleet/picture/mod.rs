//! Takes series, sweeps and searches.
//! Gives panels, one below the other, as SVG.
//! Never draws more marks than a picture has columns.

mod focus;
mod found;
mod latency;
mod load;
mod pool;
mod raster;
mod swept;

use plotters::prelude::*;

use super::super::chart::{self, Area, Drawn, MARGIN, WIDTH, font};
use super::super::fit;
use crate::fleet::{Series, Swept};

pub use found::Found;

/// A run of a world, with what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What it is called: the world, or the policy in it.
    pub name: &'a str,
    /// What happened.
    pub series: &'a Series,
}

/// A part of a picture, as wide as all of it.
#[derive(Clone, Copy, Debug)]
pub enum Panel<'a> {
    /// Some deliveries, a line for each, with a mark for every attempt.
    Raster(&'a [Run<'a>]),
    /// Requests a second.
    Load(&'a [Run<'a>]),
    /// Workers taken and asleep, posts that wait for one, and how late healthy subscribers get theirs.
    Pool(&'a [Run<'a>]),
    /// Which part of the deliveries took how long.
    Latency(&'a [Run<'a>]),
    /// Lag and loss for each value of a field.
    Swept(&'a Swept),
    /// Candidates by two objectives.
    Found(&'a Found<'a>),
}

/// The panels that show runs; workers only where there are some.
pub fn panels_of<'a>(runs: &'a [Run<'a>]) -> Vec<Panel<'a>> {
    let pool = runs.iter().any(|run| run.series.pooled).then_some(Panel::Pool(runs));
    [Panel::Raster(runs), Panel::Load(runs)].into_iter().chain(pool).chain([Panel::Latency(runs)]).collect()
}

impl Panel<'_> {
    /// What it is called.
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Raster(_) => "Attempts",
            Self::Load(_) => "Requests a second",
            Self::Pool(_) => "Workers",
            Self::Latency(_) => "Latency",
            Self::Swept(_) => "Recovery lag and loss",
            Self::Found(_) => "Policies that keep the limits",
        }
    }

    /// What to see in it, in a sentence.
    pub const fn about(&self) -> &'static str {
        match self {
            Self::Raster(_) => {
                "Each line is one delivery, from its post on; each mark an attempt, in the colour of its phase. Where a \
                 subscriber is known to be down, the ground is shaded. A star is a success, a cross the end without one."
            }
            Self::Load(_) => {
                "What subscribers have to take, around the outages. The dashed line is where one is over; retries that \
                 fall on one moment come as a peak."
            }
            Self::Pool(_) => {
                "A worker that sleeps between two attempts is taken like one that sends. Once all are, posts to healthy \
                 subscribers wait."
            }
            Self::Latency(_) => {
                "The part of all deliveries that had succeeded so long after their post. What is missing at the top \
                 never arrived."
            }
            Self::Swept(_) => "How late the first success comes after an outage, and how much is lost, for each value.",
            Self::Found(_) => {
                "Each dot is a policy, as it does in the worst of the worlds. Those on the front are beaten by no other \
                 in everything; the larger the dot, the more of the third objective."
            }
        }
    }

    fn height(&self) -> u32 {
        match self {
            Self::Raster(runs) => raster::height(runs),
            Self::Load(_) => load::HEIGHT,
            Self::Pool(runs) => pool::height(runs),
            Self::Latency(runs) => latency::height(runs),
            Self::Swept(_) => swept::HEIGHT,
            Self::Found(_) => found::HEIGHT,
        }
    }

    fn draw(&self, area: &Area<'_>) -> Drawn {
        match self {
            Self::Raster(runs) => raster::draw(area, runs),
            Self::Load(runs) => load::draw(area, runs),
            Self::Pool(runs) => pool::draw(area, runs),
            Self::Latency(runs) => latency::draw(area, runs),
            Self::Swept(swept) => swept::draw(area, swept),
            Self::Found(found) => found::draw(area, found),
        }
    }
}

/// The picture; `title` stands above it, if there is one.
pub fn svg(title: &str, panels: &[Panel<'_>]) -> String {
    let mut text = String::new();
    // On a page, titles are text of the page.
    let (head, heading) = if title.is_empty() { (0, 0) } else { (HEAD, HEADING) };
    let height = head + panels.iter().map(|panel| panel.height() + heading).sum::<u32>();
    let area = SVGBackend::with_string(&mut text, (WIDTH, height.max(1))).into_drawing_area();
    draw(&area, title, (head, heading), panels).expect("a String takes everything, and every coordinate is finite");
    drop(area);
    text
}

fn draw(area: &Area<'_>, title: &str, (head, heading): (u32, u32), panels: &[Panel<'_>]) -> Drawn {
    area.fill(&WHITE)?;
    if head > 0 {
        let title = fit::cut(&fit::printable(title), TITLE_MAX);
        area.draw(&Text::new(title, (MARGIN, 10), font(20)))?;
    }
    let mut rest = area.split_vertically(head).1;
    for panel in panels {
        let (own, below) = rest.split_vertically(heading + panel.height());
        let (above, body) = own.split_vertically(heading);
        if heading > 0 {
            above.draw(&Text::new(panel.title(), (MARGIN, 18), font(17)))?;
        }
        panel.draw(&body)?;
        rest = below;
    }
    Ok(())
}

/// A name as a picture has it.
fn name_of(name: &str) -> String {
    fit::cut(&fit::printable(name), NAME_MAX)
}

/// The names of several runs with their colours; nothing for a single one.
fn names(area: &Area<'_>, y: i32, runs: &[Run<'_>]) -> Drawn {
    if runs.len() < 2 {
        return Ok(());
    }
    let parts: Vec<_> =
        runs.iter().enumerate().map(|(at, run)| (name_of(run.name), chart::curve(at, runs.len()))).collect();
    chart::legend(area, LEFT as i32 + MARGIN, y, parts.iter().map(|(name, colour)| (name.as_str(), *colour)))
}

/// Room for the names of values at the left of all panels, so that their axes of time lie below each other.
const LEFT: u32 = 110;
/// At the bottom of each.
const BELOW: u32 = 44;
/// At the right of each.
const RIGHT: u32 = 24;
const HEAD: u32 = 40;
const HEADING: u32 = 46;
const TITLE_MAX: usize = 90;
const NAME_MAX: usize = 22;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::samples::{found, series, swept};
    use super::*;

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn a_run_has_four_panels_and_every_row_its_end() {
        let usual = series(&json!({}), 100);
        let runs = [Run { name: "<the defaults>", series: &usual }];
        let text = svg("a title", &panels_of(&runs));
        let titles = ["a title", "Attempts", "Requests a second", "Workers", "Latency", "&lt;the defaults&gt;"];
        for word in titles.into_iter().chain(["outage", "all 10 taken", "posts waiting", "healthy latency"]) {
            assert!(text.contains(word), "{word}");
        }
        // A star for each delivery that is shown: all arrive after an outage of 100 s.
        assert_eq!(count(&text, "<polygon"), 24);
        let only = svg("", &panels_of(&runs)[..1]);
        assert_eq!((count(&only, "<polygon"), only.contains("Attempts")), (24, false));
    }

    #[test]
    fn what_is_lost_is_crossed_and_missing() {
        let short = series(&json!({"maximum_delay": 15, "maximum_delay_retries": 0}), 600);
        let runs = [Run { name: "short", series: &short }];
        let text = svg("t", &panels_of(&runs));
        assert!(text.contains("not delivered") && text.contains("47.4"), "the part that is missing is written");
        assert!(count(&text, "<polygon") < 12, "few arrive");
    }

    #[test]
    fn runs_beside_each_other_have_names_and_share_the_rows() {
        let (usual, long) = (series(&json!({}), 100), series(&json!({"maximum_delay": 60}), 100));
        let runs = [Run { name: "usual", series: &usual }, Run { name: "long", series: &long }];
        let text = svg("t", &panels_of(&runs));
        assert_eq!((count(&text, "<polygon"), count(&text, "\nusual\n"), count(&text, "\nlong\n")), (24, 4, 4));
    }

    #[test]
    fn an_empty_run_is_a_picture_too() {
        let empty = Series::of(&crate::fleet::World::sample(), |_, _| {});
        let runs = [Run { name: "empty", series: &empty }];
        assert!(svg("t", &panels_of(&runs)).ends_with("</svg>\n"));
    }

    #[test]
    fn a_search_shows_its_picks_and_the_worlds_own() {
        let (candidates, wanted, searched) = found();
        let found = Found { candidates: &candidates, wanted: &wanted, searched: &searched, own: Some(0) };
        let text = svg("t", &[Panel::Found(&found)]);
        for word in ["knee", "fast", "gentle", "cheap", "present policy", "lag_p99", "peak_x"] {
            assert!(text.contains(word), "{word}");
        }
        let none = Found { own: None, ..found };
        assert!(!svg("t", &[Panel::Found(&none)]).contains("present policy"));
    }

    #[test]
    fn a_sweep_has_a_line_for_each_policy_and_words_have_no_lines() {
        let mut swept = swept();
        let text = svg("t", &[Panel::Swept(&swept)]);
        let points = 3 * 2 * swept.settings.len();
        assert_eq!(count(&text, "<circle"), points);
        let lines = count(&text, "stroke-width=\"2\"");
        swept.settings.iter_mut().for_each(|setting| setting.number = None);
        let words = svg("t", &[Panel::Swept(&swept)]);
        assert_eq!(count(&words, "stroke-width=\"2\"") + 6, lines, "three lines in each of two panels");
        assert!(words.contains("17m 4s") && !text.contains("17m 4s"), "each word is named");
    }
}
