// Bundles src/*.js into ../static/vendor, with licences and a manifest of versions and hashes.
// `node build.mjs --check` builds into memory and fails if the committed files differ.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, version as esbuildVersion } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "..", "static", "vendor");
const BUNDLES = { "htmx.js": ["htmx.org", "htmx-ext-sse"], "three.js": ["three"] };

// Said by the package's licence file alone, not by its package.json.
const SPDX = { "htmx-ext-sse": "0BSD" };

const files = new Map();
const result = await build({
  absWorkingDir: here,
  entryPoints: Object.keys(BUNDLES).map((name) => `src/${name}`),
  outdir: vendor,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  write: false,
});
for (const file of result.outputFiles) files.set(file.path.slice(vendor.length + 1), Buffer.from(file.contents));

const packages = {};
for (const [bundle, names] of Object.entries(BUNDLES)) {
  for (const name of names) {
    const folder = join(here, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const licence = `${name}.LICENSE.txt`;
    files.set(licence, await readFile(join(folder, "LICENSE")));
    packages[name] = { version: about.version, licence: about.license ?? SPDX[name], licence_file: licence, bundle };
  }
}
const sha256 = Object.fromEntries(
  [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, data]) => [name, createHash("sha256").update(data).digest("hex")]),
);
files.set("VENDORED.json", Buffer.from(JSON.stringify({ esbuild: esbuildVersion, packages, sha256 }, null, 2) + "\n"));

if (process.argv.includes("--check")) {
  const differing = [];
  for (const [name, data] of files) {
    const committed = await readFile(join(vendor, name)).catch(() => null);
    if (!committed?.equals(data)) differing.push(name);
  }
  if (differing.length) {
    console.error(`static/vendor differs from what the lock builds: ${differing.join(", ")}; run: npm run build`);
    process.exit(1);
  }
} else {
  await mkdir(vendor, { recursive: true });
  for (const [name, data] of files) await writeFile(join(vendor, name), data);
}
