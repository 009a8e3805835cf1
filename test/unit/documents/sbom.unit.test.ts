import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** What CycloneDX 1.5 requires, and beside it what a reader of ours is promised: version, license and hash of each package. */
const component = z.object({
  'bom-ref': z.string(),
  type: z.enum(['application', 'library']),
  name: z.string().min(1),
  version: z.string().min(1),
  purl: z.string().startsWith('pkg:npm/'),
  licenses: z
    .array(
      z.union([
        z.object({ license: z.union([z.object({ id: z.string() }), z.object({ name: z.string() })]) }),
        z.object({ expression: z.string() }),
      ]),
    )
    .min(1),
  hashes: z
    .array(z.object({ alg: z.literal('SHA-512'), content: z.string().regex(/^[\da-f]{128}$/) }))
    .min(1),
});
const schema = z.object({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  serialNumber: z.string().regex(/^urn:uuid:[\da-f-]{36}$/),
  version: z.int().min(1),
  metadata: z.object({
    timestamp: z.iso.datetime(),
    component: component.partial({ licenses: true, hashes: true }),
  }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}
const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
/** As `npm ci --omit=dev` installs them. */
const installed = Object.entries(lock.packages).filter(([folder, { dev }]) => folder !== '' && !dev);

let sbom: z.infer<typeof schema>;
beforeAll(() => {
  const [program, ...args] = ['npm', 'run', '--silent', 'sbom'] as const;
  sbom = schema.parse(
    JSON.parse(execFileSync(program, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 64 * 2 ** 20 })),
  );
});

it('lists every package that the image installs, with the hash that the lock file demands, and no other', () => {
  const line = (name: string, version: string, hash: string) => `${name}@${version} ${hash}`;
  const listed = sbom.components.map(({ name, version, hashes }) =>
    line(name, version, String(hashes[0]?.content)),
  );
  const expected = installed.map(([folder, { version, integrity }]) => {
    const hash = Buffer.from(String(integrity).replace('sha512-', ''), 'base64').toString('hex');
    return line(folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length), version, hash);
  });
  expect(expected.length).toBeGreaterThan(100);
  expect(listed.sort()).toEqual([...new Set(expected)].sort());
});

it('says of each what it needs, and all of it is needed by this project', () => {
  const needs = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const refs = sbom.components.map((each) => each['bom-ref']);
  const root = sbom.metadata.component['bom-ref'];
  expect([...needs.keys()].sort()).toEqual([root, ...refs].sort());
  const reached = new Set([root]);
  for (const ref of reached) for (const next of needs.get(ref) ?? []) reached.add(next);
  expect([...reached].sort()).toEqual([root, ...refs].sort());
  expect(sbom.metadata.component).toMatchObject({ type: 'application', name: 'license-system' });
});
