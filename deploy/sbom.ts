import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** A CycloneDX 1.5 document, as far as npm's is changed here. */
interface Sbom {
  readonly metadata: { readonly component: { readonly name: string; readonly 'bom-ref': string } };
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly properties: readonly { readonly name: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const ROOT = path.resolve(import.meta.dirname, '..');
const ONLY_FOR_DEVELOPMENT = 'cdx:npm:package:development';

/** What the lock file names, read without a network or installed packages. npm calls the project after its folder. */
function everything(): Sbom {
  const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
  return JSON.parse(execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 }));
}

/**
 * What is shipped of it. Not by `npm sbom --omit dev`, which (npm 11.19) leaves out whatever a development dependency needs as
 * well: 53 of 174 packages, jose and OpenTelemetry's API among them.
 */
function shipped(all: Sbom): Sbom {
  const components = all.components.filter(
    ({ properties }) => !properties.some(({ name }) => name === ONLY_FOR_DEVELOPMENT),
  );
  const { name } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { name: string };
  const { component } = all.metadata;
  const refs = new Set([component, ...components].map((each) => each['bom-ref']));
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((on) => refs.has(on)) }));
  return {
    ...all,
    metadata: { ...all.metadata, component: { ...component, name } },
    components,
    dependencies,
  };
}

process.stdout.write(`${JSON.stringify(shipped(everything()), null, 2)}\n`);
