//! Who shares what, as a picture: components by team in rows, resources in columns.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use crate::estate::Estate;
use crate::names::ResourceId;
use crate::plan::{Plan, Resource};

/// More of either are no picture any more; the table below it has them.
const ROWS: usize = 200;
const COLUMNS: usize = 80;
const CELL: usize = 16;
const TOP: usize = 150;
/// Colours of resource types, in turn.
const COLOURS: usize = 6;
/// Letters of a name that are shown.
const LETTERS: usize = 28;

/// The picture, and what it shows in words.
#[derive(Debug, serde::Serialize)]
pub(super) struct Picture {
    svg: String,
    description: String,
}

/// A column: a resource and its place on the page.
struct Column<'p> {
    rank: usize,
    id: &'p str,
    colour: usize,
}

/// The picture of a plan, where it is not too large for one.
pub(super) fn picture<'p>(estate: &Estate, plan: &'p Plan) -> Option<Picture> {
    let asked = plan.resources.iter().enumerate().filter(|(_, resource)| !resource.implied);
    let mut types: Vec<&str> = asked.clone().map(|(_, resource)| resource.resource_type.as_str()).collect();
    types.dedup();
    let column = |(rank, resource): (usize, &'p Resource)| {
        let colour = types.iter().position(|known| *known == resource.resource_type.as_str()).unwrap_or_default() % COLOURS;
        Column { rank, id: resource.id.as_str(), colour }
    };
    let columns: Vec<Column<'_>> = asked.map(column).collect();
    if columns.is_empty() || columns.len() > COLUMNS || plan.bindings.len() > ROWS || plan.bindings.len() < 2 {
        return None;
    }
    let mut teams: BTreeMap<Option<&str>, Vec<&str>> = BTreeMap::new();
    for id in plan.bindings.keys() {
        let team = estate.components.get(id).and_then(|component| component.team.as_deref());
        teams.entry(team).or_default().push(id.as_str());
    }
    let places: HashMap<&str, usize> = columns.iter().enumerate().map(|(place, column)| (column.id, place)).collect();
    Some(Picture { svg: draw(plan, &teams, &columns, &places), description: describe(plan, &columns) })
}

fn describe(plan: &Plan, columns: &[Column<'_>]) -> String {
    let most = plan.resources.iter().filter(|resource| !resource.implied).max_by_key(|resource| resource.components.len());
    let most = most.map_or_else(String::new, |most| format!("; {} serves most of them, {}", most.id, most.components.len()));
    format!("{} components on {} resources{most}. The table below says the same in words.", plan.bindings.len(), columns.len())
}

fn draw(plan: &Plan, teams: &BTreeMap<Option<&str>, Vec<&str>>, columns: &[Column<'_>], places: &HashMap<&str, usize>) -> String {
    let named = teams.keys().any(Option::is_some);
    let names = teams.iter().flat_map(|(team, ids)| ids.iter().copied().chain(*team));
    let left = names.map(|name| name.chars().count().min(LETTERS)).max().unwrap_or(0) * 8 + 16;
    let rows = teams.values().map(Vec::len).sum::<usize>() + if named { teams.len() } else { 0 };
    let (width, height) = (left + columns.len() * CELL + TOP / 2, TOP + rows * CELL + 8);
    let mut svg = format!(r#"<svg viewBox="0 0 {width} {height}" style="width: {width}px; max-width: none">"#);
    for (place, Column { rank, id, .. }) in columns.iter().enumerate() {
        let x = left + place * CELL + CELL - 4;
        let (label, whole) = (minijinja::HtmlEscape(&short(id)).to_string(), minijinja::HtmlEscape(id));
        let _ = write!(
            svg,
            r##"<a href="#r{rank}" aria-label="{whole}"><text transform="translate({x} {}) rotate(-55)">{label}</text></a>"##,
            TOP - 6
        );
    }
    let mut y = TOP;
    for (team, ids) in teams {
        if named {
            let name = short(team.unwrap_or("no team"));
            let _ = write!(
                svg,
                r#"<text x="4" y="{}" style="font-weight: 650; fill: var(--ink)">{}</text>"#,
                y + CELL - 4,
                minijinja::HtmlEscape(&name)
            );
            y += CELL;
        }
        for id in ids {
            row(&mut svg, plan, id, (left, y), columns, places);
            y += CELL;
        }
    }
    svg.push_str("</svg>");
    svg
}

fn row(
    svg: &mut String,
    plan: &Plan,
    id: &str,
    (left, y): (usize, usize),
    columns: &[Column<'_>],
    places: &HashMap<&str, usize>,
) {
    let right = left + columns.len() * CELL;
    let name = short(id);
    let name = minijinja::HtmlEscape(&name);
    let _ = write!(
        svg,
        r#"<line x1="4" x2="{right}" y1="{0}" y2="{0}" style="stroke: var(--line)"/><text x="4" y="{1}">{name}</text>"#,
        y + CELL,
        y + CELL - 4
    );
    let on = plan.bindings.get(id).into_iter().flat_map(|binding| binding.resources.values().flatten());
    let mut on: Vec<usize> = on.map(ResourceId::as_str).filter_map(|id| places.get(id).copied()).collect();
    on.sort_unstable();
    on.dedup();
    for place in on {
        let Some(Column { id: resource, colour, .. }) = columns.get(place) else { continue };
        let _ = write!(
            svg,
            r#"<rect x="{}" y="{}" width="{2}" height="{2}" rx="3" style="fill: var(--c{colour})"><title>{3} on {4}</title></rect>"#,
            left + place * CELL + 2,
            y + 2,
            CELL - 4,
            minijinja::HtmlEscape(id),
            minijinja::HtmlEscape(resource)
        );
    }
}

fn short(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        Some((cut, _)) => format!("{}…", name.get(..cut).unwrap_or(name)),
        None => name.to_owned(),
    }
}
