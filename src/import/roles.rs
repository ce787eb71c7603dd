//! What the rules import each provider type as.

use std::rc::Rc;

use minijinja::Environment;
use rustc_hash::FxHashMap;

use crate::rules::{Compiled, ElementSource, Language, ResourceRule, RuleSet, Source, Template};

/// What a provider's resource is to a rule.
pub(super) enum Role<'r> {
    /// A resource of the rule's type.
    Top(Top<'r>),
    /// An element of a collection.
    Element(ElementOf<'r>),
    /// Something that says more of the resource it belongs to.
    Part { rule: &'r ResourceRule, parent: Option<Compiled<'r>> },
    /// Something that connects others.
    Link,
    /// Something that `colocate` makes by itself.
    Made,
}

pub(super) struct Top<'r> {
    pub(super) rule: &'r ResourceRule,
    pub(super) source: &'r Source,
    pub(super) when: Option<Compiled<'r>>,
    pub(super) config: Compiled<'r>,
}

pub(super) struct ElementOf<'r> {
    pub(super) rule: &'r ResourceRule,
    pub(super) source: &'r ElementSource,
    /// The parts that resources of its type may have.
    pub(super) whole: &'r Source,
    /// How many collections it is within, itself included.
    pub(super) depth: usize,
    pub(super) when: Option<Compiled<'r>>,
    pub(super) parent: Option<Compiled<'r>>,
    pub(super) config: Compiled<'r>,
}

/// By provider type, in lower case: what it may be, in the order of the rules.
pub(super) type Roles<'r> = FxHashMap<&'r str, Vec<Rc<Role<'r>>>>;

/// The roles that the rules give in a language.
pub(super) fn roles(rules: &RuleSet, language: Language) -> Roles<'_> {
    let mut roles = Roles::default();
    for rule in rules.resources() {
        if let Some(source) = rule.import.of(language) {
            // Expressions that do not compile are refused when rules are read.
            let _ = Adding { roles: &mut roles, environment: &rules.environment, rule, source }.source();
        }
    }
    roles
}

struct Adding<'a, 'r> {
    roles: &'a mut Roles<'r>,
    environment: &'r Environment<'static>,
    rule: &'r ResourceRule,
    source: &'r Source,
}

impl<'r> Adding<'_, 'r> {
    fn add(&mut self, types: &'r [String], role: Role<'r>) {
        let role = Rc::new(role);
        types.iter().for_each(|name| self.roles.entry(name).or_default().push(Rc::clone(&role)));
    }

    fn compile(&self, template: Option<&'r Template>) -> Result<Option<Compiled<'r>>, minijinja::Error> {
        template.map(|template| template.compile(self.environment)).transpose()
    }

    fn source(&mut self) -> Result<(), minijinja::Error> {
        let Self { rule, source, environment, .. } = *self;
        let when = self.compile(source.when.as_ref())?;
        self.add(&source.types, Role::Top(Top { rule, source, when, config: source.config.compile(environment)? }));
        self.elements(&source.elements, 1)?;
        for part in source.parts.values() {
            let parent = self.compile(part.parent.as_ref())?;
            self.add(&part.types, Role::Part { rule, parent });
        }
        self.add(&source.links, Role::Link);
        self.add(&source.made, Role::Made);
        Ok(())
    }

    fn elements(&mut self, sources: &'r [ElementSource], depth: usize) -> Result<(), minijinja::Error> {
        for source in sources {
            let element = ElementOf {
                rule: self.rule,
                source,
                whole: self.source,
                depth,
                when: self.compile(source.when.as_ref())?,
                parent: self.compile(source.parent.as_ref())?,
                config: source.config.compile(self.environment)?,
            };
            self.add(&source.types, Role::Element(element));
            self.elements(&source.elements, depth + 1)?;
        }
        Ok(())
    }
}
