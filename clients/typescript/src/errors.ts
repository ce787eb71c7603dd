// What is wrong with an input, as the program says it.

/** A place in a file. */
export interface Position {
  file: string;
  /** Counted from 1. */
  line: number;
  /** In characters, counted from 1. */
  column: number;
}

/** One thing that is wrong. */
export interface Diagnostic {
  /** A code that never changes its meaning: `E0203`. */
  code: string;
  severity: "error" | "warning";
  message: string;
  /** The value meant, as a JSON pointer into the estate: `/components/UserApi/config/partitionKey`. */
  pointer: string;
  position?: Position;
  expected?: string;
  help?: string;
}

/** The components of a backend cannot be planned, or the program cannot be run. */
export class ColocateError extends Error {
  override readonly name = "ColocateError";

  constructor(
    message: string,
    /** Everything that is wrong; empty where the program could not be run. */
    readonly diagnostics: readonly Diagnostic[],
    /** How the program ended. */
    readonly exitCode: number | null = null,
  ) {
    super(message);
  }

  static of(exitCode: number | null, diagnostics: readonly Diagnostic[], stderr: string): ColocateError {
    const each = diagnostics.map((one) => {
      const more = [one.expected && `expected ${one.expected}`, one.help].filter(Boolean).join("; ");
      const at = one.pointer ? ` (at ${one.pointer})` : "";
      return `${one.code}: ${one.message}${at}${more ? `; ${more}` : ""}`;
    });
    const said = each.length > 0 ? each.join("\n") : stderr.trim();
    return new ColocateError(said || `colocate ended with exit code ${exitCode}`, diagnostics, exitCode);
  }

  /** What is wrong with one component. */
  of(component: string): Diagnostic[] {
    const start = `/components/${component.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return this.diagnostics.filter(({ pointer }) => pointer === start || pointer.startsWith(`${start}/`));
  }
}
