import fc from 'fast-check';
import { createRandom } from '../support/random.ts';
import type { Coverage } from './coverage.ts';
import { endpoints } from './document.ts';
import { bytesOf, mangled, sendRaw, wrongIn } from './raw.ts';
import { requestsTo } from './request.ts';
import type { World } from './world.ts';

/** Most of them wait for bytes that never come. */
const AT_ONCE = 100;
const SHOWN = 400;

/**
 * Sends so many good requests whose bytes were changed in a place or three: whatever the answer is, it is none of a fault.
 * @returns what was wrong
 */
export async function mangle(
  url: string,
  world: World,
  { seed, requests }: { readonly seed: number; readonly requests: number },
  coverage: Coverage,
): Promise<string[]> {
  const random = createRandom(seed);
  const { host } = new URL(url);
  const wrong: string[] = [];
  const one = fc.oneof(...endpoints.map((endpoint) => requestsTo(endpoint, world)));
  for (let sent = 0; sent < requests; sent += AT_ONCE) {
    const chunk = fc.sample(one, { seed: seed + sent, numRuns: Math.min(AT_ONCE, requests - sent) });
    await Promise.all(
      chunk.map(async (request) => {
        const bytes = mangled(bytesOf(request, host), random);
        const answer = await sendRaw(url, bytes);
        coverage.add('(mangled bytes)', answer.statuses[0] ?? 0);
        const found = wrongIn(answer);
        if (found) wrong.push(`${JSON.stringify(bytes.toString('latin1').slice(0, SHOWN))}\n  ${found}`);
      }),
    );
  }
  return wrong;
}
