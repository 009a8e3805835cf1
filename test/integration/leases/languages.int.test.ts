import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import type { Vector } from '../../../client/conformance/vector.ts';
import { useSystem } from '../query-service/system.ts';
import { programOf } from './guide.ts';
import { go, java, type Language, node, python, type Runnable, runWith } from './languages.ts';

/** A first run installs what a language needs. */
const INSTALL_MS = 300_000;

const conformance = path.resolve(import.meta.dirname, '../../../client/conformance');
const checker = (file: string) => readFileSync(path.join(conformance, 'checkers', file), 'utf8');

async function prepare(language: Language, program: string, test: TestContext): Promise<Runnable> {
  try {
    return await language(program);
  } catch (error) {
    // Elsewhere than in CI a language may be missing; then it is said that it did not run.
    if (process.env.CI) throw error;
    return test.skip(`could not be installed: ${(error as Error).message}`);
  }
}

describe.concurrent("the guide's programs, with stock libraries", () => {
  const system = useSystem();
  let api: string;
  let lease: string;
  beforeAll(async () => {
    api = (await system.it.startNode()).url;
    const user = await system.it.readModel.addUser();
    const answer = await fetch(`${api}/v1/licenses/validate?client_id=${user.clientId}`, {
      headers: { Authorization: `Bearer ${await system.it.keyOf(user)}`, Accept: 'application/jwt' },
    });
    lease = await answer.text();
  });

  /** The same lease, saying something else. */
  function forged(): string {
    const [header, payload = '', signature] = lease.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const changed = { ...claims, exp: claims.exp + 86_400 };
    return [header, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
  }

  it.for([
    ['Python, PyJWT', python, programOf('python')],
    ['Go, golang-jwt', go, programOf('go')],
    ['Node, jose', node, programOf('js')],
  ] as const)(
    '%s verifies a lease that was made this moment, and no other',
    { timeout: INSTALL_MS },
    async ([, language, program], test) => {
      const runnable = await prepare(language, program, test);
      expect(await runWith(runnable, api, lease)).toBe('VALID');
      await expect(runWith(runnable, api, forged())).rejects.toThrow();
      const user = await system.it.readModel.addUser();
      const key = await system.it.keyOf(user);
      await expect(runWith(runnable, api, key)).rejects.toThrow();
    },
  );
});

describe.concurrent("the client's vectors", () => {
  const file = path.join(conformance, 'leases.json');
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

  it.for([
    ['Python', python, checker('python/check.py')],
    ['Go', go, checker('go/main.go')],
    ['Java', java, checker('java/Check.java')],
  ] as const)(
    'the checker in %s gives every answer',
    { timeout: INSTALL_MS },
    async ([, language, program], test) => {
      const runnable = await prepare(language, program, test);
      const answers = JSON.parse(await runWith(runnable, file)) as Vector['expect'][];
      const named = vectors.map(({ name }, index) => ({ name, ...answers[index] }));
      expect(named).toEqual(vectors.map(({ name, expect: expected }) => ({ name, ...expected })));
    },
  );
});
