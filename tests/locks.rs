//! What holds under every lock, tried on many small random estates that change; moves are counted against brute force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use colocate::{Document, Estate, Lock, Moves, Plan, Planner, RuleSet, solve::Control, verify, verify_under};
use quickcheck::{Arbitrary, Gen, QuickCheck, TestResult};
use serde_json::{Map, Value, json};

/// A box holds four parts and three shelves; parts are each component's own, shelves belong to all who name them.
const RULE: &str = r#"{
  "version": 1,
  "resourceType": "TYPE",
  "stateful": STATEFUL,
  "properties": {
    "zone": { "type": "string", "merge": "match" },
    "mode": { "type": "string", "merge": "priority" },
    "parts": { "type": "array", "items": { "type": "string" }, "merge": "union", "prefix": "kebab", "numbered": "p{n}" },
    "shelves": {
      "type": "array", "merge": "union", "identity": "name", "shorthand": "name", "together": true,
      "items": { "type": "object", "properties": { "name": { "type": "string", "merge": "equal" } } }
    }
  },
  "capacities": { "parts": { "limit": 4, "count": "parts" }, "shelves": { "limit": 3, "count": "shelves" } }
}"#;

static RULES: LazyLock<RuleSet> = LazyLock::new(|| {
    let rule = |name: &str, stateful: &str| {
        let text = RULE.replace("TYPE", name).replace("STATEFUL", stateful);
        Document::new(format!("{name}.json"), text.into_bytes()).expect("text")
    };
    RuleSet::layered(vec![rule("box", "true"), rule("bag", "false")]).expect("rules")
});

/// What a component needs, of a box and a bag alike.
#[derive(Clone, Debug, PartialEq)]
struct Ask {
    zone: Option<&'static str>,
    mode: Option<&'static str>,
    priority: u16,
    parts: u64,
    shelf: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Small {
    components: BTreeMap<u8, Ask>,
    apart: Option<(u8, u8)>,
    limit: u64,
}

fn maybe<T: Copy>(g: &mut Gen, from: &[T], one_in: usize) -> Option<T> {
    if usize::arbitrary(g).is_multiple_of(one_in) { g.choose(from).copied() } else { None }
}

impl Arbitrary for Ask {
    fn arbitrary(g: &mut Gen) -> Self {
        Self {
            zone: maybe(g, &["east", "west"], 3),
            mode: maybe(g, &["slow", "fast"], 4),
            priority: *g.choose(&[10, 20]).expect("some"),
            parts: *g.choose(&[0, 1, 1, 2, 2, 3, 4]).expect("some"),
            shelf: maybe(g, &["s1", "s2", "s3", "s4", "s5"], 4),
        }
    }
}

impl Arbitrary for Small {
    fn arbitrary(g: &mut Gen) -> Self {
        let many = 1 + usize::arbitrary(g) % 6;
        Self { components: (0..many).map(|_| (u8::arbitrary(g) % 8, Ask::arbitrary(g))).collect(), apart: None, limit: 4 }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let without = |component: &u8| {
            let mut small = self.clone();
            small.components.remove(component);
            small
        };
        let smaller: Vec<Self> = self.components.keys().map(without).filter(|small| !small.components.is_empty()).collect();
        Box::new(smaller.into_iter())
    }
}

/// An estate, and what becomes of it.
#[derive(Clone, Debug)]
struct Change {
    before: Small,
    after: Small,
}

impl Arbitrary for Change {
    fn arbitrary(g: &mut Gen) -> Self {
        let before = Small::arbitrary(g);
        let mut after = before.clone();
        for _ in 0..1 + usize::arbitrary(g) % 3 {
            let one = *g.choose(&before.components.keys().copied().collect::<Vec<_>>()).expect("some");
            match usize::arbitrary(g) % 6 {
                0 | 1 if after.components.len() > 1 => {
                    after.components.remove(&one);
                }
                0..=3 if after.components.len() < 7 => {
                    after.components.insert(u8::arbitrary(g) % 8, Ask::arbitrary(g));
                }
                4 => after.apart = Some((one, u8::arbitrary(g) % 8)).filter(|(a, b)| a != b),
                5 => after.limit = *g.choose(&[3, 4, 5, 8]).expect("some"),
                _ => {}
            }
        }
        Self { before, after }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let mut smaller = Vec::new();
        for component in 0..8 {
            let mut change = self.clone();
            let both = [&mut change.before, &mut change.after].map(|small| small.components.remove(&component).is_some());
            if both.contains(&true) && !change.before.components.is_empty() && !change.after.components.is_empty() {
                smaller.push(change);
            }
        }
        if self.after.apart.is_some() {
            let mut change = self.clone();
            change.after.apart = None;
            smaller.push(change);
        }
        Box::new(smaller.into_iter())
    }
}

fn id(component: u8) -> String {
    format!("C{component}")
}

impl Small {
    fn estate(&self) -> Estate {
        let mut components = Map::new();
        for (component, ask) in &self.components {
            let mut config = Map::new();
            let mut put = |name: &str, value: Option<Value>| config.extend(value.map(|value| (name.to_owned(), value)));
            put("zone", ask.zone.map(Value::from));
            put("mode", ask.mode.map(Value::from));
            put("parts", Some(ask.parts.into()));
            put("shelves", ask.shelf.map(|shelf| json!([shelf])));
            let requirement = |kind: &str| json!({ "resourceType": kind, "requirementKey": "main", "priority": ask.priority, "config": config });
            components.insert(id(*component), json!({ "requirements": [requirement("box"), requirement("bag")] }));
        }
        let there = |(a, b): &(u8, u8)| self.components.contains_key(a) && self.components.contains_key(b);
        let apart: Vec<Value> = self.apart.filter(there).iter().map(|(a, b)| json!([id(*a), id(*b)])).collect();
        let limits = json!({ "box": { "parts": self.limit }, "bag": { "parts": self.limit } });
        let text = json!({
            "version": 1, "name": "small", "components": components,
            "constraints": { "apart": apart }, "settings": { "limits": limits },
        });
        Estate::from_json("small.json", text.to_string().into_bytes()).expect("a valid estate")
    }

    /// Components that must stay together: they name one shelf.
    fn items(&self) -> Vec<Vec<u8>> {
        let mut items: Vec<Vec<u8>> = Vec::new();
        for (component, ask) in &self.components {
            let shelf = |item: &Vec<u8>| ask.shelf.is_some() && self.components[&item[0]].shelf == ask.shelf;
            match items.iter_mut().find(|item| shelf(item)) {
                Some(item) => item.push(*component),
                None => items.push(vec![*component]),
            }
        }
        items
    }

    /// Whether nothing that they insist on differs.
    fn agree(&self, all: &[u8]) -> bool {
        let top = self.components.values().filter(|ask| ask.mode.is_some()).map(|ask| ask.priority).max();
        let asks: Vec<&Ask> = all.iter().map(|component| &self.components[component]).collect();
        let zones: BTreeSet<&str> = asks.iter().filter_map(|ask| ask.zone).collect();
        let modes: BTreeSet<&str> = asks.iter().filter(|ask| Some(ask.priority) == top).filter_map(|ask| ask.mode).collect();
        zones.len() <= 1 && modes.len() <= 1
    }

    fn may_share(&self, all: &[u8]) -> bool {
        let asks: Vec<&Ask> = all.iter().map(|component| &self.components[component]).collect();
        let shelves: BTreeSet<&str> = asks.iter().filter_map(|ask| ask.shelf).collect();
        let apart = self.apart.is_some_and(|(a, b)| all.contains(&a) && all.contains(&b));
        let parts: u64 = asks.iter().map(|ask| ask.parts).sum();
        self.agree(all) && shelves.len() <= 3 && !apart && parts <= self.limit
    }
}

/// The estate planned, if it can be.
fn free(small: &Small) -> Option<Plan> {
    Planner::new(&RULES).plan(&small.estate()).ok()
}

fn held(small: &Small, lock: &Lock, moves: Moves) -> Option<Plan> {
    Planner::new(&RULES).with_lock(lock, moves).plan(&small.estate()).ok()
}

fn on(plan: &Plan, kind: &str) -> BTreeMap<String, Vec<String>> {
    let of = |binding: &colocate::Binding| {
        binding.resources.get(&*format!("{kind}:main")).map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    plan.bindings.iter().filter_map(|(id, binding)| Some((id.to_string(), of(binding)?))).collect()
}

fn resources(plan: &Plan, kind: &str) -> usize {
    plan.groups.iter().filter(|group| group.key == format!("{kind}:main")).map(|group| group.resources).sum()
}

/// What the moves of a plan weigh, and how many there are.
fn moves(plan: &Plan, kind: &str) -> (u64, usize) {
    let group = plan.groups.iter().find(|group| group.key == format!("{kind}:main"));
    let all = group.and_then(|group| group.lock.as_ref()).map_or(&[][..], |lock| &lock.moves);
    (all.iter().map(|m| m.weight).sum(), all.len())
}

/// For each number of resources that the estate can be on, the least weight of moves, and the fewest moves.
fn brute(small: &Small, was: &BTreeMap<String, Vec<String>>) -> BTreeMap<usize, (u64, usize)> {
    let items = small.items();
    let homes: BTreeSet<&String> = was.values().flatten().collect();
    let homes: Vec<&String> = homes.into_iter().collect();
    // For each item and home: the weight and whether it counts as a move to leave it.
    let stake = |item: &Vec<u8>, home: &String| -> (u64, usize) {
        let there: Vec<u8> = item.iter().copied().filter(|c| was.get(&id(*c)).is_some_and(|on| on.contains(home))).collect();
        if there.is_empty() {
            return (0, 0);
        }
        let parts: u64 = there.iter().map(|component| small.components[component].parts).sum();
        // A shelf that several name was where the first of them was.
        let known = item.iter().find(|component| was.contains_key(&id(**component)));
        let shelf = known.is_some_and(|first| there.contains(first) && small.components[first].shelf.is_some());
        ((parts + u64::from(shelf)).max(1), 1)
    };
    let stakes: Vec<Vec<(u64, usize)>> = items.iter().map(|item| homes.iter().map(|home| stake(item, home)).collect()).collect();
    let mut best: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    partitions(items.len(), &mut Vec::new(), &mut |bins: &[Vec<usize>]| {
        let fits = |bin: &Vec<usize>| small.may_share(&bin.iter().flat_map(|item| items[*item].clone()).collect::<Vec<_>>());
        if !bins.iter().all(fits) {
            return;
        }
        let all: (u64, usize) = stakes.iter().flatten().fold((0, 0), |sum, stake| (sum.0 + stake.0, sum.1 + stake.1));
        let kept = |by: fn(&(u64, usize)) -> u64| assign(bins, &stakes, homes.len(), by);
        let (weight, count) = (all.0 - kept(|stake| stake.0), all.1 - kept(|stake| stake.1 as u64) as usize);
        let entry = best.entry(bins.len()).or_insert((u64::MAX, usize::MAX));
        *entry = (entry.0.min(weight), entry.1.min(count));
    });
    best
}

/// The most that can be kept when each bin takes one home at most.
fn assign(bins: &[Vec<usize>], stakes: &[Vec<(u64, usize)>], homes: usize, by: fn(&(u64, usize)) -> u64) -> u64 {
    let mut best: BTreeMap<u32, u64> = BTreeMap::from([(0, 0)]);
    for bin in bins {
        let mut next = best.clone();
        for (taken, kept) in &best {
            for home in (0..homes).filter(|home| taken & (1 << home) == 0) {
                let more: u64 = bin.iter().map(|item| by(&stakes[*item][home])).sum();
                let entry = next.entry(taken | (1 << home)).or_default();
                *entry = (*entry).max(kept + more);
            }
        }
        best = next;
    }
    best.into_values().max().unwrap_or_default()
}

fn partitions(items: usize, bins: &mut Vec<Vec<usize>>, each: &mut impl FnMut(&[Vec<usize>])) {
    let item: usize = bins.iter().map(Vec::len).sum();
    if item == items {
        each(bins);
        return;
    }
    for bin in 0..bins.len() {
        bins[bin].push(item);
        partitions(items, bins, each);
        bins[bin].pop();
    }
    bins.push(vec![item]);
    partitions(items, bins, each);
    bins.pop();
}

/// Changes that both can be planned, with the plan before.
fn planned(change: &Change) -> Option<(Plan, Lock)> {
    let before = free(&change.before)?;
    free(&change.after)?;
    let lock = Lock::after(&before, None, &RULES);
    Some((before, lock))
}

const MODES: [Moves; 4] = [Moves::Kept, Moves::AtMost(1), Moves::AtMost(2), Moves::All];

#[test]
fn planning_twice_changes_nothing() {
    fn property(change: Change) -> TestResult {
        let Some((before, lock)) = planned(&change) else { return TestResult::discard() };
        if held(&change.before, &lock, Moves::Kept).is_none_or(|again| again.to_json() != before.to_json()) {
            return TestResult::error("the free plan changes under its own lock");
        }
        for mode in MODES {
            let Some(first) = held(&change.after, &lock, mode) else { return TestResult::error("no plan") };
            let first_lock = Lock::after(&first, Some(&lock), &RULES);
            let Some(second) = held(&change.after, &first_lock, mode) else { return TestResult::error("no second plan") };
            let second_lock = Lock::after(&second, Some(&first_lock), &RULES);
            let third = held(&change.after, &second_lock, mode).map(|plan| plan.to_json());
            let moved = second.groups.iter().any(|group| group.lock.as_ref().is_some_and(|lock| !lock.moves.is_empty()));
            // Each plan may spend its moves anew.
            let spends = matches!(mode, Moves::AtMost(_));
            if !spends
                && (first.bindings != second.bindings || first_lock != second_lock || moved || third != Some(second.to_json()))
            {
                return TestResult::error(format!("{mode:?}: another plan"));
            }
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(150).min_tests_passed(150).quickcheck(property as fn(Change) -> TestResult);
}

#[test]
fn a_plan_under_any_lock_holds() {
    fn property(change: Change) -> TestResult {
        let Some((_, lock)) = planned(&change) else { return TestResult::discard() };
        let estate = change.after.estate();
        for mode in MODES {
            let Some(plan) = held(&change.after, &lock, mode) else { return TestResult::error("no plan") };
            let plain = verify(&plan, &estate, &RULES, &Control::default());
            let under = verify_under(&plan, &lock, &estate, &RULES, &Control::default());
            if !plain.holds || !under.holds {
                return TestResult::error(format!("{mode:?}: {:?} {:?}", plain.findings, under.findings));
            }
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(200).min_tests_passed(200).quickcheck(property as fn(Change) -> TestResult);
}

#[test]
fn moves_are_the_fewest() {
    fn property(change: Change) -> TestResult {
        let Some((before, lock)) = planned(&change) else { return TestResult::discard() };
        if change.after.items().iter().any(|item| !change.after.may_share(item)) || change.after.items().is_empty() {
            return TestResult::discard();
        }
        if on(&before, "box").values().any(|on| on.len() > 1) {
            return TestResult::discard();
        }
        for kind in ["box", "bag"] {
            let was = on(&before, kind);
            let best = brute(&change.after, &was);
            let (fewest, (lightest, _)) = best.first_key_value().map(|(bins, moves)| (*bins, *moves)).expect("a plan");
            let forced = best.values().map(|moves| moves.0).min().expect("a plan");
            let kept = held(&change.after, &lock, Moves::Kept).expect("a plan");
            let all = held(&change.after, &lock, Moves::All).expect("a plan");
            let found = |plan: &Plan| (resources(plan, kind), moves(plan, kind).0);
            if found(&all) != (fewest, lightest) {
                return TestResult::error(format!("{kind}, all: {:?}, not {:?}", found(&all), (fewest, lightest)));
            }
            if kind == "bag" && found(&kept) != (fewest, lightest) {
                return TestResult::error(format!("{kind}: {:?}, not {:?}", found(&kept), (fewest, lightest)));
            }
            if kind == "bag" {
                continue;
            }
            if found(&kept).1 != forced {
                return TestResult::error(format!("{kind}: moves {}, not {forced}", found(&kept).1));
            }
            let allowed = best.iter().find(|(_, moves)| moves.0 == forced).map(|(bins, _)| *bins).expect("a plan");
            let report = kept.groups.iter().find(|group| group.key == "box:main").expect("a group");
            if found(&kept).0 != allowed || !report.is_fewest() {
                return TestResult::error(format!("{kind}: {} resources, not {allowed}, or not proven", found(&kept).0));
            }
            if forced > 0 {
                continue;
            }
            for most in 1..4 {
                let plan = held(&change.after, &lock, Moves::AtMost(most)).expect("a plan");
                let wanted = best.iter().find(|(_, moves)| moves.1 as u64 <= most).map(|(bins, _)| *bins).expect("a plan");
                if resources(&plan, kind) != wanted || moves(&plan, kind).1 as u64 > most {
                    return TestResult::error(format!("{kind}, {most} moves: {:?}, not {wanted}", found(&plan)));
                }
            }
        }
        TestResult::passed()
    }
    QuickCheck::new().tests(200).min_tests_passed(200).quickcheck(property as fn(Change) -> TestResult);
}

#[test]
fn without_pressure_the_locked_optimum_is_the_free_one() {
    fn property(change: Change) -> TestResult {
        let Some((_, lock)) = planned(&change) else { return TestResult::discard() };
        let (Some(free), Some(all)) = (free(&change.after), held(&change.after, &lock, Moves::All)) else {
            return TestResult::error("no plan");
        };
        TestResult::from_bool(["box", "bag"].iter().all(|kind| resources(&free, kind) == resources(&all, kind)))
    }
    QuickCheck::new().tests(200).min_tests_passed(200).quickcheck(property as fn(Change) -> TestResult);
}

/// A requirement that was too big for one resource, and is not any more, stays where its data is.
#[test]
fn what_was_divided_stays_divided() {
    let estate = |databases: usize| {
        let names: Vec<String> = (0..databases).map(|i| format!("db{:02}", 30 - i)).collect();
        let requirement =
            serde_json::json!({ "resourceType": "cosmos", "requirementKey": "k", "config": { "databases": names } });
        let json = serde_json::json!({ "version": 1, "name": "shop", "components": { "A": { "requirements": [requirement] } } });
        Estate::from_json("estate.json", json.to_string().into_bytes()).expect("an estate")
    };
    let rules = RuleSet::builtin().expect("the rules");
    let planner = Planner::new(&rules);
    let before = planner.plan(&estate(30)).expect("a plan");
    let lock = Lock::after(&before, None, &rules);
    let under = |moves| Planner::new(&rules).with_lock(&lock, moves).plan(&estate(20)).expect("a plan");
    let kept = under(Moves::Kept);
    let held = kept.groups[0].lock.as_ref().expect("a lock");
    assert_eq!((kept.groups[0].resources, held.held_back, held.moves.len(), held.proven), (2, 1, 0, true));
    assert!(verify_under(&kept, &lock, &estate(20), &rules, &Control::default()).holds);
    let free = under(Moves::All);
    assert_eq!((free.groups[0].resources, free.groups[0].lock.as_ref().map(|lock| lock.moves.len())), (1, Some(1)));
}

#[test]
fn removing_a_component_never_renumbers_the_others() {
    fn property(before: Small, gone: u8) -> TestResult {
        let mut after = before.clone();
        after.components.remove(&(gone % 8));
        let change = Change { before, after };
        if change.after.components.is_empty() {
            return TestResult::discard();
        }
        let Some((before, lock)) = planned(&change) else { return TestResult::discard() };
        let Some(plan) = held(&change.after, &lock, Moves::Kept) else { return TestResult::error("no plan") };
        let (was, is) = (on(&before, "box"), on(&plan, "box"));
        // What outvoted them may be what has gone.
        let mut together: BTreeMap<&String, Vec<u8>> = BTreeMap::new();
        for component in change.after.components.keys() {
            was.get(&id(*component)).into_iter().flatten().for_each(|on| together.entry(on).or_default().push(*component));
        }
        if !together.values().all(|components| change.after.agree(components)) {
            return TestResult::discard();
        }
        let stays = is.iter().all(|(id, on)| was.get(id) == Some(on));
        let names = plan.resources.iter().all(|r| before.resource(r.id.as_str()).is_none_or(|old| old.name == r.name));
        TestResult::from_bool(stays && names)
    }
    QuickCheck::new().tests(200).min_tests_passed(200).quickcheck(property as fn(Small, u8) -> TestResult);
}

#[test]
fn what_is_added_and_removed_leaves_no_trace() {
    fn property(before: Small, new: Ask) -> TestResult {
        let mut after = before.clone();
        after.components.insert(9, new);
        let change = Change { before, after };
        let Some((before, lock)) = planned(&change) else { return TestResult::discard() };
        let Some(grown) = held(&change.after, &lock, Moves::Kept) else { return TestResult::error("no plan") };
        // What had to move stays where it went.
        if grown.groups.iter().any(|group| group.lock.as_ref().is_some_and(|lock| !lock.moves.is_empty())) {
            return TestResult::discard();
        }
        let lock = Lock::after(&grown, Some(&lock), &RULES);
        let again = held(&change.before, &lock, Moves::Kept);
        TestResult::from_bool(again.is_some_and(|again| again.to_json() == before.to_json()))
    }
    QuickCheck::new().tests(200).min_tests_passed(200).quickcheck(property as fn(Small, Ask) -> TestResult);
}

/// What users of the command line notice.
mod command_line {
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Output};

    use serde_json::{Value, json};
    use tempfile::TempDir;

    fn estate(folder: &Path, names: &[&str], databases: u64) {
        let components: serde_json::Map<String, Value> = names
            .iter()
            .map(|name| ((*name).to_owned(), json!({ "type": "CrudApi", "config": { "entityName": name } })))
            .collect();
        let estate = json!({
            "version": 1, "name": "shop", "components": components, "settings": { "limits": { "cosmos": { "databases": databases } } },
        });
        fs::write(folder.join("estate.json"), estate.to_string()).expect("written");
    }

    fn plan(folder: &Path, more: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_colocate"))
            .args(["plan", "estate.json", "--lock", "lock.json"])
            .args(more)
            .current_dir(folder)
            .output()
            .expect("it runs")
    }

    fn lock(folder: &Path) -> String {
        fs::read_to_string(folder.join("lock.json")).expect("a lock")
    }

    fn err(output: &Output) -> String {
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[test]
    fn the_lock_is_written_once_and_then_left_alone() {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path();
        estate(folder, &["A", "B", "C"], 2);
        let missing = plan(folder, &[]);
        assert_eq!(missing.status.code(), Some(1));
        assert!(err(&missing).contains("`--update-lock` writes one"), "{}", err(&missing));
        let first = plan(folder, &["--update-lock"]);
        assert_eq!(first.status.code(), Some(0));
        assert!(err(&first).contains("wrote the lock `lock.json`"), "{}", err(&first));
        let written = lock(folder);
        assert!(!written.contains("\"environment\""), "only placements are in a lock");
        let second = plan(folder, &["--update-lock"]);
        assert_eq!((second.status.code(), err(&second)), (Some(0), String::new()));
        assert_eq!(second.stdout, first.stdout);
        assert_eq!(lock(folder), written);
        let locked = plan(folder, &["--locked"]);
        assert_eq!((locked.status.code(), locked.stdout), (Some(0), first.stdout));
    }

    #[test]
    fn a_number_is_not_given_again() {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path();
        for names in [&["A", "B", "C"][..], &["A", "B"], &["A", "B", "D"]] {
            estate(folder, names, 2);
            assert_eq!(plan(folder, &["--update-lock"]).status.code(), Some(0));
        }
        let lock: Value = serde_json::from_str(&lock(folder)).expect("JSON");
        let cosmos = lock["resources"].as_array().expect("a list").iter().filter(|r| r["resourceType"] == "cosmos");
        let numbers: Vec<(&str, bool)> = cosmos.map(|r| (r["id"].as_str().expect("an id"), r["retired"] == true)).collect();
        let known = [("cosmos:shared-cosmos", false), ("cosmos:shared-cosmos-2", true), ("cosmos:shared-cosmos-3", false)];
        assert_eq!(numbers, known);
        assert_eq!(lock["bindings"]["D"]["resources"]["cosmos:shared-cosmos"][0], "cosmos:shared-cosmos-3");
    }

    #[test]
    fn a_change_is_refused_when_locked() {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path();
        estate(folder, &["A", "B", "C"], 2);
        plan(folder, &["--update-lock"]);
        let before = lock(folder);
        estate(folder, &["A", "B"], 2);
        let refused = plan(folder, &["--locked"]);
        assert_eq!((refused.status.code(), refused.stdout.len()), (Some(3), 0));
        let said = err(&refused);
        assert!(said.contains("`cosmos:shared-cosmos-2` is retired") && said.contains("`C` is gone"), "{said}");
        assert_eq!(lock(folder), before);
    }

    #[test]
    fn what_fails_leaves_the_lock_as_it_was() {
        let folder = TempDir::new().expect("a folder");
        let folder = folder.path();
        estate(folder, &["A", "B", "C"], 2);
        plan(folder, &["--update-lock"]);
        let good = lock(folder);
        let broken = [
            good[..good.len() / 2].to_owned(),
            good.replace("\"version\": 1", "\"version\": 7"),
            good.replace("\"shop\"", "\"warehouse\""),
            good.replacen("\"cosmos:shared-cosmos\"\n", "\"cosmos:elsewhere\"\n", 1),
            String::new(),
        ];
        for text in broken {
            fs::write(folder.join("lock.json"), &text).expect("written");
            let refused = plan(folder, &["--update-lock"]);
            assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{}", err(&refused));
            assert!(err(&refused).contains("lock.json:"), "{}", err(&refused));
            assert_eq!(lock(folder), text);
        }
        fs::write(folder.join("lock.json"), &good).expect("written");
        fs::write(folder.join("estate.json"), "{}").expect("written");
        assert_eq!(plan(folder, &["--update-lock"]).status.code(), Some(1));
        assert_eq!(lock(folder), good);
        estate(folder, &["A"], 2);
        assert_eq!(plan(folder, &["--update-lock", "-o", "no/such/folder/plan.txt"]).status.code(), Some(1));
        assert_eq!(lock(folder), good);
    }

    #[test]
    fn arguments_without_a_lock_are_refused() {
        let folder = TempDir::new().expect("a folder");
        estate(folder.path(), &["A"], 2);
        for more in [&["--update-lock"][..], &["--locked"], &["--rebalance"], &["--allow-moves", "2"], &["--lock", "-"]] {
            let output = Command::new(env!("CARGO_BIN_EXE_colocate"))
                .args(["plan", "estate.json"])
                .args(more)
                .current_dir(folder.path())
                .output()
                .expect("it runs");
            assert_eq!(output.status.code(), Some(2), "{more:?}: {}", err(&output));
        }
        assert_eq!(plan(folder.path(), &["--allow-moves", "some"]).status.code(), Some(2));
    }
}

#[test]
fn a_move_that_the_plan_hides_is_found() {
    let ask = |parts| Ask { zone: None, mode: None, priority: 10, parts, shelf: None };
    let mut small = Small { components: (0..6).map(|c| (c, ask(2))).collect(), apart: None, limit: 4 };
    let lock = Lock::after(&free(&small).expect("a plan"), None, &RULES);
    small.components.retain(|component, _| component % 2 == 0);
    let mut plan = held(&small, &lock, Moves::All).expect("a plan");
    let check = |plan: &Plan| verify_under(plan, &lock, &small.estate(), &RULES, &Control::default());
    assert!(check(&plan).holds, "{:?}", check(&plan).findings);
    let group = plan.groups.iter_mut().find(|group| group.key == "box:main").expect("a group");
    let report = group.lock.take().expect("something moves");
    assert_eq!(report.moves.len(), 1);
    let findings = check(&plan).findings;
    assert!(findings.iter().any(|finding| finding.message.contains("does not say that it moves")), "{findings:?}");
}

#[test]
fn a_lock_of_another_estate_is_refused() {
    let estate = Estate::from_json("e", br#"{"version": 1, "name": "other", "components": {"A": {}}}"#.to_vec()).expect("valid");
    let lock = Lock { version: 1, estate: "small".to_owned(), resources: Vec::new(), bindings: BTreeMap::new() };
    let refused = Planner::new(&RULES).with_lock(&lock, Moves::Kept).plan(&estate).expect_err("refused");
    assert!(refused.to_string().contains("E0502"), "{refused}");
}
