//! What holds for every estate, tried on many small random ones.
//!
//! The rules are a type of its own with tight limits, so that small estates are hard. Plans are checked from the estate
//! and the plan alone, and their sizes against brute force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use colocate::{
    CertificateRecord, Constraints, Document, Estate, Headroom, OnConflict, Override, Plan, Planner, Priority, Raw, Resource,
    RuleSet, Settings, Sharing,
};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};
use serde_json::{Map, Value, json};

/// A box holds four parts and three shelves; parts are each component's own, shelves belong to all who name them.
const RULE: &str = r#"{
  "version": 1,
  "resourceType": "box",
  "properties": {
    "zone": { "type": "string", "merge": "match" },
    "mode": { "type": "string", "merge": "priority" },
    "size": { "type": "integer", "merge": "maximum" },
    "marks": { "type": "array", "items": { "type": "string" }, "merge": "union" },
    "parts": { "type": "array", "items": { "type": "string" }, "merge": "union", "prefix": "kebab", "numbered": "p{n}" },
    "shelves": {
      "type": "array", "merge": "union", "identity": "name", "shorthand": "name", "together": true,
      "items": { "type": "object", "properties": { "name": { "type": "string", "merge": "equal" } } }
    }
  },
  "capacities": { "parts": { "limit": 4, "count": "parts" }, "shelves": { "limit": 3, "count": "shelves" } },
  "outputs": { "name": "The name." }
}"#;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let document = Document::new("box.json", RULE.as_bytes().to_vec()).expect("text");
    RuleSet::layered(vec![document]).expect("rules")
});

/// One requirement for a box.
#[derive(Clone, Debug)]
struct Ask {
    component: usize,
    key: &'static str,
    priority: u16,
    zone: Option<&'static str>,
    mode: Option<&'static str>,
    size: Option<u8>,
    marks: Vec<&'static str>,
    parts: u64,
    shelves: BTreeSet<&'static str>,
}

impl Ask {
    fn config(&self) -> Map<String, Value> {
        let mut config = Map::new();
        let mut put = |name: &str, value: Option<Value>| config.extend(value.map(|value| (name.to_owned(), value)));
        put("zone", self.zone.map(Value::from));
        put("mode", self.mode.map(Value::from));
        put("size", self.size.map(Value::from));
        put("marks", (!self.marks.is_empty()).then(|| json!(self.marks)));
        put("parts", Some(self.parts.into()));
        put("shelves", (!self.shelves.is_empty()).then(|| json!(self.shelves)));
        config
    }
}

/// An estate as a test sees it.
#[derive(Clone, Debug)]
struct Small {
    components: usize,
    asks: Vec<Ask>,
    apart: Option<(usize, usize)>,
    together: Option<(usize, usize)>,
    dedicated: Option<usize>,
    sharing: Sharing,
    on_conflict: OnConflict,
    headroom: bool,
    parts_limit: Option<u64>,
}

fn id(component: usize) -> String {
    format!("C{component}")
}

fn one_in(g: &mut Gen, n: usize) -> bool {
    usize::arbitrary(g).is_multiple_of(n)
}

fn maybe<T: Copy>(g: &mut Gen, from: &[T]) -> Option<T> {
    if bool::arbitrary(g) { g.choose(from).copied() } else { None }
}

impl Arbitrary for Small {
    fn arbitrary(g: &mut Gen) -> Self {
        let components = 1 + usize::arbitrary(g) % 6;
        let mut asks = Vec::new();
        for component in 0..components {
            asks.push(Ask {
                component,
                key: if one_in(g, 4) { "other" } else { "main" },
                priority: *g.choose(&[0, 10, 10, 30]).expect("some"),
                zone: maybe(g, &["east", "west"]),
                mode: maybe(g, &["slow", "fast"]),
                size: maybe(g, &[1, 2, 3]),
                marks: maybe(g, &["m1", "m2", "m3"]).into_iter().collect(),
                parts: u64::arbitrary(g) % 4,
                shelves: if one_in(g, 3) { maybe(g, &["s1", "s2", "s3", "s4"]).into_iter().collect() } else { BTreeSet::new() },
            });
        }
        let pair = |g: &mut Gen| (usize::arbitrary(g) % components, usize::arbitrary(g) % components);
        let pair = |g: &mut Gen| Some(pair(g)).filter(|(a, b)| a != b && one_in(g, 3));
        Self {
            components,
            apart: pair(g),
            together: pair(g),
            dedicated: one_in(g, 6).then(|| usize::arbitrary(g) % components),
            sharing: *g.choose(&[Sharing::ByKey, Sharing::ByKey, Sharing::ByType, Sharing::None]).expect("some"),
            on_conflict: *g.choose(&[OnConflict::Split, OnConflict::Split, OnConflict::First]).expect("some"),
            headroom: one_in(g, 5),
            parts_limit: if one_in(g, 4) { maybe(g, &[4, 5, 6]) } else { None },
            asks,
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut smaller = Vec::new();
        for i in 0..self.asks.len() {
            let mut small = self.clone();
            small.asks.remove(i);
            smaller.push(small);
        }
        let mut plain = |change: fn(&mut Self)| {
            let mut small = self.clone();
            change(&mut small);
            if format!("{small:?}") != format!("{self:?}") {
                smaller.push(small);
            }
        };
        plain(|small| small.apart = None);
        plain(|small| small.together = None);
        plain(|small| small.dedicated = None);
        plain(|small| small.headroom = false);
        plain(|small| small.parts_limit = None);
        plain(|small| small.asks.iter_mut().for_each(|ask| ask.marks.clear()));
        plain(|small| small.asks.iter_mut().for_each(|ask| ask.size = None));
        plain(|small| small.asks.iter_mut().for_each(|ask| ask.mode = None));
        plain(|small| small.asks.iter_mut().for_each(|ask| ask.zone = None));
        Box::new(smaller.into_iter())
    }
}

impl Small {
    fn constraints(&self) -> Constraints {
        let list = |pair: &(usize, usize)| vec![id(pair.0).as_str().into(), id(pair.1).as_str().into()];
        Constraints {
            dedicated: self.dedicated.iter().map(|component| id(*component).as_str().into()).collect(),
            apart: self.apart.iter().map(list).collect(),
            together: self.together.iter().map(list).collect(),
        }
    }

    fn settings(&self) -> Settings {
        let mut settings = Settings { sharing: self.sharing, on_conflict: self.on_conflict, ..Settings::default() };
        if self.headroom {
            settings.headroom = Headroom::new(0.25).expect("a fraction");
        }
        if let Some(limit) = self.parts_limit {
            settings.limits.insert("box".into(), BTreeMap::from([("parts".to_owned(), limit)]));
        }
        settings
    }

    fn json(&self) -> Value {
        let mut components: Map<String, Value> = (0..self.components).map(|c| (id(c), json!({"requirements": []}))).collect();
        for ask in &self.asks {
            let requirement = json!({
                "resourceType": "box", "requirementKey": ask.key, "priority": ask.priority, "config": ask.config(),
            });
            let list = components[&id(ask.component)]["requirements"].as_array_mut();
            list.expect("a list").push(requirement);
        }
        json!({
            "version": 1, "name": "small", "components": components,
            "constraints": self.constraints(), "settings": self.settings(),
        })
    }

    fn estate(&self) -> Estate {
        read(&self.json().to_string())
    }

    /// The limits of parts and shelves that may be filled.
    fn limits(&self) -> (u64, u64) {
        let parts = self.parts_limit.unwrap_or(4);
        if self.headroom { (parts * 3 / 4, 3 * 3 / 4) } else { (parts, 3) }
    }

    /// The group that an ask belongs to.
    fn group(&self, ask: &Ask) -> &'static str {
        if self.sharing == Sharing::ByType { "shared" } else { ask.key }
    }

    fn groups(&self) -> BTreeMap<&'static str, Vec<&Ask>> {
        let mut groups: BTreeMap<&'static str, Vec<&Ask>> = BTreeMap::new();
        for ask in &self.asks {
            groups.entry(self.group(ask)).or_default().push(ask);
        }
        groups
    }

    /// What the asks of a group that must stay together are, by rank.
    fn items(&self, asks: &[&Ask]) -> Vec<Vec<usize>> {
        let mut items: Vec<Vec<usize>> = (0..asks.len()).map(|i| vec![i]).collect();
        let linked = |a: usize, b: usize| {
            let (a, b) = (asks[a], asks[b]);
            let wanted =
                self.together.is_some_and(|(c, d)| [(a.component, b.component), (b.component, a.component)].contains(&(c, d)));
            self.sharing != Sharing::None && (wanted || !a.shelves.is_disjoint(&b.shelves))
        };
        for a in 0..asks.len() {
            for b in 0..a {
                let item = |items: &[Vec<usize>], ask| items.iter().position(|item| item.contains(&ask)).expect("an item");
                let (x, y) = (item(&items, a), item(&items, b));
                if x != y && linked(a, b) {
                    let moved = items.remove(x.max(y));
                    items[x.min(y)].extend(moved);
                }
            }
        }
        items
    }

    /// The value that an ask insists on for its mode: one of those with the group's highest priority.
    fn insists(&self, asks: &[&Ask], ask: &Ask) -> Option<&'static str> {
        let top = asks.iter().filter(|ask| ask.mode.is_some()).map(|ask| ask.priority).max();
        ask.mode.filter(|_| Some(ask.priority) == top && self.on_conflict == OnConflict::Split)
    }

    /// Whether these asks may be on one resource, sizes aside.
    fn agree(&self, all: &[&Ask], asks: &[&Ask]) -> bool {
        let at_most_one = |values: Vec<&str>| values.into_iter().collect::<BTreeSet<_>>().len() <= 1;
        let components: BTreeSet<usize> = asks.iter().map(|ask| ask.component).collect();
        let apart = self.apart.is_some_and(|(a, b)| components.contains(&a) && components.contains(&b));
        let dedicated = self.dedicated.is_some_and(|c| components.contains(&c) && components.len() > 1);
        let alone = self.sharing == Sharing::None && components.len() > 1;
        at_most_one(asks.iter().filter_map(|ask| ask.zone).collect())
            && at_most_one(asks.iter().filter_map(|ask| self.insists(all, ask)).collect())
            && !apart
            && !dedicated
            && !alone
    }

    /// Whether these asks fit into one resource.
    fn fit(&self, asks: &[&Ask]) -> bool {
        let (parts, shelves) = self.limits();
        let union: BTreeSet<&str> = asks.iter().flat_map(|ask| ask.shelves.iter().copied()).collect();
        asks.iter().map(|ask| ask.parts).sum::<u64>() <= parts && union.len() as u64 <= shelves
    }

    /// The fewest resources of a group by trying all partitions; `None` if something that must stay together may not,
    /// and `Err` if it does not fit (and would be divided).
    fn fewest(&self, asks: &[&Ask]) -> Result<Option<usize>, ()> {
        let items = self.items(asks);
        let of = |items: &[&Vec<usize>]| -> Vec<&Ask> { items.iter().flat_map(|item| item.iter().map(|i| asks[*i])).collect() };
        if items.iter().any(|item| !self.fit(&of(&[item]))) {
            return Err(());
        }
        if items.iter().any(|item| !self.agree(asks, &of(&[item]))) {
            return Ok(None);
        }
        let mut best = items.len();
        let mut bins: Vec<Vec<&Vec<usize>>> = Vec::new();
        self.partitions(asks, &items, &mut bins, &mut best);
        Ok(Some(best))
    }

    /// Whether everything that must stay together fits, so that nothing is divided.
    fn is_whole(&self) -> bool {
        self.groups().values().all(|asks| self.fewest(asks).is_ok())
    }

    fn partitions<'i>(&self, asks: &[&Ask], left: &'i [Vec<usize>], bins: &mut Vec<Vec<&'i Vec<usize>>>, best: &mut usize) {
        let Some((item, left)) = left.split_first() else {
            *best = (*best).min(bins.len());
            return;
        };
        for bin in 0..bins.len() {
            bins[bin].push(item);
            let on: Vec<&Ask> = bins[bin].iter().flat_map(|item| item.iter().map(|i| asks[*i])).collect();
            if self.fit(&on) && self.agree(asks, &on) {
                self.partitions(asks, left, bins, best);
            }
            bins[bin].pop();
        }
        bins.push(vec![item]);
        self.partitions(asks, left, bins, best);
        bins.pop();
    }
}

fn read(text: &str) -> Estate {
    Estate::from_json("small.json", text.as_bytes().to_vec()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn planned(estate: &Estate) -> Result<Plan, String> {
    Planner::new(&RULES).plan(estate).map_err(|error| error.to_string())
}

fn check(tests: u64, property: fn(Small) -> TestResult) {
    QuickCheck::new().tests(tests).max_tests(tests * 20).min_tests_passed(tests).quickcheck(property);
}

fn words(value: Option<&Value>) -> BTreeSet<String> {
    let word = |value: &Value| value.as_str().or_else(|| value["name"].as_str()).expect("a name").to_owned();
    value.and_then(Value::as_array).into_iter().flatten().map(word).collect()
}

/// Everything wrong with a plan, from the estate and the plan alone.
fn wrong(small: &Small, plan: &Plan) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut say = |fault: String| wrong.push(fault);
    let (parts_limit, shelves_limit) = small.limits();
    let groups = small.groups();
    let mut on: BTreeMap<&str, Vec<&Ask>> = BTreeMap::new();
    for ask in &small.asks {
        let key = format!("box:{}", ask.key);
        match plan.bindings.get(id(ask.component).as_str()).and_then(|binding| binding.resources.get(&key)) {
            Some(resources) if !resources.is_empty() => {
                if resources.len() > 1 {
                    say(format!("{} is on several resources", id(ask.component)));
                }
                resources.iter().for_each(|resource| on.entry(resource.as_str()).or_default().push(ask));
            }
            _ => say(format!("{} is on no resource", id(ask.component))),
        }
    }
    if on.len() != plan.resources.len() || plan.summary.resources != plan.resources.len() {
        say(format!("{} resources listed, {} used, {} said", plan.resources.len(), on.len(), plan.summary.resources));
    }
    for Resource { id: name, config, usage, components, .. } in &plan.resources {
        let asks = on.get(name.as_str()).cloned().unwrap_or_default();
        let group = asks.first().map(|ask| groups[small.group(ask)].clone()).unwrap_or_default();
        if !small.agree(&group, &asks) {
            say(format!("{name} holds who may not share"));
        }
        let owners: BTreeSet<String> = asks.iter().map(|ask| id(ask.component)).collect();
        if !owners.iter().map(String::as_str).eq(components.iter().map(|id| id.as_str())) {
            say(format!("{name} is for {components:?}, not {owners:?}"));
        }
        let parts: BTreeSet<String> =
            asks.iter().flat_map(|ask| (1..=ask.parts).map(|n| format!("{}-p{n}", id(ask.component).to_lowercase()))).collect();
        let shelves: BTreeSet<String> = asks.iter().flat_map(|ask| ask.shelves.iter().map(|s| (*s).to_owned())).collect();
        let marks: BTreeSet<String> = asks.iter().flat_map(|ask| ask.marks.iter().map(|s| (*s).to_owned())).collect();
        for (property, expected) in [("parts", &parts), ("shelves", &shelves), ("marks", &marks)] {
            if words(config.get(property)) != *expected {
                say(format!("{name} has {property} {:?}, not {expected:?}", config.get(property)));
            }
        }
        for (capacity, used, limit) in [("parts", parts.len(), parts_limit), ("shelves", shelves.len(), shelves_limit)] {
            if used as u64 > limit {
                say(format!("{name} holds {used} {capacity} of {limit}"));
            }
            if usage[capacity].used != used as u64 {
                say(format!("{name} says {} {capacity} and holds {used}", usage[capacity].used));
            }
        }
        let zone = asks.iter().find_map(|ask| ask.zone);
        if config.get("zone").and_then(Value::as_str) != zone {
            say(format!("{name} is in zone {:?}, not {zone:?}", config.get("zone")));
        }
        let size = asks.iter().filter_map(|ask| ask.size).max();
        if config.get("size").and_then(Value::as_u64) != size.map(u64::from) {
            say(format!("{name} has size {:?}, not {size:?}", config.get("size")));
        }
        let top = asks.iter().filter(|ask| ask.mode.is_some()).map(|ask| ask.priority).max();
        let modes: Vec<&str> = asks.iter().filter(|ask| Some(ask.priority) == top).filter_map(|ask| ask.mode).collect();
        match config.get("mode").and_then(Value::as_str) {
            None if modes.is_empty() => {}
            Some(mode) if modes.contains(&mode) => {}
            mode => say(format!("{name} has mode {mode:?}, not one of {modes:?}")),
        }
    }
    for asks in groups.values() {
        for item in small.items(asks) {
            let places: BTreeSet<&Vec<_>> = item
                .iter()
                .filter_map(|i| plan.bindings[id(asks[*i].component).as_str()].resources.get(&format!("box:{}", asks[*i].key)))
                .collect();
            if places.len() > 1 {
                say(format!("{item:?} must stay together and are on {places:?}"));
            }
        }
    }
    wrong
}

#[test]
fn plans_are_feasible_and_as_small_as_brute_force() {
    fn property(small: Small) -> TestResult {
        let groups = small.groups();
        let fewest: Result<Vec<Option<usize>>, ()> = groups.values().map(|asks| small.fewest(asks)).collect();
        let Ok(fewest) = fewest else { return TestResult::discard() };
        match (planned(&small.estate()), fewest.into_iter().sum::<Option<usize>>()) {
            (Err(error), None) if error.contains("E0402") => TestResult::passed(),
            (Ok(plan), Some(fewest)) => {
                let mut wrong = wrong(&small, &plan);
                if plan.resources.len() != fewest {
                    wrong.push(format!("{} resources, and {fewest} are enough", plan.resources.len()));
                }
                if !plan.optimal || plan.groups.iter().any(|group| group.lower_bound != group.resources as u64) {
                    wrong.push("not proven".to_owned());
                }
                if wrong.is_empty() { TestResult::passed() } else { TestResult::error(format!("{wrong:#?}\n{}", small.json())) }
            }
            (found, expected) => {
                let found = found.map(|plan| plan.resources.len());
                TestResult::error(format!("{found:?}, and {expected:?} was expected\n{}", small.json()))
            }
        }
    }
    check(1500, property);
}

/// The same estate as text, with components and keys in another order.
fn reordered(value: &Value, seed: usize) -> String {
    match value {
        Value::Object(map) => {
            let mut members: Vec<(usize, String)> = map
                .iter()
                .enumerate()
                .map(|(i, (key, value))| {
                    ((i * 7 + seed) % 11, format!("{}:{}", Value::from(key.as_str()), reordered(value, seed + i)))
                })
                .collect();
            members.sort();
            format!("{{{}}}", members.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(" ,\n"))
        }
        Value::Array(array) => format!("[{}]", array.iter().map(|value| reordered(value, seed)).collect::<Vec<_>>().join(",")),
        value => value.to_string(),
    }
}

#[test]
fn the_order_of_the_file_and_the_number_of_threads_change_nothing() {
    fn property(small: Small) -> TestResult {
        let json = |estate: &Estate| planned(estate).map(|plan| plan.to_json());
        let once = json(&small.estate());
        let threads = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads");
        let same = (0..3).all(|seed| json(&read(&reordered(&small.json(), seed))) == once)
            && json(&small.estate()) == once
            && [1, 3].into_iter().all(|n| threads(n).install(|| json(&small.estate())) == once);
        TestResult::from_bool(same)
    }
    check(150, property);
}

#[test]
fn loosening_never_costs_a_resource() {
    fn property(small: Small) -> TestResult {
        let count = |small: &Small| planned(&small.estate()).ok().map(|plan| plan.resources.len());
        // What is divided for a limit is kept whole under a higher one, which can cost a resource.
        let Some(before) = count(&small).filter(|_| small.is_whole()) else { return TestResult::discard() };
        let mut looser = vec![small.clone(); 5];
        looser[0].parts_limit = Some(small.parts_limit.unwrap_or(4) + 1);
        looser[1].headroom = false;
        looser[2].apart = None;
        looser[3].dedicated = None;
        looser[4].sharing = if small.sharing == Sharing::None { Sharing::ByKey } else { Sharing::ByType };
        for (i, loose) in looser.iter().enumerate() {
            // Links across keys are a tightening.
            let linked = small.together.is_some() || small.asks.iter().any(|ask| !ask.shelves.is_empty());
            let loosened = i != 4 || (small.sharing != Sharing::None && !linked);
            if let Some(after) = count(loose).filter(|after| loosened && *after > before) {
                return TestResult::error(format!("{before} resources became {after}\n{}", small.json()));
            }
        }
        TestResult::passed()
    }
    check(400, property);
}

#[test]
fn a_new_component_renames_nothing() {
    fn property(small: Small) -> TestResult {
        let mut fewer = small.clone();
        fewer.asks.pop();
        let (Ok(before), Ok(after)) = (planned(&fewer.estate()), planned(&small.estate())) else {
            return TestResult::discard();
        };
        for group in &before.groups {
            let name = |plan: &Plan| plan.resource(&group.key).map(|resource| resource.name.clone());
            if name(&before) != name(&after) {
                return TestResult::error(format!("{} was renamed", group.key));
            }
        }
        for ask in &fewer.asks {
            let own = |plan: &Plan| -> BTreeSet<(String, String)> {
                let on = plan.bindings[id(ask.component).as_str()].elements.iter().flat_map(|(_, names)| names.iter());
                on.flat_map(|(property, names)| names.iter().map(|name| (property.clone(), name.clone()))).collect()
            };
            if own(&before) != own(&after) {
                return TestResult::error(format!("{} got other names", id(ask.component)));
            }
        }
        TestResult::passed()
    }
    check(300, property);
}

#[test]
fn an_estate_built_in_code_equals_the_one_in_json() {
    fn property(small: Small) -> TestResult {
        let forced: Map<String, Value> = Map::from_iter([("zone".to_owned(), json!("north"))]);
        let over = |key: &str| Override {
            resource_type: "box".into(),
            requirement_key: Some(key.into()),
            priority: Priority::OVERRIDE,
            config: forced.clone(),
        };
        let mut builder = Estate::builder("small").location("eastus").tag("team", "web").r#override(over("main"));
        for component in (0..small.components).rev() {
            let mut raw = Raw::new(id(component));
            for ask in small.asks.iter().filter(|ask| ask.component == component) {
                raw = raw.requires("box", ask.key, Priority::new(ask.priority).expect("a priority"), ask.config());
            }
            builder = builder.component(raw);
        }
        let built = builder.constraints(small.constraints()).settings(small.settings()).build().expect("an estate");
        let mut text = small.json();
        text["location"] = json!("eastus");
        text["tags"] = json!({"team": "web"});
        text["overrides"] = json!([{"resourceType": "box", "requirementKey": "main", "config": forced}]);
        let written = read(&text.to_string());
        TestResult::from_bool(built == written && planned(&built) == planned(&written))
    }
    check(200, property);
}

/// Requirements of any size, alone in one group.
fn sizes(sizes: &[u64]) -> Small {
    let ask = |(component, parts): (usize, &u64)| Ask {
        component,
        key: "main",
        priority: 10,
        zone: None,
        mode: None,
        size: None,
        marks: Vec::new(),
        parts: *parts,
        shelves: BTreeSet::new(),
    };
    Small {
        components: sizes.len().max(1),
        asks: sizes.iter().enumerate().map(ask).collect(),
        apart: None,
        together: None,
        dedicated: None,
        sharing: Sharing::ByKey,
        on_conflict: OnConflict::Split,
        headroom: false,
        parts_limit: None,
    }
}

/// The fewest boxes for these parts, when whoever has more than four may be divided at will.
fn fewest_divided(all: &[u64]) -> usize {
    let whole: Vec<u64> = all.iter().copied().filter(|parts| *parts <= 4).collect();
    let whole = sizes(&whole);
    let packed = whole.fewest(&whole.asks.iter().collect::<Vec<_>>()).expect("they fit").expect("they agree");
    packed.max(usize::try_from(all.iter().sum::<u64>().div_ceil(4)).expect("a few"))
}

#[test]
fn what_is_too_big_is_divided_and_nothing_is_lost() {
    fn property(parts: Vec<u8>) -> TestResult {
        let parts: Vec<u64> = parts.into_iter().take(5).map(|parts| u64::from(parts) % 12).collect();
        let plan = match planned(&sizes(&parts).estate()) {
            Ok(plan) => plan,
            Err(error) => return TestResult::error(error),
        };
        let placed: Vec<String> = plan.resources.iter().flat_map(|resource| words(resource.config.get("parts"))).collect();
        let distinct: BTreeSet<&String> = placed.iter().collect();
        let over = plan.resources.iter().any(|resource| words(resource.config.get("parts")).len() > 4);
        let small_torn = parts
            .iter()
            .enumerate()
            .any(|(component, parts)| *parts <= 4 && plan.bindings[id(component).as_str()].resources["box:main"].len() != 1);
        let claimed = plan.optimal && plan.resources.len() != fewest_divided(&parts);
        let all = parts.iter().sum::<u64>() as usize;
        let good = !over && !small_torn && !claimed && placed.len() == all && distinct.len() == all;
        if good { TestResult::passed() } else { TestResult::error(format!("{parts:?}: {placed:?}")) }
    }
    QuickCheck::new().tests(300).min_tests_passed(300).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

#[test]
fn what_is_divided_takes_the_fewest_resources_too() {
    fn property(parts: Vec<u8>) -> TestResult {
        let parts: Vec<u64> = parts.into_iter().take(5).map(|parts| u64::from(parts) % 12).collect();
        let plan = planned(&sizes(&parts).estate()).expect("a plan");
        let (found, fewest) = (plan.resources.len(), fewest_divided(&parts));
        if found == fewest { TestResult::passed() } else { TestResult::error(format!("{parts:?}: {found}, not {fewest}")) }
    }
    QuickCheck::new().tests(300).min_tests_passed(300).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

#[test]
fn what_is_divided_keeps_shared_things_in_one_place() {
    fn property(mut small: Small) -> TestResult {
        small.asks.iter_mut().for_each(|ask| ask.parts *= 3);
        let Ok(plan) = planned(&small.estate()) else { return TestResult::discard() };
        let mut wrong = Vec::new();
        let resources = |ask: &Ask| -> Vec<&Resource> {
            let ids = &plan.bindings[id(ask.component).as_str()].resources[&format!("box:{}", ask.key)];
            ids.iter().map(|id| plan.resource(id.as_str()).expect("a resource")).collect()
        };
        let mut placed = 0;
        for resource in &plan.resources {
            let parts = words(resource.config.get("parts"));
            placed += parts.len();
            let (parts_limit, shelves_limit) = small.limits();
            let shelves = words(resource.config.get("shelves")).len() as u64;
            if parts.len() as u64 > parts_limit || shelves > shelves_limit {
                wrong.push(format!("{} is overfull", resource.id));
            }
            let on = |ask: &&Ask| resources(ask).iter().any(|other| other.id == resource.id);
            let on: Vec<&Ask> = small.asks.iter().filter(on).collect();
            let group: Vec<&Ask> =
                small.asks.iter().filter(|ask| on.iter().any(|on| small.group(on) == small.group(ask))).collect();
            if !small.agree(&group, &on) {
                wrong.push(format!("{} holds who may not share", resource.id));
            }
        }
        if placed as u64 != small.asks.iter().map(|ask| ask.parts).sum::<u64>() {
            wrong.push(format!("{placed} parts are placed"));
        }
        for ask in small.asks.iter().filter(|_| small.sharing != Sharing::None) {
            for shelf in &ask.shelves {
                let group = format!("box:{}", small.group(ask));
                let holds = |resource: &&Resource| words(resource.config.get("shelves")).contains(*shelf);
                let of_group = |resource: &&Resource| {
                    resource.id.as_str() == group || resource.id.as_str().starts_with(&format!("{group}-"))
                };
                let holders = plan.resources.iter().filter(of_group).filter(holds).count();
                let own = resources(ask).into_iter().filter(holds).count();
                if (holders, own) != (1, 1) {
                    wrong.push(format!(
                        "{shelf} of {} is on {holders} boxes of the group, {own} of them its own",
                        id(ask.component)
                    ));
                }
            }
        }
        if wrong.is_empty() { TestResult::passed() } else { TestResult::error(format!("{wrong:#?}\n{}", small.json())) }
    }
    check(600, property);
}

/// Every number, word and flag in a plan's JSON, but in what verification leaves out: prose.
fn leaves(value: &Value, place: &str, found: &mut Vec<String>) {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if !(place.is_empty() && key == "warnings") && key != "reasons" {
                    leaves(value, &format!("{place}/{}", escaped(key)), found);
                }
            }
        }
        Value::Array(array) => {
            for (i, value) in array.iter().enumerate() {
                leaves(value, &format!("{place}/{i}"), found);
            }
        }
        _ => found.push(place.to_owned()),
    }
}

#[test]
fn every_plan_verifies() {
    fn property(small: Small) -> TestResult {
        let estate = small.estate();
        let Ok(plan) = planned(&estate) else { return TestResult::discard() };
        let verification = colocate::verify(&plan, &estate, &RULES, &colocate::solve::Control::default());
        if verification.holds { TestResult::passed() } else { TestResult::error(format!("{:#?}", verification.findings)) }
    }
    check(1_500, property);
}

#[test]
fn what_is_divided_verifies() {
    fn property(parts: Vec<u8>) -> TestResult {
        let sizes: Vec<u64> = parts.into_iter().take(5).map(|n| u64::from(n % 12)).collect();
        let estate = self::sizes(&sizes).estate();
        let Ok(plan) = planned(&estate) else { return TestResult::discard() };
        let verification = colocate::verify(&plan, &estate, &RULES, &colocate::solve::Control::default());
        if verification.holds { TestResult::passed() } else { TestResult::error(format!("{:#?}", verification.findings)) }
    }
    QuickCheck::new().tests(400).min_tests_passed(400).quickcheck(property as fn(Vec<u8>) -> TestResult);
}

/// Whatever one thing is changed in a plan, it no longer holds; or what it says still follows (weaker evidence that is
/// evidence still).
#[test]
fn a_plan_with_one_thing_changed_does_not_verify() {
    fn property(small: Small, which: usize, how: u8) -> TestResult {
        let estate = small.estate();
        let Ok(plan) = planned(&estate) else { return TestResult::discard() };
        let mut value: Value = serde_json::to_value(&plan).expect("JSON");
        let mut places = Vec::new();
        leaves(&value, "", &mut places);
        let place = &places[which % places.len()];
        let leaf = value.pointer_mut(place).expect("the leaf");
        let changed = match leaf {
            Value::Number(number) if number.is_f64() => json!(number.as_f64().expect("a number") + 0.25),
            Value::Number(number) => {
                let number = number.as_u64().expect("a count");
                json!(if how.is_multiple_of(2) { number + 1 } else { number.saturating_sub(1) })
            }
            Value::Bool(flag) => json!(!*flag),
            Value::String(text) => json!(format!("{text}x")),
            _ => return TestResult::discard(),
        };
        if *leaf == changed {
            return TestResult::discard();
        }
        *leaf = changed;
        let Ok(changed) = serde_json::from_value::<Plan>(value.clone()) else { return TestResult::passed() };
        let verification = colocate::verify(&changed, &estate, &RULES, &colocate::solve::Control::default());
        if !verification.holds {
            return TestResult::passed();
        }
        // Only the weights may be others: whatever they are, they have been found to prove the bound.
        let evidence = place.contains("/certificate/");
        if evidence { TestResult::passed() } else { TestResult::error(format!("{place} was changed and nobody noticed")) }
    }
    QuickCheck::new()
        .tests(2_000)
        .max_tests(20_000)
        .min_tests_passed(2_000)
        .quickcheck(property as fn(Small, usize, u8) -> TestResult);
}

#[test]
fn evidence_of_too_much_is_refused() {
    fn property(small: Small) -> TestResult {
        let estate = small.estate();
        let Ok(mut plan) = planned(&estate) else { return TestResult::discard() };
        for group in &mut plan.groups {
            group.lower_bound += 1;
            match &mut group.certificate {
                CertificateRecord::Weights { weights, .. } => weights.iter_mut().for_each(|weight| *weight *= 2),
                CertificateRecord::Search { bound, .. } => *bound += 1,
                CertificateRecord::Sum { .. } | CertificateRecord::Shares { .. } => return TestResult::discard(),
            }
        }
        let verification = colocate::verify(&plan, &estate, &RULES, &colocate::solve::Control::default());
        TestResult::from_bool(verification.groups.iter().all(|group| group.evidence == colocate::Proven::Nothing))
    }
    check(300, property);
}
