//! Where a template is deployed, as far as that is known, and the ids that follow from it.

use serde_json::{Value, json};

use crate::import::marks;

/// Where a template is deployed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subscription: Option<String>,
    pub(crate) resource_group: Option<String>,
    pub(crate) location: Option<String>,
    /// The name of the deployment.
    pub(crate) deployment: Option<String>,
}

/// What stands in ids for a subscription that is not known.
const SUBSCRIPTION: &str = "{subscription}";
/// What stands in ids for a resource group that is not known.
const GROUP: &str = "{resourceGroup}";

fn open(expression: &str) -> Value {
    Value::String(marks::unknown(expression, false, &[]))
}

fn told(value: Option<&String>, expression: &str) -> Value {
    value.map_or_else(|| open(expression), |value| Value::String(value.clone()))
}

impl Place {
    pub(super) fn subscription_id(&self) -> String {
        format!("/subscriptions/{}", self.subscription.as_deref().map_or_else(|| SUBSCRIPTION.to_owned(), marks::token))
    }

    pub(super) fn group_id(&self) -> String {
        let group = self.resource_group.as_deref().map_or_else(|| GROUP.to_owned(), marks::token);
        format!("{}/resourceGroups/{group}", self.subscription_id())
    }

    /// What `subscription()` gives.
    pub(super) fn subscription(&self) -> Value {
        json!({
            "id": self.subscription.as_ref().map_or_else(|| open("subscription().id"), |_| Value::String(self.subscription_id())),
            "subscriptionId": told(self.subscription.as_ref(), "subscription().subscriptionId"),
            "tenantId": open("subscription().tenantId"),
            "displayName": open("subscription().displayName"),
        })
    }

    /// What `resourceGroup()` gives.
    pub(super) fn group(&self) -> Value {
        let whole = self.subscription.is_some() && self.resource_group.is_some();
        json!({
            "id": if whole { Value::String(self.group_id()) } else { open("resourceGroup().id") },
            "name": told(self.resource_group.as_ref(), "resourceGroup().name"),
            "type": "Microsoft.Resources/resourceGroups",
            "location": told(self.location.as_ref(), "resourceGroup().location"),
            "tags": open("resourceGroup().tags"),
        })
    }

    /// What `deployment()` gives.
    pub(super) fn deployment(&self) -> Value {
        json!({
            "name": told(self.deployment.as_ref(), "deployment().name"),
            "location": told(self.location.as_ref(), "deployment().location"),
            "properties": { "templateLink": { "uri": open("deployment().properties.templateLink.uri") } },
        })
    }

    /// The id of a resource of this place from its type and the names on the way to it.
    pub(super) fn id(&self, types: &str, names: &[String]) -> String {
        let mut segments = types.split('/');
        let mut id = format!("{}/providers/{}", self.group_id(), segments.next().unwrap_or_default());
        for (kind, name) in segments.zip(names) {
            id.push_str(&format!("/{kind}/{}", marks::token(name)));
        }
        id
    }

    /// What `resourceId` and its like give: a subscription and a resource group may stand before the type, which alone has a
    /// slash and a dot.
    pub(super) fn resource_id(&self, scope: IdScope, arguments: &[Value]) -> Option<Value> {
        let texts: Vec<&str> = arguments.iter().map(Value::as_str).collect::<Option<_>>()?;
        let first = texts.iter().position(|text| text.contains('/') && text.contains('.') && marks::is_known(text))?;
        let (before, types, names) = (texts.get(..first)?, texts.get(first)?, texts.get(first + 1..)?);
        let mut elsewhere = self.clone();
        let root = match (scope, before) {
            (IdScope::Group, [group]) => {
                elsewhere.resource_group = Some((*group).to_owned());
                elsewhere.group_id()
            }
            (IdScope::Group, [subscription, group]) => {
                elsewhere.subscription = Some((*subscription).to_owned());
                elsewhere.resource_group = Some((*group).to_owned());
                elsewhere.group_id()
            }
            (IdScope::Group, _) => self.group_id(),
            (IdScope::Subscription, [subscription]) => {
                elsewhere.subscription = Some((*subscription).to_owned());
                elsewhere.subscription_id()
            }
            (IdScope::Subscription, _) => self.subscription_id(),
            (IdScope::Tenant, _) => String::new(),
            (IdScope::Of, [target]) => marks::token(target),
            (IdScope::Of, _) => return None,
        };
        let mut segments = types.split('/');
        let mut id = format!("{root}/providers/{}", segments.next()?);
        let types: Vec<&str> = segments.collect();
        if types.len() != names.len() {
            return None;
        }
        types.iter().zip(names).for_each(|(kind, name)| id.push_str(&format!("/{kind}/{name}")));
        Some(Value::String(id))
    }
}

/// What an id begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum IdScope {
    Group,
    Subscription,
    Tenant,
    /// Another resource.
    Of,
}
