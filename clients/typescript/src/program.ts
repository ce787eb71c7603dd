// The program itself, which plans: found, called, and its answers read.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { ColocateError, type Diagnostic } from "./errors.js";

/** The largest answer that is read. */
const LARGEST = 1 << 30;

/** Where the program is: `COLOCATE` if it is set, else the one that this package ships, else the one on the PATH. */
export function program(): string {
  const stated = process.env["COLOCATE"];
  if (stated) return stated;
  const ending = process.platform === "win32" ? ".exe" : "";
  const shipped = fileURLToPath(new URL(`../../bin/colocate-${process.platform}-${process.arch}${ending}`, import.meta.url));
  return existsSync(shipped) ? shipped : `colocate${ending}`;
}

/** A folder that is gone once `use` is done with it. */
export function within<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "colocate-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a value as a JSON file in a folder; its path. */
export function written(folder: string, name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(value, null, 2));
  return path;
}

/** The files in a folder, by name. */
export function files(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/**
 * Runs a command that is asked for diagnostics as JSON; what it prints.
 *
 * @throws ColocateError when it refuses its input, or cannot be run.
 */
export function run(args: readonly string[]): string {
  const name = program();
  const ran = spawnSync(name, args, { encoding: "utf8", maxBuffer: LARGEST });
  if (ran.error) {
    const missing = "code" in ran.error && ran.error.code === "ENOENT";
    const why = missing ? "is not on the PATH; install colocate, or set COLOCATE to where it is" : ran.error.message;
    throw new ColocateError(`\`${name}\` ${why}`, []);
  }
  if (ran.status !== 0) throw ColocateError.of(ran.status, diagnostics(ran.stderr), ran.stderr);
  return ran.stdout;
}

function diagnostics(text: string): Diagnostic[] {
  const start = text.indexOf("[\n");
  if (start < 0) return [];
  try {
    const all = JSON.parse(text.slice(start)) as Diagnostic[];
    // What is written for the program alone is known by its name: the folder is gone by now.
    return all.map((one) => (one.position ? { ...one, position: { ...one.position, file: basename(one.position.file) } } : one));
  } catch {
    return [];
  }
}
