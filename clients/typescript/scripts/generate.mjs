// Writes the types of the formats from their schemas, so that they are never written by hand.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const root = new URL("../../../", import.meta.url);
const target = new URL("../src/generated/", import.meta.url);
mkdirSync(target, { recursive: true });

const read = (path) => JSON.parse(readFileSync(new URL(path, root), "utf8"));

/** Types cannot say what a pattern says: of words in any case the listed ones remain, of a reference its shape. */
function simplify(schema) {
  if (Array.isArray(schema)) return schema.map(simplify);
  if (schema === null || typeof schema !== "object") return schema;
  const members = Object.fromEntries(
    Object.entries(schema)
      .filter(([name, value]) => !["if", "then", "not", "examples", "default", "propertyNames", "uniqueItems", "minItems", "maxItems"].includes(name) || (name === "default" && typeof value === "object" && value?.type))
      .map(([name, value]) => [name, simplify(value)]),
  );
  if (Array.isArray(members.anyOf)) {
    const words = members.anyOf.some((way) => way.enum || way.oneOf);
    members.anyOf = members.anyOf.filter((way) => !(words && way.type === "string" && way.pattern?.startsWith("^(?:")));
  }
  if (Array.isArray(members.allOf)) {
    members.allOf = members.allOf.filter((way) => Object.keys(way).length > 0);
    if (members.allOf.length === 0) delete members.allOf;
  }
  return members;
}

const options = {
  bannerComment: "/* Generated from the JSON Schema; do not edit. */",
  additionalProperties: false,
  unreachableDefinitions: true,
  format: false,
};

for (const [format, name] of [["estate", "Estate"], ["plan", "Plan"], ["rules", "RuleFile"], ["scenarios", "Scenarios"]]) {
  let schema = read(`schemas/${format}.schema.json`);
  if (format === "estate") {
    schema.definitions.Reference.tsType = "`${string}${\"$\"}{${string}`";
    schema = simplify(schema);
    schema.definitions.Reference.tsType = "`${string}${\"$\"}{${string}`";
  }
  const types = await compile(schema, name, { ...options, additionalProperties: format === "rules" });
  writeFileSync(new URL(`${format}.ts`, target), types);
}

// The component types, the definitions of their configs, and what other components may refer to.
const pascal = (name) => name[0].toUpperCase() + name.slice(1);
const components = readdirSync(new URL("rules/azure/components/", root)).filter((name) => name.endsWith(".json")).sort();
const rules = components.map((name) => read(`rules/azure/components/${name}`));
const resources = readdirSync(new URL("rules/azure/resources/", root)).filter((name) => name.endsWith(".json")).sort();
const types = resources.map((name) => read(`rules/azure/resources/${name}`).resourceType);
const imported = [...rules.map((rule) => `Component${pascal(rule.componentType)}`), ...types.map((name) => `Resource${pascal(name)}`)];
const lines = [
  options.bannerComment,
  `import type { ${imported.join(", ")} } from "./estate.js";`,
  "",
  "/** The config of each component type. */",
  "export interface Configs {",
  ...rules.map((rule) => `  ${rule.componentType}: Component${pascal(rule.componentType)};`),
  "}",
  "",
  "/** What a requirement may say, by resource type. */",
  "export interface Resources {",
  ...types.map((name) => `  ${name}: Resource${pascal(name)};`),
  "}",
  "",
  "/** What other components may refer to, by component type. */",
  "export interface Outputs {",
  ...rules.map((rule) => `  ${rule.componentType}: ${Object.keys(rule.outputs ?? {}).map((o) => JSON.stringify(o)).join(" | ") || "never"};`),
  "}",
  "",
];
writeFileSync(new URL("components.ts", target), lines.join("\n"));
