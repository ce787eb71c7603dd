//! What the rules import each provider type as.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::rules::{ElementSource, Language, ResourceRule, RuleSet, Source, Template};

/// What a provider's resource is to a rule.
pub(super) enum Role<'r> {
    /// A resource of the rule's type.
    Top(Top<'r>),
    /// An element of a collection.
    Element(ElementOf<'r>),
    /// Something that says more of the resource it belongs to.
    Part { rule: &'r ResourceRule, parent: Option<&'r Template> },
    /// Something that connects others.
    Link,
    /// Something that `colocate` makes by itself.
    Made,
}

pub(super) struct Top<'r> {
    pub(super) rule: &'r ResourceRule,
    pub(super) source: &'r Source,
}

pub(super) struct ElementOf<'r> {
    pub(super) rule: &'r ResourceRule,
    pub(super) source: &'r ElementSource,
    /// The parts that resources of its type may have.
    pub(super) whole: &'r Source,
    /// How many collections it is within, itself included.
    pub(super) depth: usize,
}

/// By provider type, in lower case: what it may be, in the order of the rules.
pub(super) type Roles<'r> = FxHashMap<&'r str, Vec<Rc<Role<'r>>>>;

/// The roles that the rules give in a language.
pub(super) fn roles(rules: &RuleSet, language: Language) -> Roles<'_> {
    let mut roles = Roles::default();
    for rule in rules.resources() {
        if let Some(source) = rule.import.of(language) {
            Adding { roles: &mut roles, rule, source }.source();
        }
    }
    roles
}

struct Adding<'a, 'r> {
    roles: &'a mut Roles<'r>,
    rule: &'r ResourceRule,
    source: &'r Source,
}

impl<'r> Adding<'_, 'r> {
    fn add(&mut self, types: &'r [String], role: Role<'r>) {
        let role = Rc::new(role);
        types.iter().for_each(|name| self.roles.entry(name).or_default().push(Rc::clone(&role)));
    }

    fn source(&mut self) {
        let Self { rule, source, .. } = *self;
        self.add(&source.types, Role::Top(Top { rule, source }));
        self.elements(&source.elements, 1);
        for part in source.parts.values() {
            self.add(&part.types, Role::Part { rule, parent: part.parent.as_ref() });
        }
        self.add(&source.links, Role::Link);
        self.add(&source.made, Role::Made);
    }

    fn elements(&mut self, sources: &'r [ElementSource], depth: usize) {
        for source in sources {
            self.add(&source.types, Role::Element(ElementOf { rule: self.rule, source, whole: self.source, depth }));
            self.elements(&source.elements, depth + 1);
        }
    }
}
