//! Reading price lists: answers of the Azure Retail Prices API, saved as they are or changed to what was negotiated.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::book::MeterKey;
use super::unit::Unit;
use super::{Currency, MeterQuery, PriceBook, Series, parse_decimal};
use crate::input::{At, Code, Diagnostic, Diagnostics, Document, Pointer, Sink, describe};

/// Above this a price of one unit is a typing error.
const DEAREST: u32 = 1_000_000;

/// What an answer is, beside which it may hold anything.
#[derive(Deserialize)]
struct Answer<'d> {
    #[serde(rename = "Items", borrow)]
    items: Vec<&'d RawValue>,
}

/// The numbers of a row, as their text.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Numbers<'d> {
    #[serde(borrow)]
    retail_price: Option<&'d RawValue>,
    #[serde(borrow)]
    unit_price: Option<&'d RawValue>,
    #[serde(borrow)]
    tier_minimum_units: Option<&'d RawValue>,
}

/// A row that is a price by use.
struct Row {
    key: MeterKey,
    unit: String,
    from: Decimal,
    price: Decimal,
    /// The day from which it holds.
    since: Option<String>,
}

/// One file of rows.
struct Page {
    currency: Option<(Currency, Pointer)>,
    as_of: Option<String>,
    rows: Vec<Row>,
    /// The answer goes on in the next file.
    goes_on: bool,
}

impl PriceBook {
    /// A book of price lists, each laid over those before it: its rows replace all of the same meter and region. Files whose
    /// `NextPageLink` names a further page are one list with the file after them.
    ///
    /// # Errors
    /// Everything wrong with any of the files, each with its place.
    pub(crate) fn layered(documents: &[Document]) -> Result<Self, Diagnostics> {
        let mut faults = Vec::new();
        let mut currency: Option<(Currency, String)> = None;
        let mut layers: Vec<Vec<Page>> = Vec::new();
        let mut goes_on = false;
        for document in documents {
            let page = match page(document) {
                Ok(page) => page,
                Err(diagnostics) => {
                    faults.extend(diagnostics);
                    continue;
                }
            };
            match (&currency, &page.currency) {
                (Some((first, file)), Some((other, pointer))) if first != other => {
                    let message = format!("the prices are in {other}, and those of `{file}` are in {first}");
                    let mut diagnostic = Diagnostic::error(Code::MixedCurrencies, message).at(pointer.clone());
                    diagnostic.expect(first.to_string()).help("ask for all prices in one currency");
                    faults.extend(Diagnostics::from(diagnostic).located(document));
                }
                (None, Some((first, _))) => currency = Some((first.clone(), document.name().to_owned())),
                _ => {}
            }
            let next = page.goes_on;
            match layers.last_mut().filter(|_| goes_on) {
                Some(layer) => layer.push(page),
                None => layers.push(vec![page]),
            }
            goes_on = next;
        }
        if !faults.is_empty() {
            return Err(faults.into());
        }
        let mut meters = BTreeMap::new();
        let as_of = layers.first().and_then(|layer| layer.iter().find_map(|page| page.as_of.clone()));
        for layer in layers {
            meters.extend(series(layer));
        }
        for (rank, series) in meters.values_mut().flatten().enumerate() {
            series.rank = rank;
        }
        Ok(Self { currency: currency.map_or_else(Currency::usd, |(currency, _)| currency), as_of, meters })
    }

    /// This book laid over another; in another currency it stands alone, since prices of two currencies do not add up.
    pub(crate) fn over(self, below: &PriceBook) -> Self {
        if self.currency != below.currency {
            return self;
        }
        let mut all = below.clone();
        all.meters.extend(self.meters);
        for (rank, series) in all.meters.values_mut().flatten().enumerate() {
            series.rank = rank;
        }
        all
    }
}

fn page(document: &Document) -> Result<Page, Diagnostics> {
    let value = document.parse()?;
    let mut sink = Sink::default();
    let at = At::ROOT;
    let mut page = Page { currency: None, as_of: None, rows: Vec::new(), goes_on: false };
    let Some(mut map) = sink.map(&at, value) else { return Err(Diagnostics::from(sink.diagnostics).located(document)) };
    page.goes_on = map.get("NextPageLink").is_some_and(|link| link.as_str().is_some_and(|link| !link.is_empty()));
    page.as_of = map.remove("asOf").and_then(|value| day(&mut sink, &at.key("asOf"), &value));
    let items = match map.remove("Items") {
        Some(items) => sink.array(&at.key("Items"), items).unwrap_or_default(),
        None => {
            sink.missing(&at, "Items");
            Vec::new()
        }
    };
    let json = document.json_text();
    let answer: Option<Answer<'_>> = serde_json::from_str(&json).ok();
    let texts = answer.map(|answer| answer.items).unwrap_or_default();
    let at = at.key("Items");
    for ((i, item), text) in items.into_iter().enumerate().zip(texts) {
        let at = at.index(i);
        let Some(row) = sink.map(&at, item) else { continue };
        let numbers = serde_json::from_str(text.get()).unwrap_or_default();
        if row.get("type").is_some_and(|kind| kind != "Consumption") {
            continue; // reservations and the like are other contracts, not other prices
        }
        read_row(&mut sink, &at, &row, &numbers, &mut page);
    }
    if sink.diagnostics.is_empty() { Ok(page) } else { Err(Diagnostics::from(sink.diagnostics).located(document)) }
}

fn read_row(sink: &mut Sink, at: &At<'_>, row: &Map<String, Value>, numbers: &Numbers<'_>, page: &mut Page) {
    let text = |sink: &mut Sink, name: &str| -> Option<String> {
        match row.get(name) {
            Some(value) => sink.string(&at.key(name), value.clone()),
            None => {
                sink.missing(at, name);
                None
            }
        }
    };
    let names = ["serviceName", "productName", "skuName", "meterName", "armRegionName", "unitOfMeasure"];
    let texts: Vec<Option<String>> = names.iter().map(|name| text(sink, name)).collect();
    if let Some(code) = text(sink, "currencyCode") {
        let here = at.key("currencyCode");
        match (Currency::new(&code), &page.currency) {
            (None, _) => {
                sink.error(Code::UnknownValue, &here, format!("`{code}` is not the code of a currency"))
                    .expect("three capital letters");
            }
            (Some(currency), Some((first, _))) if currency != *first => {
                sink.error(
                    Code::MixedCurrencies,
                    &here,
                    format!("this price is in {currency}, and those before it are in {first}"),
                )
                .expect(first.to_string())
                .help("ask for all prices in one currency");
            }
            (Some(_), Some(_)) => {}
            (Some(currency), None) => page.currency = Some((currency, here.pointer())),
        }
    }
    // What is charged; the retail price is that without discounts.
    let (field, raw) = match (numbers.unit_price, numbers.retail_price) {
        (Some(raw), _) => ("unitPrice", Some(raw)),
        (None, raw) => ("retailPrice", raw),
    };
    let price = raw.and_then(|raw| number(sink, &at.key(field), raw, row.get(field)));
    if raw.is_none() {
        sink.missing(at, "unitPrice");
    }
    if let Some(price) = price.filter(|price| *price > Decimal::from(DEAREST)) {
        sink.error(Code::OutOfRange, &at.key(field), format!("a price of {price} a unit is too high to be meant"))
            .expect(format!("at most {DEAREST}"));
    }
    let field = "tierMinimumUnits";
    let from = match numbers.tier_minimum_units {
        Some(raw) => number(sink, &at.key(field), raw, row.get(field)),
        None => Some(Decimal::ZERO),
    };
    let since = row.get("effectiveStartDate").and_then(|value| day(sink, &at.key("effectiveStartDate"), value));
    let ([Some(service), Some(product), Some(sku), Some(meter), Some(region), Some(unit)], Some(price), Some(from)) =
        (texts.as_slice(), price, from)
    else {
        return;
    };
    let key = MeterKey::new(&MeterQuery { service, product, sku, meter, region, unit });
    page.rows.push(Row { key, unit: unit.clone(), from, price, since });
}

/// A decimal that is not negative.
fn number(sink: &mut Sink, at: &At<'_>, raw: &RawValue, value: Option<&Value>) -> Option<Decimal> {
    match parse_decimal(raw.get()) {
        Some(number) if number.is_sign_negative() && !number.is_zero() => {
            sink.error(Code::OutOfRange, at, format!("{} is negative", raw.get())).expect("0 or more");
            None
        }
        Some(number) => Some(number),
        None => {
            match value {
                Some(Value::Number(_)) => {
                    sink.error(Code::OutOfRange, at, format!("{} has too many digits", raw.get())).expect("at most 28 digits");
                }
                other => sink.mistyped(at, "a number", other.unwrap_or(&Value::Null)),
            }
            None
        }
    }
}

/// The day of a date, `2026-10-01` or with a time after it.
fn day(sink: &mut Sink, at: &At<'_>, value: &Value) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let day = value.as_str().and_then(|text| text.get(..10)).filter(|day| {
        let mut parts = day.split('-');
        let lengths = [4, 2, 2].map(|length| parts.next().is_some_and(|part| part.len() == length && digits(part)));
        lengths == [true; 3] && parts.next().is_none()
    });
    if day.is_none() {
        sink.error(Code::UnknownValue, at, format!("{} is not a date", describe(value))).expect("a date such as `2026-10-01`");
    }
    day.map(str::to_owned)
}

/// The prices that a list states.
fn series(layer: Vec<Page>) -> BTreeMap<MeterKey, Vec<Series>> {
    let as_of = layer.iter().find_map(|page| page.as_of.clone());
    let mut found: BTreeMap<MeterKey, BTreeMap<String, Vec<Row>>> = BTreeMap::new();
    for row in layer.into_iter().flat_map(|page| page.rows) {
        // Prices that hold only from a later day on.
        if as_of.is_some() && row.since > as_of {
            continue;
        }
        let kind = Unit::parse(&row.unit).kind;
        found.entry(row.key.clone()).or_default().entry(kind).or_default().push(row);
    }
    found
        .into_iter()
        .map(|(key, kinds)| (key, kinds.into_values().filter_map(|rows| one(rows, as_of.is_some())).collect()))
        .collect()
}

/// The tiers of one meter, of the latest prices where a day is known.
fn one(mut rows: Vec<Row>, dated: bool) -> Option<Series> {
    // Of one tier the latest first.
    rows.sort_by(|a, b| a.from.cmp(&b.from).then(b.since.cmp(&a.since)).then(a.price.cmp(&b.price)));
    let spelling = rows.first()?.unit.clone();
    let unit = Unit::parse(&spelling);
    let mut tiers: Vec<(Decimal, Decimal)> = Vec::new();
    let mut doubt = None;
    for same in rows.chunk_by(|a, b| a.from == b.from) {
        let first = same.first()?;
        let other = same.iter().find(|row| row.price != first.price && (!dated || row.since == first.since));
        if let Some(other) = other {
            let day = |row: &Row| row.since.clone().unwrap_or_else(|| "no date".to_owned());
            doubt = Some(match first.since == other.since {
                true => format!("two rows state prices, {} and {}", first.price, other.price),
                false => format!(
                    "there are prices of {} and of {}; say which day is meant by `\"asOf\": \"{}\"` beside `Items`",
                    day(other),
                    day(first),
                    day(first)
                ),
            });
        }
        // Packs may differ between rows of one kind.
        let pack = Unit::parse(&first.unit).pack;
        tiers.push((first.from * pack / unit.pack, first.price * unit.pack / pack));
    }
    let estimate = rows.first()?.key.is_anywhere();
    Some(Series { rank: 0, unit, spelling, tiers, estimate, doubt })
}
