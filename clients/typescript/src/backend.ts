// Backends: declared components, analysed together, with the shared resources that they get.

import { join } from "node:path";

import { Declaration } from "./components.js";
import type { Constraints, Estate, Override, Settings } from "./generated/estate.js";
import type { Binding, Plan, Resource as PlannedResource, Warning } from "./generated/plan.js";
import type { RuleFile } from "./generated/rules.js";
import { files, run, within, written } from "./program.js";

/** What is said of a backend as a whole. */
export interface Options {
  /** Its name, part of the names of all resources; `backend` unless stated. */
  name?: string;
  /** `prod`, say; part of the names of all resources. */
  environment?: string;
  /** The region of everything that names none itself. */
  location?: string;
  tags?: Record<string, string>;
  overrides?: Override[];
  constraints?: Constraints;
  settings?: Settings;
  /** Every component alone, as if there were no backend. */
  unshared?: boolean;
  /** Resource types and component types of your own, and changes of built-in ones, as rule objects. */
  rules?: readonly RuleFile[];
  /** A file with the placements of an earlier plan, which this one keeps. */
  lock?: string;
}

/** A provisioned resource. */
export interface Resource extends PlannedResource {
  /** Its resource type: `cosmos`. */
  readonly type: string;
}

/** What a component of a backend is given. */
export interface Provisioned<Id extends string = string> {
  readonly id: Id;
  /** Its settings, under names with its prefix; values may refer to outputs of resources. */
  readonly environment: Readonly<Record<string, string | number | boolean>>;
  /** The resources that it is on. */
  readonly resources: readonly Resource[];
  /** The same as the plan has it. */
  readonly binding: Binding;
  /** Its resource of a type; an error where it has none, or several. */
  resource(type: string): Resource;
}

/** Declarations by the name that the backend knows them by. */
export type Declarations = Record<string, Declaration>;

/** A language that a backend can be written as a template in. */
export type Language = "arm" | "bicep" | "terraform";

/** Components with the resources that they share. */
export class Backend<Declared extends Declarations = Declarations> {
  readonly resources: readonly Resource[];
  readonly components: { readonly [Name in keyof Declared]: Provisioned<Declared[Name]["id"]> };

  private constructor(
    /** What was planned, as an estate. */
    readonly estate: Estate,
    private readonly options: Options,
    declared: Declared,
    private readonly planned: Plan,
  ) {
    this.resources = planned.resources.map((resource) => ({ ...resource, type: resource.resourceType }));
    const provisioned = Object.entries(declared).map(([name, { id }]) => [name, this.provisioned(id)]);
    this.components = Object.fromEntries(provisioned) as typeof this.components;
  }

  /** Begins a backend that components are added to one by one. */
  static builder(options: Options = {}): Builder<Record<never, never>> {
    return new Builder({}, options);
  }

  /**
   * Analyses components together and plans the fewest shared resources for them.
   *
   * @throws ColocateError with everything that is wrong with them.
   */
  static of<Declared extends Declarations>(declared: Declared, options: Options = {}): Backend<Declared> {
    const estate = estateOf(Object.values(declared), options);
    const text = within((folder) => run(command(folder, estate, options, "json")));
    return new Backend(estate, options, declared, JSON.parse(text) as Plan);
  }

  /** The plan: resources, who is on them and why, and the proof that there are no fewer. */
  plan(): Plan {
    return this.planned;
  }

  /** What each component gets, by its id. */
  get bindings(): Plan["bindings"] {
    return this.planned.bindings;
  }

  get warnings(): readonly Warning[] {
    return this.planned.warnings;
  }

  /** A page of text for people. */
  report(): string {
    return within((folder) => run(command(folder, this.estate, this.options, "text")));
  }

  /** The files of a template that deploys it, by name. */
  template(language: Language): Record<string, string> {
    return within((folder) => {
      const output = join(folder, "template");
      run([...command(folder, this.estate, this.options, language), "--output", `${output}/`]);
      return files(output);
    });
  }

  private provisioned<Id extends string>(id: Id): Provisioned<Id> {
    const binding = this.planned.bindings[id] ?? { resources: {} };
    const ids = new Set(Object.values(binding.resources).flat());
    const resources = this.resources.filter((resource) => ids.has(resource.id));
    const environment = (binding.environment ?? {}) as Record<string, string | number | boolean>;
    const resource = (type: string): Resource => {
      const [only, ...others] = resources.filter((one) => one.type === type);
      if (only === undefined || others.length > 0) {
        throw new RangeError(`\`${id}\` is on ${only === undefined ? "no" : "several"} resources of type \`${type}\``);
      }
      return only;
    };
    return { id, environment, resources, binding, resource };
  }
}

/** Gathers the components of a backend. */
export class Builder<Declared extends Declarations> {
  constructor(
    private readonly declared: Declared,
    private readonly options: Options,
  ) {}

  /** Adds a component, under its id. */
  add<Id extends string, Output extends string>(
    declaration: Declaration<Id, Output>,
  ): Builder<Declared & Record<Id, Declaration<Id, Output>>> {
    if (declaration.id in this.declared) throw new RangeError(`the component \`${declaration.id}\` is added twice`);
    const declared = { ...this.declared, [declaration.id]: declaration } as Declared & Record<Id, Declaration<Id, Output>>;
    return new Builder(declared, this.options);
  }

  /** Says more of the backend as a whole. */
  with(options: Options): Builder<Declared> {
    return new Builder(this.declared, { ...this.options, ...options });
  }

  /** @throws ColocateError with everything that is wrong with the components. */
  build(): Backend<Declared> {
    return Backend.of(this.declared, this.options);
  }
}

/** Analyses components together and plans the fewest shared resources for them; see `Backend.of`. */
export function defineBackend<Declared extends Declarations>(declared: Declared, options: Options = {}): Backend<Declared> {
  return Backend.of(declared, options);
}

/** Provisions one component by itself, outside any backend: nothing is shared. */
export function provision<Id extends string, Output extends string>(
  declaration: Declaration<Id, Output>,
  options: Options = {},
): Provisioned<Id> {
  return Backend.of({ only: declaration }, { ...options, unshared: true }).components.only;
}

function estateOf(declared: readonly Declaration[], options: Options): Estate {
  const components: Estate["components"] = {};
  for (const { id, component } of declared) {
    if (id in components) throw new RangeError(`two components are called \`${id}\``);
    components[id] = component;
  }
  const { name = "backend", environment, location, tags, overrides, constraints, unshared } = options;
  const settings = unshared === true ? { ...options.settings, sharing: "none" as const } : options.settings;
  const stated = { environment, location, tags, overrides, constraints, settings };
  const members = Object.fromEntries(Object.entries(stated).filter(([, value]) => value !== undefined));
  return { version: 1, name, components, ...members };
}

/** The command line that plans an estate, whose files are written to a folder. */
function command(folder: string, estate: Estate, options: Options, format: string): string[] {
  const rules = (options.rules ?? []).map((rule, i) => ["--rules", written(folder, `rule-${i}.json`, rule)]);
  const lock = options.lock === undefined ? [] : ["--lock", options.lock];
  const input = written(folder, "estate.json", estate);
  return ["plan", input, "--format", format, "--errors", "json", "--quiet", ...rules.flat(), ...lock];
}
