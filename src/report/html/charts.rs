//! Line charts as SVG: a figure over one axis of a sweep, a line for each choice of the other axes.

use std::fmt::Write as _;

use crate::whatif::{Comparison, Figures, Outcome, value_text};

/// The most lines of a chart that can be told apart.
const LINES: usize = 6;
/// The marks that tell lines apart without colour, as dash patterns.
const DASHES: [&str; LINES] = ["", "7 4", "2 3", "9 3 2 3", "14 4", "4 6"];
pub(super) const WIDTH: f64 = 560.0;
pub(super) const HEIGHT: f64 = 280.0;
pub(super) const LEFT: f64 = 72.0;
pub(super) const RIGHT: f64 = 16.0;
pub(super) const TOP: f64 = 14.0;
pub(super) const BOTTOM: f64 = 44.0;

/// A chart and what it shows.
#[derive(Debug, serde::Serialize)]
pub(super) struct Chart {
    pub(super) title: String,
    /// For those who cannot see it.
    pub(super) description: String,
    pub(super) svg: String,
    /// The lines, each with a sample of how it is drawn; none where there is but one.
    pub(super) legend: Vec<(String, String)>,
    /// How many lines are left out.
    pub(super) left_out: usize,
}

/// What is drawn.
struct Measure {
    title: &'static str,
    /// In hundredths, exact.
    value: fn(&Figures) -> Option<i128>,
}

const MEASURES: [Measure; 2] = [
    Measure { title: "Resources", value: |figures| i128::try_from(figures.resources).ok()?.checked_mul(100) },
    Measure { title: "Cost a month", value: |figures| Some(figures.cost()?.amount.cents()) },
];

/// A line: what the other axes are set to, and a value for each step of the chart's axis, where it could be planned.
struct Series {
    name: String,
    values: Vec<Option<i128>>,
}

/// Each measure over each axis that has more than one value.
pub(super) fn charts(comparison: &Comparison) -> Vec<Chart> {
    let mut charts = Vec::new();
    for (rank, (axis, steps)) in comparison.axes.iter().enumerate().filter(|(_, (_, steps))| steps.len() > 1) {
        let steps: Vec<String> = steps.iter().map(value_text).collect();
        for measure in &MEASURES {
            let all = series(comparison, rank, steps.len(), measure);
            if all.iter().all(|series| series.values.iter().all(Option::is_none)) {
                continue;
            }
            let left_out = all.len().saturating_sub(LINES);
            let shown: Vec<&Series> = all.iter().take(LINES).collect();
            let money = (measure.title != "Resources").then_some(comparison).and_then(|c| c.base.monthly_cost.as_ref());
            let write = |value: i128| match money {
                Some(money) => money.currency.show(crate::prices::Amount::from_cents(value)),
                None => (value / 100).to_string(),
            };
            let said = shown.iter().map(|series| {
                let values = series.values.iter().map(|value| value.map_or("none".to_owned(), write));
                format!("{}: {}", series.name, values.collect::<Vec<_>>().join(", "))
            });
            charts.push(Chart {
                title: format!("{} over {axis}", measure.title),
                description: format!("For {}. {}.", steps.join(", "), said.collect::<Vec<_>>().join("; ")),
                svg: draw(axis, &steps, &shown, &write),
                legend: if all.len() > 1 { shown.iter().enumerate().map(legend).collect() } else { Vec::new() },
                left_out,
            });
        }
    }
    charts
}

fn series(comparison: &Comparison, axis: usize, steps: usize, measure: &Measure) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for row in comparison.scenarios.iter().filter(|row| !row.axes.is_empty()) {
        let others = row.axes.iter().enumerate().filter(|(i, _)| *i != axis);
        let name = others.map(|(_, (name, value))| format!("{name}={}", value_text(value))).collect::<Vec<_>>().join(" ");
        let rank = match all.iter().position(|series| series.name == name) {
            Some(rank) => rank,
            None => {
                all.push(Series { name, values: vec![None; steps] });
                all.len() - 1
            }
        };
        let value = row.outcome.as_ref().ok().and_then(|Outcome { figures, .. }| (measure.value)(figures));
        let values = comparison.axes.get(axis).map_or(&[][..], |(_, values)| values);
        let step = row.axes.get(axis).and_then(|(_, value)| values.iter().position(|step| step == value));
        let place = all.get_mut(rank).zip(step).and_then(|(series, step)| series.values.get_mut(step));
        if let Some(place) = place {
            *place = value;
        }
    }
    all
}

fn legend((rank, series): (usize, &&Series)) -> (String, String) {
    let style = style(rank);
    let sample = format!(r#"<svg viewBox="0 0 32 12" aria-hidden="true"><line x1="0" y1="6" x2="32" y2="6" {style}/></svg>"#);
    (sample, series.name.clone())
}

fn style(rank: usize) -> String {
    let dash = DASHES.get(rank).copied().unwrap_or_default();
    format!(r#"style="stroke: var(--c{rank}); stroke-width: 2.5; fill: none" stroke-dasharray="{dash}""#)
}

fn draw(axis: &str, steps: &[String], all: &[&Series], write: &dyn Fn(i128) -> String) -> String {
    let highest = all.iter().flat_map(|series| series.values.iter().flatten()).copied().max().unwrap_or(0).max(1);
    let unit = tick(highest);
    let top = (highest + unit - 1) / unit * unit;
    #[expect(clippy::cast_precision_loss, reason = "places on a screen")]
    let y = |value: i128| HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value as f64 / top as f64;
    #[expect(clippy::cast_precision_loss, reason = "places on a screen")]
    let x = |step: usize| LEFT + (WIDTH - LEFT - RIGHT) * (step as f64 + 0.5) / steps.len() as f64;
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">"#);
    for value in (0..=top / unit).map(|i| i * unit) {
        // Grid lines are at whole units.
        let (at, said) = (y(value), write(value).replace(".00", ""));
        let _ = write!(
            svg,
            r#"<line x1="{LEFT}" x2="{:.0}" y1="{at:.1}" y2="{at:.1}" style="stroke: var(--line)"/><text x="{:.0}" y="{:.1}" text-anchor="end">{said}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0
        );
    }
    // Labels that would run into each other are left out.
    let every = steps.len().div_ceil(10).max(1);
    for (step, label) in steps.iter().enumerate().filter(|(step, _)| step % every == 0) {
        let label: String = label.chars().take(12).collect();
        let label = minijinja::HtmlEscape(&label);
        let _ = write!(svg, r#"<text x="{:.1}" y="{:.0}" text-anchor="middle">{label}</text>"#, x(step), HEIGHT - BOTTOM + 18.0);
    }
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    let axis = minijinja::HtmlEscape(axis);
    let _ = write!(svg, r#"<text x="{middle:.0}" y="{:.0}" text-anchor="middle">{axis}</text>"#, HEIGHT - 6.0);
    for (rank, series) in all.iter().enumerate().rev() {
        let points: Vec<String> = series
            .values
            .iter()
            .enumerate()
            .filter_map(|(step, value)| Some(format!("{:.1},{:.1}", x(step), y((*value)?))))
            .collect();
        let _ = write!(svg, r#"<polyline points="{}" {}/>"#, points.join(" "), style(rank));
        for point in &points {
            let (x, y) = point.split_once(',').unwrap_or_default();
            let _ = write!(svg, r#"<circle cx="{x}" cy="{y}" r="3" style="fill: var(--c{rank})"/>"#);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The distance of grid lines: a round number (of whole units), of which about five make the highest value.
pub(super) fn tick(highest: i128) -> i128 {
    let mut unit = 100;
    loop {
        for step in [unit, unit * 2, unit * 5] {
            if step * 6 >= highest {
                return step;
            }
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::tick;

    #[test]
    fn grids_are_round_and_not_dense() {
        assert_eq!((tick(100), tick(600), tick(601), tick(4_000), tick(123_456)), (100, 100, 200, 1000, 50_000));
    }
}
