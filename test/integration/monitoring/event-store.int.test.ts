import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { hasData, isOfEventStoreDb, unknownNames } from './exported.ts';
import { allRules, panelQueries } from './files.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';

/** What EventStoreDB 24.10.14 answered, one node that leads. The local event store has no metrics to ask for. */
let metrics = readFileSync(path.join(import.meta.dirname, 'eventstoredb-metrics.txt'), 'utf8');
const server = createServer((_request, response) => response.end(metrics));
let prometheus: Prometheus;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  prometheus = await startPrometheus(new Map([['event-store', [`127.0.0.1:${port}`]]]));
});
afterAll(async () => {
  await prometheus?.[Symbol.asyncDispose]();
  server.close();
});

describe('Prometheus with the shipped files, and the metrics of EventStoreDB', () => {
  it('every metric, and every label, of a rule or a panel is one that it exports', async () => {
    await eventually('it was scraped', () => hasData(prometheus, 'eventstore_statuses'));
    expect(allRules().filter(({ expr }) => isOfEventStoreDb(expr))).toHaveLength(5);
    expect(await unknownNames(prometheus, isOfEventStoreDb)).toEqual([]);
  });

  it.each(
    panelQueries()
      .filter(({ expr }) => isOfEventStoreDb(expr))
      .map(({ panel, expr }) => [panel, expr]),
  )('%s has data', async (_panel, expr) => {
    await eventually(expr, () => hasData(prometheus, expr));
  });

  it('a node that leads is no alert; one that does not is', async () => {
    const alerts = async () =>
      (await prometheus.firing())
        .filter((alert) => alert.startsWith('EventStore'))
        .map((a) => a.split(' ')[0]);
    await eventually('the rules were evaluated', async () => (await prometheus.brokenRules()).length === 0);
    expect(await alerts()).toEqual([]);
    metrics = metrics.replace('status="Leader"', 'status="Unknown"');
    await eventually('the alert fires', async () => (await alerts()).includes('EventStoreWithoutLeader'));
  });
});
