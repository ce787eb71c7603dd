//! Large estates of every kind, generated.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What the estates differ in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Networking {
    Public,
    Isolated,
}

/// An estate of components of all types and requirements of all types, with references and monitoring.
pub fn mixed(components: usize, networking: Networking) -> Value {
    let isolated = networking == Networking::Isolated;
    let components: BTreeMap<String, Value> = (0..components).map(|i| (id(i), component(i, isolated))).collect();
    let networking = if isolated { "isolated" } else { "public" };
    json!({
        "version": 1, "name": "mixed", "environment": "test", "location": "westeurope", "tags": { "team": "web" },
        "components": components,
        "settings": { "monitoring": { "retentionDays": 45 }, "networking": networking }
    })
}

fn id(i: usize) -> String {
    format!("C{i:04}")
}

fn component(i: usize, isolated: bool) -> Value {
    let round = i / 14;
    match i % 14 {
        0..=2 => json!({ "type": "CrudApi", "config": {
            "entityName": format!("Thing{i}"), "partitionKey": "/tenantId", "uniqueKeys": ["/a,/b"], "defaultTtl": -1 } }),
        3 => json!({ "type": "StaticSite", "config": {
            "errorDocument": "404.html", "customDomains": [format!("s{i}.example.com")] } }),
        4 => {
            let runtime = ["python", "node", "java", "dotnet-isolated", "powershell"][round % 5];
            json!({ "type": "FunctionsApp", "config": { "functions": 3, "runtime": runtime, "functionsKey": format!("fn-{runtime}"),
                "environmentVariables": { "SITE": format!("${{{}.endpoint}}", id(i - 1)) } } })
        }
        5 => {
            let topics = if isolated { json!([]) } else { json!(["events"]) };
            json!({ "type": "DataStack", "config": { "topics": topics, "cosmosKey": "provisioned",
                "containers": [{ "name": "x", "partitionKey": "/a/b", "throughput": 400 }] } })
        }
        6 => messaging(i),
        7 => storage(),
        8 => requirements(
            json!([{ "resourceType": "cosmos", "requirementKey": "mongo", "config": { "api": "MongoDB", "databases": [
            { "name": format!("m{i}"), "containers": [{ "name": "c", "partitionKey": "/a", "uniqueKeys": ["/k"], "defaultTtl": 60 }] }
        ] } }]),
        ),
        9 => requirements(json!([{ "resourceType": "cosmos", "requirementKey": "global", "config": {
            "regions": ["westus", "northeurope"], "consistency": "BoundedStaleness", "backupPolicy": "Continuous7Days",
            "databases": [{ "name": format!("g{i}"), "autoscaleMaxThroughput": 4000, "containers": ["d", { "name": "c", "indexingPolicy": {
                "indexingMode": "consistent", "includedPaths": ["/*"], "excludedPaths": ["/x/?"] } }] }]
        } }])),
        10 => {
            let addresses = if isolated { json!([]) } else { json!(["10.0.0.0/8"]) };
            requirements(json!([
                { "resourceType": "plan", "requirementKey": "p", "config": { "sku": "P1v3", "instances": 2 } },
                { "resourceType": "functions", "requirementKey": "dedicated", "config": {
                    "sku": "P1v3", "planKey": "p", "functions": ["x"], "minimumInstances": 1, "ipRules": addresses } }
            ]))
        }
        11 => requirements(json!([
            { "resourceType": "appinsights", "requirementKey": "own", "config": { "samplingPercentage": 50, "dailyCapGB": 2 } },
            { "resourceType": "cdn", "requirementKey": "edge", "config": { "sku": "Premium_AzureFrontDoor", "endpoints": [
                { "name": "e", "origin": "example.com", "patterns": ["/api/*"], "caching": false }] } }
        ])),
        12 => requirements(json!([
            { "resourceType": "storage", "requirementKey": "premium", "config": {
                "tier": "Premium", "kind": "FileStorage", "shares": [{ "name": "nfs", "protocol": "NFS" }] } },
            { "resourceType": "functions", "requirementKey": "flex", "config": {
                "functions": ["x"], "runtime": "java", "version": "21", "instanceMemoryMB": 4096, "minimumInstances": 2, "maximumInstances": 50 } }
        ])),
        _ => {
            let api = ["Cassandra", "Gremlin", "Table"][round % 3];
            requirements(json!([
                { "resourceType": "functions", "requirementKey": "custom", "config": { "runtime": "custom", "functions": ["x"],
                    "environmentVariables": { "OTHER": format!("${{{}.endpoint}}", id(i - 13)), "N": 5, "B": true, "UNICODE": "häß 日本 '''" } } },
                { "resourceType": "cosmos", "requirementKey": "other", "config": { "api": api } }
            ]))
        }
    }
}

fn requirements(requirements: Value) -> Value {
    json!({ "requirements": requirements })
}

fn messaging(i: usize) -> Value {
    let settings = json!({
        "BUS": "${servicebus.hostName}", "VAULT": "${keyvault.vaultUri}", "LITERAL": "it's [a] %{b}",
        "DB_PASSWORD": format!("correct-horse-{i}"), "KEPT": format!("@Microsoft.KeyVault(SecretUri=${{keyvault.vaultUri}}secrets/c{i:04}-token)")
    });
    requirements(json!([
        { "resourceType": "keyvault", "requirementKey": "vault", "config": { "secrets": ["token", { "name": "cert", "contentType": "text/plain" }] } },
        { "resourceType": "servicebus", "requirementKey": "bus", "config": { "sku": "Premium",
            "queues": [{ "name": format!("q{i}"), "maxDeliveryCount": 5, "lockSeconds": 60, "timeToLiveSeconds": 3600, "maxSizeMB": 1024 }],
            "topics": [{ "name": format!("t{i}"), "subscriptions": [{ "name": "s", "filter": "a = 'b'", "maxDeliveryCount": 3 }] }] } },
        { "resourceType": "functions", "requirementKey": "workers", "config": { "sku": "EP1", "functions": ["work"],
            "cors": ["https://x.example.com"], "environmentVariables": settings,
            "connectionStrings": { "Main": { "value": format!("Server=tcp:x;Password=abc{i}"), "type": "SQLAzure" } } } }
    ]))
}

fn storage() -> Value {
    requirements(json!([
        { "resourceType": "storage", "requirementKey": "lake", "config": { "redundancy": "GRS", "cors": ["*"],
            "containers": ["a", { "name": "bcd", "publicAccess": "None" }], "queues": ["jobs"], "tables": ["log"],
            "shares": [{ "name": "files", "quotaGB": 5 }], "blobVersioning": true, "deleteRetentionDays": 7 } },
        { "resourceType": "functions", "requirementKey": "desktop", "config": {
            "os": "windows", "runtime": "dotnet-isolated", "functions": ["f"], "sku": "S1", "alwaysOn": true } }
    ]))
}
