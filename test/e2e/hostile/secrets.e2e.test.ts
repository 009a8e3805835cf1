import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Endpoint, endpoints } from '../../fuzz/document.ts';
import { type Collector, startCollector } from '../../support/collector.ts';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { commandLines, environments, foundIn, logsOf, operationsOf } from './look-through.ts';
import {
  givenAway,
  IN_REQUESTS,
  plantedSettings,
  plantPeople,
  type Secrets,
  serverSecrets,
} from './planted.ts';
import { bearer, exampleWith, type HostileRequest, inGroups, send } from './requests.ts';

let collector: Collector;
let stack: LaunchedStack;
let people: Awaited<ReturnType<typeof plantPeople>>;
let ofServers: Secrets;
/** Those of the servers and all that was sent or answered. */
let secrets: Secrets;
/** What was answered with an error, in what words. */
const errors = new Map<string, string>();

beforeAll(async () => {
  collector = await startCollector();
  const settings = plantedSettings(collector.url);
  stack = await launch({ env: settings });
  ofServers = serverSecrets(stack.data, settings);
  secrets = new Map(ofServers);
  people = await plantPeople(stack, secrets);
}, 180_000);
afterAll(async () => {
  await dispose(stack);
  await collector[Symbol.asyncDispose]();
});

/** It would end what the others ask with. */
const endsTheAsker = ({ operationId, method }: Endpoint) =>
  method === 'DELETE' || /^(logOut|eraseMe|changePassword|endS|removeS|resetS|revokeS)/.test(operationId);

/** Its example as everybody asks it. */
const asked = (endpoint: Endpoint, credentials = people.credentials) =>
  credentials.map((each) =>
    exampleWith(
      endpoint,
      each,
      (name) => (endsTheAsker(endpoint) ? undefined : people.places[name]) ?? randomUUID(),
      {},
    ),
  );

/** The same with a secret where none belongs. What a parser or a schema says of a text is apt to have the text in it. */
function spoiled(endpoint: Endpoint): HostileRequest[] {
  const some = asked(endpoint, people.credentials.slice(0, 2));
  const [first] = asked(endpoint, [bearer(IN_REQUESTS)]) as [HostileRequest];
  const queries = [first, ...some].map((one) => ({
    ...one,
    path: `${one.path}?access_token=${IN_REQUESTS}`,
  }));
  if (first.text === undefined) return [first, ...queries];
  const example = JSON.parse(first.text.startsWith('{') ? first.text : '{}') as Record<string, unknown>;
  const bodies = [
    `{"password":"${IN_REQUESTS}","license_key":"${IN_REQUESTS}`,
    JSON.stringify({ ...example, password: [IN_REQUESTS], license_key: IN_REQUESTS, email: IN_REQUESTS }),
    JSON.stringify(Object.fromEntries(Object.keys(example).map((name) => [name, IN_REQUESTS]))),
  ];
  return [first, ...queries, ...some.flatMap((one) => bodies.map((text) => ({ ...one, text })))];
}

async function sendAll(requests: readonly HostileRequest[]) {
  await inGroups(requests, async (request) => {
    const { status, text } = await send(stack.url, request);
    if (status >= 400) errors.set(`${request.endpoint.operationId}: ${status} (${errors.size})`, text);
    else if (text.startsWith('{')) givenAway(JSON.parse(text), secrets);
  });
}

const isUp = async () => {
  const body = { email: `${randomUUID()}@example.com`, password: randomUUID() };
  return (await ask(stack.url, '/v1/signup', { body })).status === 201;
};

it('no error answers with a secret, and no log, trace, metric, process or tool shows one, also while servers die', async () => {
  const kept = endpoints.filter(({ operationId }) => !/^(logOut|eraseMe|changePassword)/.test(operationId));
  await sendAll([...endpoints.flatMap(spoiled), ...kept.flatMap((endpoint) => asked(endpoint))]);
  for (const name of ['postgres', 'redis', 'event-store'])
    process.kill(stack.processes().get(name) as number, 'SIGKILL');
  await sendAll(kept.flatMap((endpoint) => asked(endpoint, people.credentials.slice(0, 2))));
  await eventually('it is well again', isUp, 60_000);

  const written = logsOf(stack);
  const all = [...written.values()].join('');
  // What is looked through has the faults in it.
  for (const line of ['"msg":"request"', 'ECONNREFUSED', 'not properly shut down'])
    expect(all).toContain(line);
  const shown = await operationsOf(stack);
  const settings = new Map([['cli config', (await stack.toolOutput('config')).stdout]]);
  const traces = new Map([['the spans', JSON.stringify(collector.spans)]]);
  // The password of a server on the same machine is in its address; what makes tokens and opens the vault is in files.
  const keys = new Map([...ofServers].filter(([name]) => name.includes(' key')));
  const counts = { errors: errors.size, secrets: secrets.size, shown: shown.size, keys: keys.size };
  console.info(`looked through ${all.length >> 10} KiB of logs and more`, counts);
  expect(
    Math.min(counts.errors - 500, counts.secrets - 20, counts.shown - 7, counts.keys - 4),
  ).toBeGreaterThan(0);
  expect([
    ...[errors, written, traces, shown, settings, commandLines()].flatMap((texts) => foundIn(texts, secrets)),
    ...foundIn(environments(stack), keys),
  ]).toEqual([]);
});
