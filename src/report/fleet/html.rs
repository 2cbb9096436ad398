//! Takes what is to be told about fleets: sentences, tables, panels.
//! Gives one page of HTML that needs nothing but itself: no network, no script, light or dark as the reader has it.
//! Never lets a name become markup.

use plotters::style::RGBColor;

use super::super::chart::{DARK_INK, DARK_PAPER, dark};
use super::picture::{Panel, svg};

/// A page.
#[derive(Clone, Debug)]
pub struct Page<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// Sentences below that, a paragraph each.
    pub lead: &'a [String],
    /// Tables.
    pub tables: &'a [Table],
    /// Pictures, in their order.
    pub panels: &'a [Panel<'a>],
    /// By what it was made: the program, the seed, the command.
    pub made_by: &'a str,
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The names of its columns; the first one is that of the rows.
    pub head: Vec<String>,
    /// The rows; the first cell of each names it.
    pub rows: Vec<Vec<String>>,
}

/// The page as text.
pub fn html(page: &Page<'_>) -> String {
    let title = escaped(page.title);
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#content\">to the \
         content</a>\n<header>\n<h1>{title}</h1>\n",
        style()
    );
    page.lead.iter().for_each(|sentence| text += &format!("<p>{}</p>\n", escaped(sentence)));
    text += &contents(page);
    text += "</header>\n<main id=\"content\">\n";
    page.tables.iter().enumerate().for_each(|(number, table)| text += &section(number, table));
    for (number, panel) in page.panels.iter().enumerate() {
        text += &figure(number, panel);
    }
    text += &format!("</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n", escaped(page.made_by));
    text
}

/// Links to everything on the page.
fn contents(page: &Page<'_>) -> String {
    let tables =
        page.tables.iter().enumerate().map(|(number, table)| (format!("table-{number}"), table.caption.clone()));
    let panels =
        page.panels.iter().enumerate().map(|(number, panel)| (format!("picture-{number}"), panel.title().to_owned()));
    let link = |(id, name): (String, String)| format!("<li><a href=\"#{id}\">{}</a></li>\n", escaped(&name));
    format!("<nav aria-label=\"contents\"><ul>\n{}</ul></nav>\n", tables.chain(panels).map(link).collect::<String>())
}

fn section(number: usize, table: &Table) -> String {
    let cell = |cell: &String| format!("<td>{}</td>", escaped(cell));
    let head: String = table.head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escaped(name))).collect();
    let row = |row: &Vec<String>| {
        let name = row.first().map(|name| format!("<th scope=\"row\">{}</th>", escaped(name))).unwrap_or_default();
        format!("<tr>{name}{}</tr>\n", row.iter().skip(1).map(cell).collect::<String>())
    };
    let rows: String = table.rows.iter().map(row).collect();
    let caption = escaped(&table.caption);
    // What is wider than the screen is scrolled, by the keyboard too.
    format!(
        "<section id=\"table-{number}\">\n<h2>{caption}</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{caption}\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n</section>\n"
    )
}

fn figure(number: usize, panel: &Panel<'_>) -> String {
    let (title, about) = (escaped(panel.title()), escaped(panel.about()));
    let drawn = svg("", std::slice::from_ref(panel));
    let drawn = drawn.replacen("<svg ", &format!("<svg role=\"img\" aria-label=\"{title}\" "), 1);
    format!(
        "<section id=\"picture-{number}\">\n<h2>{title}</h2>\n<figure>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" \
         aria-label=\"{title}\">{drawn}</div>\n<figcaption>{about}</figcaption>\n</figure>\n</section>\n"
    )
}

/// The style of the page; what is dark follows from the colours of the pictures.
fn style() -> String {
    let hex = |colour: RGBColor| format!("#{:02X}{:02X}{:02X}", colour.0, colour.1, colour.2);
    let turned = |(light, dark): (RGBColor, RGBColor)| {
        let (light, dark) = (hex(light), hex(dark));
        format!("  svg [fill=\"{light}\"] {{ fill: {dark} }}\n  svg [stroke=\"{light}\"] {{ stroke: {dark} }}\n")
    };
    let pictures: String = dark().into_iter().map(turned).collect();
    let (paper, ink) = (hex(DARK_PAPER), hex(DARK_INK));
    format!(
        "{STYLE}@media (prefers-color-scheme: dark) {{\n  :root {{ --paper: {paper}; --ink: {ink}; --rule: #4A4E57; \
         --dim: #A9AEB8; --link: #7FB7FF }}\n{pictures}}}\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            letter if letter.is_control() => escaped.extend(letter.escape_default()),
            letter => escaped.push(letter),
        }
    }
    escaped
}

const STYLE: &str = "\
:root { --paper: #FFFFFF; --ink: #1B1D20; --rule: #D5D8DD; --dim: #5A606A; --link: #0B57B0 }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1040px; padding: 1.5rem 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .5rem } h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem }
p { margin: .4rem 0; max-width: 48rem } a { color: var(--link) }
a:focus-visible, .wide:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
.skip { position: absolute; left: -999px } .skip:focus { left: 1rem; top: .5rem }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; padding: 0; margin: .8rem 0; list-style: none }
.wide { overflow-x: auto } figure { margin: 0 } figcaption { color: var(--dim); max-width: 48rem }
svg { display: block; max-width: 100%; height: auto } svg text { font-family: system-ui, sans-serif }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap }
th:first-child { text-align: left } thead th { border-bottom: 2px solid var(--rule); vertical-align: bottom }
tbody th { font-weight: 600 } footer { margin-top: 3rem; color: var(--dim); font-size: .85rem; overflow-wrap: anywhere }
@media print { nav, .skip { display: none } section { break-inside: avoid } }
";

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::picture::{Run, panels_of};
    use super::super::samples::series;
    use super::*;

    fn page() -> String {
        let series = series(&json!({}), 100);
        let runs = [Run { name: "<b>defaults & co</b>", series: &series }];
        let table = Table {
            caption: "Figures".into(),
            head: vec!["figure".into(), "all".into()],
            rows: vec![vec!["delivered".into(), "2700".into()], vec!["<script>".into(), "\"'\u{1b}".into()]],
        };
        let lead = ["2700 deliveries, none lost.".to_owned()];
        html(&Page {
            title: "world.json <1>",
            lead: &lead,
            tables: &[table],
            panels: &panels_of(&runs),
            made_by: "zaqarcheck",
        })
    }

    #[test]
    fn a_page_needs_nothing_but_itself() {
        let page = page();
        for foreign in ["<script", "http:", "https:", "src=", "@import", "url(", "<link"] {
            let own = page.replace("http://www.w3.org/2000/svg", "");
            assert!(!own.contains(foreign), "{foreign}");
        }
        for part in ["Attempts", "Requests a second", "Workers", "Latency", "Figures"] {
            assert!(page.contains(&format!("<h2>{part}</h2>")), "{part}");
        }
    }

    #[test]
    fn names_are_text() {
        let page = page();
        assert!(
            page.contains("world.json &lt;1&gt;") && page.contains("&lt;script&gt;") && page.contains("&quot;'\\u{1b}")
        );
        assert!(!page.contains("<b>"), "of pictures too");
    }

    #[test]
    fn every_element_is_closed() {
        let page = page();
        for name in ["section", "figure", "table", "tr", "td", "th", "svg", "div", "ul", "li", "main", "nav", "p", "h2"]
        {
            let opened = page.matches(&format!("<{name}>")).count() + page.matches(&format!("<{name} ")).count();
            assert_eq!(opened, page.matches(&format!("</{name}>")).count(), "{name}");
        }
        // Whatever a link names is there.
        for link in page.split("href=\"#").skip(1) {
            let id = link.split('"').next().expect("it is closed");
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }

    #[test]
    fn every_colour_of_a_picture_is_turned_in_the_dark() {
        let page = page();
        let (head, body) = page.split_once("</style>").expect("there is a style");
        for colour in body.split("fill=\"#").chain(body.split("stroke=\"#")).skip(1).filter_map(|rest| rest.get(..6)) {
            if colour.chars().all(|letter| letter.is_ascii_hexdigit()) {
                assert!(head.contains(&format!("\"#{colour}\"")), "{colour}");
            }
        }
    }
}
