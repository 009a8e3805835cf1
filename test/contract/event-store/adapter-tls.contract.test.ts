import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import { type Certificate, createCertificate, startTlsProxy } from '../../support/cluster/tls-proxy.ts';
import { collect, newStream, rejection, type StoreUnderTest, startLocalStore } from './event-store.ts';

let store: StoreUnderTest;
let everywhere: Certificate;
let elsewhere: Certificate;

beforeAll(async () => {
  store = await startLocalStore();
  everywhere = createCertificate(['DNS:localhost', 'IP:127.0.0.1', 'IP:::1']);
  elsewhere = createCertificate(['DNS:eventstore.example', 'IP:192.0.2.1', 'IP:2001:db8::1']);
});
afterAll(async () => {
  everywhere[Symbol.dispose]();
  elsewhere[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
});

const events = () => [{ id: randomUUID(), type: 'TestHappened', data: {}, metadata: {} }];

/** How a node is named in a connection string, and the address that it listens on. */
const WAYS = [
  { way: 'its name', named: 'localhost', listens: '127.0.0.1', serverName: 'localhost' },
  { way: 'its IPv4 address', named: '127.0.0.1', listens: '127.0.0.1', serverName: 'ip-address.invalid' },
  { way: 'its IPv6 address', named: '[::1]', listens: '::1', serverName: 'ip-address.invalid' },
];

describe.each(WAYS)('A node with TLS, reached by $way', ({ named, listens, serverName }) => {
  test('is appended to and read where its certificate bears that', async () => {
    await using proxy = await startTlsProxy(
      listens,
      everywhere,
      Number(new URL(store.connectionString).port),
    );
    const log = connectEventLog({
      connectionString: `esdb://admin:changeit@${named}:${proxy.port}?tlsCAFile=${everywhere.certificateFile}`,
    });
    const stream = newStream();
    await log.append(stream, 'no_stream', events(), { deadlineMs: 5_000 });
    expect(await collect(log.readStream(stream))).toHaveLength(1);
    await log.close();
    expect(proxy.serverNames).toEqual([serverName]);
  });

  test('is refused where it bears another, though its authority is trusted', async () => {
    await using proxy = await startTlsProxy(listens, elsewhere, Number(new URL(store.connectionString).port));
    const log = connectEventLog({
      connectionString: `esdb://${named}:${proxy.port}?tlsCAFile=${elsewhere.certificateFile}`,
    });
    const error = (await rejection(log.ping())) as EventStoreUnavailable;
    expect(error).toBeInstanceOf(EventStoreUnavailable);
    expect(String((error.cause as Error).cause ?? error.cause)).toContain(
      "does not match certificate's altnames",
    );
    await log.close();
  });

  test('is refused where its authority is not trusted', async () => {
    await using proxy = await startTlsProxy(
      listens,
      everywhere,
      Number(new URL(store.connectionString).port),
    );
    const log = connectEventLog({ connectionString: `esdb://${named}:${proxy.port}` });
    expect(await rejection(log.ping())).toBeInstanceOf(EventStoreUnavailable);
    await log.close();
  });
});
