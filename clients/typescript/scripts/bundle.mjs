// Puts the programs that the package ships under bin/: COLOCATE_BINARIES is a folder with one a platform, named as
// `colocate-linux-x64`, `colocate-darwin-arm64`, `colocate-win32-x64.exe` and so on.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

const from = process.env.COLOCATE_BINARIES;
if (from) {
  mkdirSync("bin", { recursive: true });
  for (const name of readdirSync(from).filter((name) => name.startsWith("colocate-"))) {
    cpSync(join(from, name), join("bin", name));
    chmodSync(join("bin", name), 0o755);
  }
}
console.log(existsSync("bin") ? `shipping ${readdirSync("bin").join(", ")}` : "shipping no program; it is looked for on the PATH");
