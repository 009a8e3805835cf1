import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { HELP, readOptions } from '../../../local/options.ts';
import { LOOPBACK } from '../../../local/ports.ts';
import { isRecentJava } from '../../../local/servers/kafka/java.ts';
import { ConfigError } from '../../../shared/config.ts';

describe('--host', () => {
  const addresses = (...args: string[]) => readOptions(args, {}, '/clone')?.addresses;

  it('is this machine alone, over both families, unless it is given', () => {
    expect(addresses()).toEqual(LOOPBACK);
    expect(LOOPBACK).toEqual(['127.0.0.1', '::1']);
  });

  it('is one address, or all of them', () => {
    expect(addresses('--host', '192.0.2.1')).toEqual(['192.0.2.1']);
    expect(addresses('--host', 'all')).toEqual(['0.0.0.0', '::']);
    expect(() => addresses('--host', 'example.com')).toThrow(/expected an IP address/);
  });
});

describe('LOAD_BALANCERS', () => {
  const named = (list: string) => readOptions([], { LOAD_BALANCERS: list }, '/clone')?.limits.LOAD_BALANCERS;

  it('is a list of addresses and networks', () => {
    expect(named('10.0.0.0/8, 2001:db8::1')).toEqual(['10.0.0.0/8', '2001:db8::1']);
    expect(named('')).toEqual([]);
    // It goes into Nginx's configuration.
    expect(() => named('10.0.0.0/8; root /')).toThrow(ConfigError);
  });

  it('are named where they speak the PROXY protocol', () => {
    const speaking = (env: Record<string, string>) => readOptions([], env, '/clone')?.limits.PROXY_PROTOCOL;
    expect(speaking({})).toBe('off');
    expect(speaking({ PROXY_PROTOCOL: 'on', LOAD_BALANCERS: '10.0.0.0/8' })).toBe('on');
    expect(() => speaking({ PROXY_PROTOCOL: 'on' })).toThrow(/LOAD_BALANCERS: name the load balancers/);
    expect(() => speaking({ PROXY_PROTOCOL: 'yes', LOAD_BALANCERS: '10.0.0.0/8' })).toThrow(ConfigError);
  });
});

describe('--projectors and --event-store', () => {
  const options = (...args: string[]) => readOptions(args, {}, '/clone');

  it('are one projector, and the local event store, unless they are given', () => {
    expect(options()).toMatchObject({ projectors: 1, eventStore: undefined });
    const given = options('--projectors', '2', '--event-store', 'esdb://a:2113,b:2113');
    expect(given).toMatchObject({ projectors: 2, eventStore: 'esdb://a:2113,b:2113' });
  });

  it('are refused where they can’t be', () => {
    expect(() => options('--projectors', '0')).toThrow(/--projectors: expected a whole number/);
    expect(() => options('--event-store', 'localhost:2113')).toThrow(/expected a connection string/);
  });
});

describe('--kafka', () => {
  const kafka = (args: string[], env: Record<string, string> = {}) => readOptions(args, env, '/clone')?.kafka;

  it('is needed for anything of Kafka, whatever the environment says', () => {
    expect(kafka([])).toBeUndefined();
    expect(kafka([], { KAFKA_BROKERS: 'kafka:9092' })).toBeUndefined();
    expect(HELP).toContain('--kafka');
  });

  it('means a broker of the stack’s own, or the one that KAFKA_BROKERS names with what belongs to it', () => {
    expect(kafka(['--kafka'])).toBe('own');
    expect(kafka(['--kafka'], { KAFKA_BROKERS: '' })).toBe('own');
    const env = { KAFKA_BROKERS: 'a:9092,b:9092', KAFKA_TLS: 'true', KAFKA_TOPIC: '', HOME: '/root' };
    expect(kafka(['--kafka'], env)).toEqual({ KAFKA_BROKERS: 'a:9092,b:9092', KAFKA_TLS: 'true' });
  });

  it.each([{ KAFKA_BROKERS: 'no port' }, { KAFKA_BROKERS: 'kafka:9092', KAFKA_TLS: 'perhaps' }])(
    'refuses %o',
    (env) => {
      expect(() => kafka(['--kafka'], env)).toThrow(ConfigError);
    },
  );
});

describe('a Java for the broker', () => {
  it.each([
    ['openjdk version "17.0.15" 2025-04-15', true],
    ['openjdk version "25-ea" 2025-09-16', true],
    ['Picked up JAVA_TOOL_OPTIONS: -Dx="1"\nopenjdk version "21" 2023-09-19', true],
    ['openjdk version "11.0.2" 2019-01-15', false],
    ['java version "1.8.0_392"', false],
    ['The operation couldn’t be completed. Unable to locate a Java Runtime.', false],
  ])('%s: %s', (output, recent) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'license-test-java-'));
    try {
      const java = path.join(folder, 'java');
      writeFileSync(java, `#!/bin/sh\ncat >&2 <<'END'\n${output}\nEND\n`);
      chmodSync(java, 0o755);
      expect(isRecentJava(java)).toBe(recent);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
