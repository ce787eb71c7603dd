// Declarations: what a component is and needs. Declaring one provisions nothing.

import type { Configs, Outputs, Resources } from "./generated/components.js";
import type { Component, Requirement as AnyRequirement } from "./generated/estate.js";

/** A declared component. It is an entry of an estate and no more: a backend decides what is provisioned for it. */
export class Declaration<Id extends string = string, Output extends string = string> {
  constructor(
    readonly id: Id,
    readonly component: Component,
  ) {}

  /** A reference to one of its outputs, for the settings of another component. */
  output(name: Output): `\${${Id}.${Output}}` {
    return `\${${this.id}.${name}}`;
  }

  /** The same component with further requirements of its own. */
  requires(...requirements: readonly Requirement[]): Declaration<Id, Output> {
    const all = [...(this.component.requirements ?? []), ...(requirements as readonly AnyRequirement[])];
    return new Declaration(this.id, { ...this.component, requirements: all });
  }
}

/** One component's need of one resource. */
export interface Requirement<Config = unknown> {
  resourceType: string;
  /** Requirements with the same type and key may share a resource. */
  requirementKey: string;
  /** How much the config weighs against what others state: 10 unless stated, 20 for component types, 30 for overrides. */
  priority?: number;
  config?: Config;
}

/** A requirement of a resource type that comes with the program. */
export function requirement<Type extends keyof Resources>(
  resourceType: Type,
  requirementKey: string,
  config: Resources[Type] = {},
  priority?: number,
): Requirement<Resources[Type]> {
  return { resourceType, requirementKey, config, ...(priority === undefined ? {} : { priority }) };
}

/** A component type: `CrudApi.define("UserApi", { … })` declares a component of it. */
export interface ComponentType<Config, Output extends string> {
  readonly type: string;
  define<Id extends string>(id: Id, config?: Config): Declaration<Id, Output>;
}

/** A component type that a rule describes, one of your own say. */
export function componentType<Config = Record<string, unknown>, Output extends string = string>(
  type: string,
): ComponentType<Config, Output> {
  return {
    type,
    define: (id, config) => {
      const component = { type, ...(config === undefined ? {} : { config }) };
      return new Declaration(id, component as Component);
    },
  };
}

/** A component that says itself what it needs. */
export function component<Id extends string>(id: Id, ...requirements: readonly Requirement[]): Declaration<Id, never> {
  return new Declaration<Id, never>(id, { requirements: requirements as readonly AnyRequirement[] as AnyRequirement[] });
}

const builtin = <Type extends keyof Configs>(type: Type) => componentType<Configs[Type], Outputs[Type]>(type);

/** An API that creates, reads, updates, deletes and lists one kind of entity. */
export const CrudApi = builtin("CrudApi");
/** Functions that run on events, on a schedule or behind HTTP. */
export const FunctionsApp = builtin("FunctionsApp");
/** Files in the website of a storage account, behind a shared Front Door profile. */
export const StaticSite = builtin("StaticSite");
/** A database, containers and queues for a component whose code runs elsewhere. */
export const DataStack = builtin("DataStack");
