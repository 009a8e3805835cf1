import fc from 'fast-check';
import type { Coverage } from './coverage.ts';
import { differenceOf } from './difference.ts';
import { type Endpoint, endpoints } from './document.ts';
import { type FuzzRequest, requestsTo } from './request.ts';
import { learn, type World } from './world.ts';

const AT_ONCE = 25;
/** Requests that are made up together: what answers have named by then is among their ids. */
const CHUNK = 100;
/** A cause shows itself many times over. */
const MOST_DIFFERENCES = 20;

/** They end what the others need, and come less often. */
const ENDING =
  /^(eraseUser|eraseMe|logOut|logOutStaff|endSessions|endStaffSessions|remove\w+|changePassword)$/;

const weightOf = ({ operationId }: Endpoint): number => (ENDING.test(operationId) ? 1 : 6);

/** @returns how the answer differs from what the document says; undefined if it does not */
async function asked(
  url: string,
  request: FuzzRequest,
  coverage: Coverage,
  named: (body: unknown) => void,
): Promise<string | undefined> {
  const { endpoint, headers, body } = request;
  const response = await fetch(`${url}${request.url}`, {
    method: endpoint.method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  coverage.add(endpoint.operationId, response.status);
  const { difference, shown } = await differenceOf(request, response);
  if (response.status < 300) named(shown);
  return (
    difference &&
    `${endpoint.method} ${request.url.slice(0, 200)} ${body?.slice(0, 300) ?? ''}\n  ${JSON.stringify(headers).slice(0, 200)}\n  ${difference}`
  );
}

/**
 * Sends so many requests to the whole system, two of three good by the document and one spoiled in one place, and compares the
 * answers with it. The same seed makes up the same requests, but for the ids in them.
 * @returns the differences that were found, the first twenty
 */
export async function fuzz(
  url: string,
  world: World,
  { seed, requests }: { readonly seed: number; readonly requests: number },
  coverage: Coverage,
): Promise<string[]> {
  const first = world.ids.length;
  const differences: string[] = [];
  for (let sent = 0; sent < requests && differences.length < MOST_DIFFERENCES; sent += CHUNK) {
    const weighted = endpoints.map((endpoint) => ({
      weight: weightOf(endpoint),
      arbitrary: requestsTo(endpoint, world),
    }));
    const numRuns = Math.min(CHUNK, requests - sent);
    const chunk = fc.sample(fc.oneof(...weighted), { seed: seed + sent, numRuns });
    while (chunk.length > 0) {
      const found = await Promise.all(
        chunk
          .splice(0, AT_ONCE)
          .map((request) => asked(url, request, coverage, (body) => learn(world, body, first))),
      );
      differences.push(...found.filter((difference) => difference !== undefined));
    }
  }
  return differences.slice(0, MOST_DIFFERENCES);
}
