import { expect, it } from 'vitest';
import { runChaos } from '../chaos/run.ts';

// A short selection of `npm run test:faults`, which inflicts all of them.
it('whatever is killed or frozen under load, every promise is kept', async () => {
  const said: string[] = [];
  const seed = 12;
  const { violations } = await runChaos({ seed, faults: 4, say: (line) => said.push(line) });
  expect(violations, `seed ${seed}\n${said.join('\n')}`).toEqual([]);
}, 300_000);
