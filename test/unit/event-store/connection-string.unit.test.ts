import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConnectionString } from '../../../shared/adapters/eventstoredb/nodes/connection-string.ts';
import { formatEndpoint } from '../../../shared/adapters/eventstoredb/nodes/endpoint.ts';

let directory: string;
let ca: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'license-test-esdb-'));
  ca = path.join(directory, 'the ca+1.crt');
  writeFileSync(ca, 'PEM');
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('a connection string', () => {
  it('names nodes by name, IPv4 and IPv6, on their ports or the default one', () => {
    const { seeds, discover, tls } = readConnectionString(
      'esdb://one,10.0.0.2:2114,[2001:db8::3]:2115?tls=false',
    );
    expect(seeds.map(formatEndpoint)).toEqual(['one:2113', '10.0.0.2:2114', '[2001:db8::3]:2115']);
    expect({ discover, tls }).toEqual({ discover: false, tls: undefined });
  });

  it('has TLS unless it says otherwise, with the files that it names, and an account', () => {
    const file = encodeURIComponent(ca);
    const settings = readConnectionString(
      `esdb+discover://us%40er:p%3Aw:d@cluster.example/?tls_ca_file=${file}`,
    );
    expect(settings).toMatchObject({
      discover: true,
      seeds: [{ address: 'cluster.example', port: 2113 }],
      tls: { ca: Buffer.from('PEM') },
      credentials: { username: 'us@er', password: 'p:w:d' },
      preference: 'leader',
    });
  });

  it('takes the official client’s options', () => {
    const options =
      'nodePreference=follower&keepAliveInterval=-1&keepAliveTimeout=1000&gossipTimeout=3&connectionName=a';
    expect(readConnectionString(`esdb://one?${options}`)).toMatchObject({
      preference: 'follower',
      keepAliveInterval: -1,
      keepAliveTimeout: 1_000,
      connectionName: 'a',
    });
  });

  it.each([
    ['http://one', 'expected esdb://'],
    ['esdb://u:secret@one:x', '"one:x" is not host:port'],
    ['esdb://u:secret@2001:db8::3', 'brackets'],
    ['esdb://u:secret@one:70000', '70000 is not a port'],
    ['esdb://secret@one', 'user:password'],
    ['esdb+discover://u:secret@one,two', 'takes one name'],
    ['esdb://u:secret@one?colour=red', 'colour is not an option'],
    ['esdb://u:secret@one?nodePreference=best', 'expected one of leader, follower'],
    ['esdb://u:secret@one?keepAliveInterval=soon', 'expected milliseconds'],
    ['esdb://u:secret@one?tlsVerifyCert=false', 'tlsCAFile'],
    ['esdb://u:secret@one?tlsCAFile=/nowhere/ca.crt', "/nowhere/ca.crt can't be read"],
    ['esdb://u:secret@one?userCertFile=/dev/null', 'set together'],
    ['esdb://u:secr%et@one', 'percent-encoded'],
  ])('%s is refused with what is wrong, and without its password', (text, problem) => {
    const read = () => readConnectionString(text);
    expect(read).toThrow(problem);
    expect(read).toThrow(/^invalid settings:\n {2}EVENTSTORE_URL: (?!.*secr)/);
  });
});
