//! Scenarios by what they need and what they cost, the best of them marked.

use std::fmt::Write as _;

use super::charts::{BOTTOM, Chart, HEIGHT, LEFT, RIGHT, TOP, WIDTH, tick};
use crate::prices::Amount;
use crate::whatif::{Comparison, Figures};

/// What the estate as it is goes by.
const BASE: &str = "base";
/// Names of points that are written beside them; the others show theirs when pointed at.
const NAMED: usize = 12;

/// A scenario as a point.
struct Point<'c> {
    name: &'c str,
    resources: usize,
    cents: i128,
}

/// The picture, where at least three points have a cost and they differ.
pub(super) fn scatter(comparison: &Comparison) -> Option<Chart> {
    let point =
        |name, figures: &Figures| Some(Point { name, resources: figures.resources, cents: figures.cost()?.amount.cents() });
    let base = point(BASE, &comparison.base)?;
    let currency = &comparison.base.monthly_cost.as_ref()?.currency;
    let all: Vec<Point<'_>> = std::iter::once(base)
        .chain(comparison.planned().filter_map(|(row, outcome)| point(&row.name, &outcome.figures)))
        .collect();
    let first = all.first()?;
    if all.len() < 3 || all.iter().all(|point| (point.resources, point.cents) == (first.resources, first.cents)) {
        return None;
    }
    let write = |cents: i128| currency.show(Amount::from_cents(cents));
    let said = all.iter().take(60).map(|point| format!("{}: {} resources, {}", point.name, point.resources, write(point.cents)));
    Some(Chart {
        title: "Resources and cost a month".to_owned(),
        description: format!("{}. The best is {}.", said.collect::<Vec<_>>().join("; "), comparison.best),
        svg: draw(&all, &comparison.best, &write),
        legend: Vec::new(),
        left_out: 0,
    })
}

fn draw(all: &[Point<'_>], best: &str, write: &dyn Fn(i128) -> String) -> String {
    let most = |of: &dyn Fn(&Point<'_>) -> i128| all.iter().map(of).max().unwrap_or(0).max(1);
    let round = |highest: i128| {
        let unit = tick(highest);
        ((highest + unit - 1) / unit * unit, unit)
    };
    let (right, across) = round(most(&|point| i128::try_from(point.resources).unwrap_or(0) * 100));
    let (top, up) = round(most(&|point| point.cents));
    #[expect(clippy::cast_precision_loss, reason = "places on a screen")]
    let x = |hundredths: i128| LEFT + (WIDTH - LEFT - RIGHT) * hundredths as f64 / right as f64;
    #[expect(clippy::cast_precision_loss, reason = "places on a screen")]
    let y = |cents: i128| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * cents as f64 / top as f64;
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">"#);
    for value in (0..=top / up).map(|i| i * up) {
        let (at, said) = (y(value), write(value).replace(".00", ""));
        let _ = write!(
            svg,
            r#"<line x1="{LEFT}" x2="{:.0}" y1="{at:.1}" y2="{at:.1}" style="stroke: var(--line)"/><text x="{:.0}" y="{:.1}" text-anchor="end">{said}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    for value in (0..=right / across).map(|i| i * across) {
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.0}" text-anchor="middle">{}</text>"#,
            x(value),
            HEIGHT - BOTTOM + 18.0,
            value / 100
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">resources</text>"#,
        f64::midpoint(LEFT, WIDTH - RIGHT),
        HEIGHT - 6.0
    );
    for point in all.iter().rev() {
        let (cx, cy) = (x(i128::try_from(point.resources).unwrap_or(0) * 100), y(point.cents));
        let (is_best, is_base) = (point.name == best, point.name == BASE);
        let fill = if is_best {
            "--good"
        } else if is_base {
            "--ink"
        } else {
            "--c0"
        };
        let name = minijinja::HtmlEscape(point.name);
        let _ = write!(
            svg,
            r#"<circle cx="{cx:.1}" cy="{cy:.1}" r="{}" style="fill: var({fill}); fill-opacity: .8"><title>{name}: {} resources, {}</title></circle>"#,
            if is_best || is_base { 5 } else { 4 },
            point.resources,
            write(point.cents)
        );
        if is_best {
            let _ = write!(
                svg,
                r#"<circle cx="{cx:.1}" cy="{cy:.1}" r="9" style="fill: none; stroke: var(--good); stroke-width: 2"/>"#
            );
        }
        if is_best || is_base || all.len() <= NAMED {
            // To the left of points on the right, so that names stay within.
            let (anchor, shift) = if cx > WIDTH * 0.7 { ("end", -12.0) } else { ("start", 12.0) };
            let said: String = point.name.chars().take(24).collect();
            let said = minijinja::HtmlEscape(&said);
            let _ = write!(svg, r#"<text x="{:.1}" y="{:.1}" text-anchor="{anchor}">{said}</text>"#, cx + shift, cy + 4.0);
        }
    }
    svg.push_str("</svg>");
    svg
}
