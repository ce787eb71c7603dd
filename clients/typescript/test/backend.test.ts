import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { Backend, ColocateError, CrudApi, FunctionsApp, StaticSite, component, componentType, defineBackend, provision, requirement, type RuleFile } from "../src/index.js";

const prod = { name: "shop", environment: "prod", location: "eastus" };

const crud = <Id extends string>(id: Id, entityName: string) => CrudApi.define(id, { entityName });

test("two APIs share an account, an app and the files", () => {
  const backend = defineBackend({ userApi: crud("UserApi", "User"), orderApi: crud("OrderApi", "Order") }, prod);
  for (const type of ["cosmos", "functions", "storage"]) {
    assert.equal(backend.resources.filter((resource) => resource.type === type && !resource.implied).length, 1, type);
  }
  assert.equal(backend.components.userApi.environment["USER_API_DATABASE_NAME"], "user-db");
  assert.equal(backend.components.orderApi.environment["ORDER_API_DATABASE_NAME"], "order-db");
  assert.equal(backend.components.userApi.resource("cosmos").id, backend.components.orderApi.resource("cosmos").id);
  assert.equal(backend.plan().summary.unshared, 6);
  assert.equal(backend.plan().optimal, true);
  assert.deepEqual(Object.keys(backend.bindings), ["OrderApi", "UserApi"]);
  const id: "UserApi" = backend.components.userApi.id;
  assert.equal(id, "UserApi");
});

test("declaring a component provisions nothing", () => {
  const declared = crud("UserApi", "User");
  assert.deepEqual(JSON.parse(JSON.stringify(declared)), { id: "UserApi", component: { type: "CrudApi", config: { entityName: "User" } } });
});

test("a component by itself, and a backend that shares nothing", () => {
  const alone = provision(crud("UserApi", "User"), prod);
  assert.deepEqual(alone.resources.map((resource) => resource.type).sort(), ["cosmos", "functions", "storage"]);
  const declared = { a: crud("UserApi", "User"), b: crud("OrderApi", "Order") };
  const unshared = defineBackend(declared, { ...prod, unshared: true });
  assert.equal(unshared.resources.filter((resource) => resource.type === "cosmos").length, 2);
});

test("the builder gathers components under their ids", () => {
  const builder = Backend.builder(prod).add(crud("UserApi", "User")).add(StaticSite.define("Storefront"));
  const backend = builder.with({ tags: { team: "web" } }).build();
  assert.equal(backend.components.UserApi.id, "UserApi");
  assert.ok(backend.components.Storefront.resource("cdn"));
  assert.equal(backend.resources.every((resource) => (resource.config["tags"] as { team: string }).team === "web"), true);
  assert.throws(() => builder.add(crud("UserApi", "Again")), RangeError);
  assert.throws(() => defineBackend({ a: crud("X", "A"), b: crud("X", "B") }), RangeError);
});

test("requirements are merged by priority, and those who disagree do not share", () => {
  const cosmos = (consistency: "Strong" | "Session", priority: number) => requirement("cosmos", "main", { consistency }, priority);
  const weighed = defineBackend({ a: component("A", cosmos("Strong", 30)), b: component("B", cosmos("Session", 10)) }, prod);
  assert.equal(weighed.resources.length, 1);
  assert.equal(weighed.resources[0]?.config["consistency"], "Strong");
  const split = defineBackend({ a: component("A", cosmos("Strong", 10)), b: component("B", cosmos("Session", 10)) }, prod);
  assert.equal(split.resources.length, 2);
  assert.ok(split.warnings.some((warning) => warning.code === "split-by-conflict"));
  const forced = defineBackend({ a: component("A", cosmos("Session", 10)) }, { ...prod, overrides: [{ resourceType: "cosmos", config: { consistency: "Strong" } }] });
  assert.equal(forced.components.a.resource("cosmos").config["consistency"], "Strong");
});

test("settings refer to what others have", () => {
  const users = crud("UserApi", "User");
  const web = FunctionsApp.define("Web", { functions: ["render"], environmentVariables: { USERS: users.output("endpoint"), DB: "x" } });
  const backend = defineBackend({ users, web }, prod);
  assert.match(String(backend.components.web.environment["WEB_USERS"]), /\$\{.*functions:api-functions.*\}/);
});

test("requirements beside those of a component type", () => {
  const users = crud("UserApi", "User").requires(requirement("servicebus", "bus", { queues: ["users"] }));
  const backend = defineBackend({ users }, prod);
  assert.ok(backend.components.users.resource("servicebus"));
});

test("what is wrong is told with its places", () => {
  const declared = { a: CrudApi.define("A", { partitionKey: "id" }), b: component("B", requirement("cosmos", "k", { consistency: "Sesion" as "Session" })) };
  const error = (() => {
    try {
      return defineBackend(declared, prod);
    } catch (error) {
      return error;
    }
  })();
  assert.ok(error instanceof ColocateError);
  assert.equal(error.exitCode, 1);
  assert.deepEqual(error.diagnostics.map(({ code, pointer }) => [code, pointer]), [
    ["E0109", "/components/A/config/partitionKey"],
    ["E0109", "/components/B/requirements/0/config/consistency"],
  ]);
  assert.equal(error.of("B")[0]?.help, "did you mean `Session`?");
  assert.equal(error.of("A")[0]?.position?.file, "estate.json");
  assert.match(error.message, /did you mean `Session`/);
});

test("limits that planning finds are told in the same way", () => {
  const limited = { ...prod, settings: { maxResources: { cosmos: 1 } } };
  const cosmos = (consistency: "Strong" | "Session") => requirement("cosmos", "main", { consistency });
  assert.throws(
    () => defineBackend({ a: component("A", cosmos("Strong")), b: component("B", cosmos("Session")) }, limited),
    (error) => error instanceof ColocateError && error.diagnostics[0]?.code === "E0406",
  );
});

test("resource types and component types of one's own are rule objects", () => {
  const cache: RuleFile = {
    version: 1,
    resourceType: "cache",
    properties: { spaces: { type: "array", items: { type: "string" }, merge: "union", prefix: "kebab" } },
    capacities: { spaces: { limit: 2, count: "spaces" } },
  };
  const session: RuleFile = {
    version: 1,
    componentType: "Session",
    properties: { spaces: { type: "array", items: { type: "string" }, default: ["main"] } },
    requirements: [{ resourceType: "cache", requirementKey: "shared", config: { spaces: "{{ config.spaces }}" } }],
  };
  const Session = componentType<{ spaces?: string[] }>("Session");
  const declared = { a: Session.define("A"), b: Session.define("B"), c: Session.define("C", { spaces: ["x"] }) };
  const backend = defineBackend(declared, { ...prod, rules: [cache, session] });
  assert.equal(backend.resources.filter((resource) => resource.type === "cache").length, 2);
});

test("a backend becomes a template", () => {
  const backend = defineBackend({ users: crud("UserApi", "User") }, prod);
  const bicep = backend.template("bicep");
  assert.match(bicep["main.bicep"] ?? "", /Microsoft.DocumentDB\/databaseAccounts/);
  assert.match(backend.report(), /1 component/);
});

test("a lock keeps placements", () => {
  const folder = mkdtempSync(join(tmpdir(), "lock-"));
  try {
    const lock = join(folder, "shop.lock.json");
    const first = defineBackend({ users: crud("UserApi", "User") }, prod);
    writeFileSync(lock, JSON.stringify(first.plan()));
    const second = defineBackend({ users: crud("UserApi", "User"), orders: crud("OrderApi", "Order") }, { ...prod, lock });
    assert.equal(second.components.users.resource("cosmos").name, first.components.users.resource("cosmos").name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a program that is missing is told", () => {
  const before = process.env["COLOCATE"];
  process.env["COLOCATE"] = "/nowhere/colocate";
  try {
    assert.throws(() => defineBackend({ a: crud("A", "A") }), /set COLOCATE to where it is/);
  } finally {
    if (before === undefined) delete process.env["COLOCATE"];
    else process.env["COLOCATE"] = before;
  }
});

test("mistakes are found by the compiler", () => {
  // @ts-expect-error unknown property
  CrudApi.define("A", { entityNam: "User" });
  // @ts-expect-error no such word
  requirement("cosmos", "k", { consistency: "Weak" });
  // @ts-expect-error no such type
  requirement("cosmo", "k");
  // @ts-expect-error no such output
  crud("A", "A").output("password");
  const declared = { a: crud("A", "A") };
  // @ts-expect-error no such component
  const missing = (backend: Backend<typeof declared>) => backend.components.b;
  assert.ok(missing);
});
