//! Reading bare instances, and the answer to them.

use colocate::solve::{
    Control, Exact, OutOfStock, PackAnswer, PackInstance, Solver, check_certificate, check_packing, read_instance,
};

fn answer(instance: &PackInstance) -> PackAnswer {
    let outcome = Exact::default().solve(&instance.problem, &Control::default()).expect("a valid instance");
    assert_eq!(check_packing(&instance.problem, outcome.packing()), Ok(()));
    let checked = check_certificate(&instance.problem, outcome.certificate());
    assert_eq!(checked.map(|c| c.bound), Ok(outcome.lower_bound()));
    PackAnswer::new(instance, &outcome, 0.5).expect("nothing is limited")
}

fn error(text: &str) -> String {
    read_instance(text).expect_err("an invalid instance").to_string()
}

#[test]
fn json_and_text_say_the_same() {
    let json = read_instance(r#"{"capacity":[10],"items":[{"size":[6],"count":2},{"size":4}]}"#);
    assert_eq!(json, read_instance("2\n10\n6 2\n4\n"));
    assert_eq!(json, read_instance("3\r\n10\r\n6\t2\r\n\r\n4"));
}

#[test]
fn the_answer_has_the_documented_form() {
    let text = r#"{"capacity":[10,5],"items":[{"size":[6,1],"count":2},{"size":[4,1],"count":3}]}"#;
    let answer = answer(&read_instance(text).expect("a valid instance"));
    let value = serde_json::to_value(answer).expect("an answer is plain data");
    assert_eq!(value["bins"], 3);
    assert_eq!(value["lowerBound"], 3);
    assert_eq!(value["optimal"], true);
    assert_eq!(value["seconds"], 0.5);
    assert_eq!(value["patterns"][0]["count"], 2);
    assert_eq!(value["patterns"][0]["items"], serde_json::json!({"0": 1, "1": 1}));
    assert_eq!(value["certificate"]["parts"][0]["evidence"]["kind"], "weights");
}

#[test]
fn classes_never_mix_and_items_without_one_go_anywhere() {
    let text = r#"{"capacity":[10],"items":[{"size":[5],"count":2,"class":"a"},
        {"size":[5],"count":1,"class":"b"},{"size":[5]}]}"#;
    assert_eq!(answer(&read_instance(text).expect("a valid instance")).bins, 2);
}

#[test]
fn a_tag_keeps_items_and_copies_apart() {
    let text = r#"{"capacity":[10],"items":[{"size":[1],"count":3,"apart":["x"]},
        {"size":[1],"apart":["x","y"]},{"size":[1],"count":2,"apart":["y"]}]}"#;
    let answer = answer(&read_instance(text).expect("a valid instance"));
    assert_eq!(answer.bins, 4);
    let copies = |index| answer.patterns.iter().map(move |p| p.items.get(&index).copied());
    assert!(copies(0).all(|n| n <= Some(1)));
}

#[test]
fn errors_say_where_and_what() {
    assert_eq!(
        error("{\"capacity\":[10],\n \"items\":[{\"size\":[1]},\n  {\"size\":[11]}]}"),
        "3:3: /items/1/size: the size 11 is larger than the capacity 10"
    );
    assert_eq!(
        error("{\"capacity\":[10, 5],\"items\":[{\"size\":[1]}]}"),
        "1:30: /items/0/size: found 1 sizes, expected 2, as in `capacity`"
    );
    let unknown = error("{\"capacity\":[10],\"items\":[{\"size\":[1],\"clas\":\"a\"}]}");
    assert!(unknown.starts_with("1:44: unknown field `clas`, expected one of `size`"), "{unknown}");
    assert!(error("{\"capacity\":[-1],\"items\":[]}").contains("-1"));
    assert_eq!(error("2\n10\n6 2 1\n4"), "3:5: found `1`, expected nothing after a size and a count");
    assert_eq!(error("2\n10\n6\nx"), "4:1: found `x`, expected a size, a whole number");
    assert_eq!(error("2\n10\n6\n11"), "4:1: the size 11 is larger than the capacity 10");
    assert_eq!(error("3\n10\n6\n4"), "1:1: 3 items are announced, but 2 sizes follow");
    assert_eq!(error("3\n"), "2:1: found `the end of the file`, expected the capacity, a whole number");
}

#[test]
fn kinds_of_bins_have_costs() {
    let text = r#"{"capacity":[10],"kinds":[{"name":"small","cost":3},{"name":"large","cost":7}],
        "items":[{"size":[5],"count":2,"kinds":["large"]},{"size":[2],"count":2}]}"#;
    let value = serde_json::to_value(answer(&read_instance(text).expect("a valid instance"))).expect("plain data");
    assert_eq!((&value["bins"], &value["cost"], &value["lowerBound"]), (&2.into(), &10.into(), &10.into()));
    assert_eq!(value["optimal"], true);
    assert_eq!(value["patterns"][0], serde_json::json!({ "count": 1, "kind": "large", "items": { "0": 2 } }));
    assert_eq!(value["patterns"][1], serde_json::json!({ "count": 1, "kind": "small", "items": { "1": 2 } }));
}

#[test]
fn an_answer_without_kinds_tells_of_no_cost() {
    let answer = answer(&read_instance(r#"{"capacity":[10],"items":[{"size":[5]}]}"#).expect("a valid instance"));
    let value = serde_json::to_value(answer).expect("plain data");
    assert_eq!((value.get("cost"), value["patterns"][0].get("kind")), (None, None));
}

#[test]
fn errors_in_kinds_say_where_and_what() {
    let with = |kinds: &str, item: &str| {
        error(&format!("{{\"capacity\":[9],\"kinds\":[{kinds}],\n\"items\":[{{\"size\":[1]{item}}}]}}"))
    };
    let small = r#"{"name":"small","cost":3}"#;
    assert_eq!(with(small, r#","kinds":["large"]"#), "2:10: /items/0/kinds: there is no kind `large`; there are `small`");
    let none = with("", r#","kinds":["large"]"#);
    assert_eq!(none, "2:10: /items/0/kinds: there is no kind `large`; state it in `kinds` beside `items`");
    let nowhere = with(small, r#","kinds":[]"#);
    assert_eq!(nowhere, "2:10: /items/0/kinds: no kind may hold the item; leave `kinds` out to allow all");
    assert_eq!(with(r#"{"name":"a","cost":0}"#, ""), "1:26: /kinds/0/cost: found 0, expected a cost of at least 1");
    let twice = with(&format!("{small},{small}"), "");
    assert_eq!(twice, "1:52: /kinds/1/name: the name `small` is used before");
    assert!(with(r#"{"name":"a","cost":-1}"#, "").contains("-1"));
    assert!(with(r#"{"name":"a"}"#, "").contains("missing field `cost`"));
}

/// Bins, cost and whether that is proven.
fn packed(text: &str) -> (u64, Option<u64>, bool) {
    let answer = answer(&read_instance(text).expect("a valid instance"));
    (answer.bins, answer.cost, answer.optimal)
}

#[test]
fn kinds_of_bins_differ_in_size() {
    // One large bin costs less than two small ones, three small ones less than two large ones.
    let bins = r#""bins":[{"name":"S","cost":4,"capacity":[6,6]},{"name":"L","cost":7,"capacity":[12,10]}]"#;
    assert_eq!(packed(&format!(r#"{{{bins},"items":[{{"size":[6,5],"count":2}}]}}"#)), (1, Some(7), true));
    assert_eq!(packed(&format!(r#"{{{bins},"items":[{{"size":[6,6],"count":3}}]}}"#)), (3, Some(12), true));
    let text = format!(r#"{{{bins},"items":[{{"size":[7,1]}},{{"size":[3,3]}}]}}"#);
    let value = serde_json::to_value(answer(&read_instance(&text).expect("a valid instance"))).expect("plain data");
    assert_eq!((&value["cost"], &value["patterns"][0]["kind"]), (&7.into(), &"L".into()));
    assert_eq!(
        error(&format!(r#"{{{bins},"items":[{{"size":[12,11]}}]}}"#)).split_once(": ").map(|e| e.1.to_owned()),
        Some("/items/0/size: the size 11 is larger than the capacity 10 of the kind `L`, and fits in no other".to_owned())
    );
    assert!(
        error(r#"{"capacity":[4,4],"bins":[{"cost":1,"capacity":4}],"items":[]}"#).contains("found 1 dimensions, expected 2")
    );
}

#[test]
fn stock_is_limited() {
    let with = |stock: &str, items: &str| {
        format!(
            r#"{{"bins":[{{"name":"S","cost":4,"capacity":6}},{{"name":"L","cost":7,"capacity":12{stock}}}],"items":[{items}]}}"#
        )
    };
    let items = r#"{"size":3,"count":12}"#;
    assert_eq!(packed(&with("", items)), (3, Some(21), true));
    // One large one, and four small ones for the eight that are left.
    assert_eq!(packed(&with(r#","stock":1"#, items)), (5, Some(7 + 4 * 4), true));
    assert_eq!(packed(&with(r#","stock":0"#, items)), (6, Some(24), true));
    let instance = read_instance(&with(r#","stock":1"#, r#"{"size":7,"count":2}"#)).expect("a valid instance");
    let outcome = Exact::default().solve(&instance.problem, &Control::default()).expect("a valid problem");
    assert_eq!(PackAnswer::new(&instance, &outcome, 0.0), Err(OutOfStock::Proven));
}

#[test]
fn sizes_may_have_decimals() {
    let text = r#"{"capacity":[1, 2.5],"items":[{"size":[0.1, 0.25],"count":10},{"size":[0.30000001, 1]}]}"#;
    let instance = read_instance(text).expect("a valid instance");
    assert_eq!(instance.problem.capacity, [100_000_000, 250]);
    assert_eq!(answer(&instance).bins, 2);
    let tiny = error(r#"{"capacity":[1],"items":[{"size":[0.0000000001]}]}"#);
    assert!(tiny.contains("more than 9 digits after the decimal point"), "{tiny}");
    assert!(error(r#"{"capacity":[1],"items":[{"size":-0.5}]}"#).contains("found -0.5, expected a number from 0 on"));
    assert!(error(r#"{"capacity":[1],"items":[{"size":1.5}]}"#).contains("the size 1.5 is larger than the capacity 1"));
}

#[test]
fn items_have_names() {
    let text = r#"{"capacity":10,"items":[{"size":6,"name":"api"},{"size":4,"count":2,"name":"job"}]}"#;
    let value = serde_json::to_value(answer(&read_instance(text).expect("a valid instance"))).expect("plain data");
    assert_eq!(value["patterns"][0]["names"], serde_json::json!({ "api": 1, "job": 1 }));
}

#[test]
fn what_is_together_shares_a_bin() {
    let text =
        r#"{"capacity":10,"items":[{"size":6,"together":["a"]},{"size":2,"count":2,"together":["a"]},{"size":6},{"size":4}]}"#;
    let answer = answer(&read_instance(text).expect("a valid instance"));
    assert_eq!(answer.bins, 2);
    assert!(answer.patterns.iter().any(|p| p.items.get(&0) == Some(&1) && p.items.get(&1) == Some(&2)));
    let with = |first: &str, second: &str| {
        error(&format!(
            r#"{{"capacity":10,"items":[{{"size":6,"together":["a"]{first}}},{{"size":4,"together":["a"]{second}}}]}}"#
        ))
    };
    assert!(with(r#","class":"x""#, r#","class":"y""#).contains("different classes never share a bin"));
    assert!(with(r#","apart":["x"]"#, r#","apart":["x"]"#).contains("cannot be together"));
    assert!(with("", r#","count":2"#).contains("what must be together is larger than a bin"));
}

#[test]
fn open_bins_are_filled_first() {
    let text = r#"{"capacity":10,"items":[{"size":7,"open":true},{"size":0,"open":true},{"size":3,"count":4}]}"#;
    let answer = answer(&read_instance(text).expect("a valid instance"));
    assert_eq!((answer.bins, answer.optimal), (2, true));
    assert!(answer.patterns.iter().all(|p| !(p.items.contains_key(&0) && p.items.contains_key(&1))));
    assert!(error(r#"{"capacity":10,"items":[{"size":7,"open":true,"count":2}]}"#).contains("an `open` bin is one"));
}
