import { expect, it } from 'vitest';
import { plan } from '../chaos/plan.ts';
import { runShape } from '../chaos/run.ts';
import { plain } from '../chaos/shapes/plain.ts';
import { createRandom } from '../support/random.ts';

// A short selection of `npm run test:faults`, which inflicts all of them.
it('whatever is killed or frozen under load, every promise is kept', async () => {
  const said: string[] = [];
  const seed = 12;
  const random = createRandom(seed);
  const signal = new AbortController().signal;
  const [planned] = plan([plain], '', { faults: 4 }, random);
  if (!planned) throw new Error('nothing was planned');
  const { violations } = await runShape(planned, { random, say: (line) => said.push(line), signal });
  expect(violations, `seed ${seed}\n${said.join('\n')}`).toEqual([]);
}, 300_000);
