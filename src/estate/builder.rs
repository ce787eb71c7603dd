//! Estates built in code, equal to those read from JSON.

use serde_json::{Map, Value};

use super::{Component, Constraints, Estate, Override, Priority, Requirement, Settings};
use crate::input::{Code, Diagnostic, Diagnostics, Document};
use crate::names::{ComponentId, ComponentType, RequirementKey, ResourceType};

/// Something that can be put into an estate as a component.
pub trait ComponentBuilder {
    /// The component's id and what it is.
    fn build(self) -> (ComponentId, Component);
}

/// A component of any type, with a config.
#[derive(Clone, Debug)]
pub struct Typed {
    id: ComponentId,
    component: Component,
}

impl Typed {
    /// A component of the given type.
    pub fn new(component_type: impl Into<ComponentType>, id: impl Into<ComponentId>) -> Self {
        let component = Component { component_type: Some(component_type.into()), ..Component::default() };
        Self { id: id.into(), component }
    }

    /// Sets one field of its config.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.component.config.insert(field.to_owned(), value.into());
        self
    }

    /// Adds a requirement beside those of its type.
    #[must_use]
    pub fn requires(mut self, requirement: Requirement) -> Self {
        self.component.requirements.push(requirement);
        self
    }
}

impl ComponentBuilder for Typed {
    fn build(self) -> (ComponentId, Component) {
        (self.id, self.component)
    }
}

/// A `CrudApi` component: functions over a Cosmos DB container.
#[derive(Clone, Debug)]
pub struct CrudApi(Typed);

impl CrudApi {
    /// An API with this component id.
    pub fn new(id: impl Into<ComponentId>) -> Self {
        Self(Typed::new("CrudApi", id))
    }

    /// The entity it manages; its database is named after it.
    #[must_use]
    pub fn entity(self, name: &str) -> Self {
        Self(self.0.set("entityName", name))
    }

    /// The partition key of its container: `/tenantId`.
    #[must_use]
    pub fn partition_key(self, path: &str) -> Self {
        Self(self.0.set("partitionKey", path))
    }

    /// Sets any other field of its config.
    #[must_use]
    pub fn set(self, field: &str, value: impl Into<Value>) -> Self {
        Self(self.0.set(field, value))
    }
}

impl ComponentBuilder for CrudApi {
    fn build(self) -> (ComponentId, Component) {
        self.0.build()
    }
}

/// A component with nothing but requirements of its own.
#[derive(Clone, Debug)]
pub struct Raw {
    id: ComponentId,
    component: Component,
}

impl Raw {
    /// A component with this id.
    pub fn new(id: impl Into<ComponentId>) -> Self {
        Self { id: id.into(), component: Component::default() }
    }

    /// Adds a requirement; `config` is a JSON object.
    #[must_use]
    pub fn requires(
        mut self,
        resource_type: impl Into<ResourceType>,
        requirement_key: impl Into<RequirementKey>,
        priority: Priority,
        config: Map<String, Value>,
    ) -> Self {
        let (resource_type, requirement_key) = (resource_type.into(), requirement_key.into());
        self.component.requirements.push(Requirement { resource_type, requirement_key, priority, config });
        self
    }
}

impl ComponentBuilder for Raw {
    fn build(self) -> (ComponentId, Component) {
        (self.id, self.component)
    }
}

/// Puts an estate together step by step; see [`Estate::builder`].
#[derive(Clone, Debug)]
pub struct EstateBuilder {
    estate: Estate,
    twice: Vec<ComponentId>,
}

impl Estate {
    /// Begins an estate.
    ///
    /// ```
    /// use colocate::{CrudApi, Estate};
    /// let estate = Estate::builder("shop")
    ///     .environment("prod")
    ///     .location("eastus")
    ///     .component(CrudApi::new("UserApi").entity("User"))
    ///     .component(CrudApi::new("OrderApi").entity("Order"))
    ///     .build()?;
    /// assert_eq!(estate.components.len(), 2);
    /// # Ok::<(), colocate::Diagnostics>(())
    /// ```
    pub fn builder(name: &str) -> EstateBuilder {
        EstateBuilder { estate: Estate::empty(name.to_owned()), twice: Vec::new() }
    }
}

impl EstateBuilder {
    /// Sets the environment.
    #[must_use]
    pub fn environment(mut self, environment: &str) -> Self {
        self.estate.environment = Some(environment.to_owned());
        self
    }

    /// Sets the region of everything that names none itself.
    #[must_use]
    pub fn location(mut self, location: &str) -> Self {
        self.estate.location = Some(location.to_owned());
        self
    }

    /// Adds a tag for every resource.
    #[must_use]
    pub fn tag(mut self, name: &str, value: &str) -> Self {
        self.estate.tags.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds a component.
    #[must_use]
    pub fn component(mut self, component: impl ComponentBuilder) -> Self {
        let (id, component) = component.build();
        if self.estate.components.insert(id.clone(), component).is_some() {
            self.twice.push(id);
        }
        self
    }

    /// Adds an override.
    #[must_use]
    pub fn r#override(mut self, r#override: Override) -> Self {
        self.estate.overrides.push(r#override);
        self
    }

    /// Sets who may or must share with whom.
    #[must_use]
    pub fn constraints(mut self, constraints: Constraints) -> Self {
        self.estate.constraints = constraints;
        self
    }

    /// Sets how to plan.
    #[must_use]
    pub fn settings(mut self, settings: Settings) -> Self {
        self.estate.settings = settings;
        self
    }

    /// The estate, held to the same standard as one read from a file.
    ///
    /// # Errors
    /// A component id given twice, and everything that [`Estate::from_json`] would refuse.
    pub fn build(self) -> Result<Estate, Diagnostics> {
        if !self.twice.is_empty() {
            let twice = |id: &ComponentId| Diagnostic::error(Code::DuplicateKey, format!("the component `{id}` was added twice"));
            return Err(self.twice.iter().map(twice).collect::<Vec<_>>().into());
        }
        let bytes = serde_json::to_vec(&self.estate)
            .map_err(|error| Diagnostics::from(Diagnostic::error(Code::Syntax, error.to_string())))?;
        Estate::read(&Document::new("<built>", bytes)?)
    }
}
