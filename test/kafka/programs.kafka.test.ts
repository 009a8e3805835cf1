import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { brokerPrograms } from '../../local/servers/kafka/programs.ts';
import { ProgramsMissing } from '../../local/servers/programs.ts';

const silent = () => {};

/** Maven's part: fetching for real is what every fresh clone's first broker does. */
describe('fetching the broker', () => {
  let folder: string;
  let cache: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'license-test-fetch-'));
    cache = path.join(folder, 'cache');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  function maven(script: string): void {
    const file = path.join(folder, 'mvn');
    writeFileSync(
      file,
      `#!/bin/sh\nfor a in "$@"; do case $a in -DoutputDirectory=*) out=\${a#*=};; esac; done\n${script}\n`,
    );
    chmodSync(file, 0o755);
    vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env.PATH}`);
  }

  it('succeeds for two that begin at once, and is then done for good', async () => {
    maven('mkdir -p "$out"; sleep 0.2; echo jar > "$out/kafka.jar"');
    const [one, other] = await Promise.all([
      brokerPrograms(silent, { cache }),
      brokerPrograms(silent, { cache }),
    ]);
    expect(one).toEqual(other);
    expect(readdirSync(one.jars)).toEqual(['kafka.jar']);
    maven('exit 1');
    expect(await brokerPrograms(silent, { cache })).toEqual(one);
    expect(readdirSync(cache)).toEqual([path.basename(one.jars)]);
  });

  it('says what Maven said when it fails, and what else would do; nothing half fetched is left', async () => {
    maven('mkdir -p "$out"; echo half > "$out/kafka.jar"; echo "no route to the repository"; exit 1');
    const fetched = brokerPrograms(silent, { cache });
    await expect(fetched).rejects.toBeInstanceOf(ProgramsMissing);
    await expect(fetched).rejects.toThrow(/no route to the repository[\s\S]*KAFKA_BROKERS/);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('ends with the signal’s reason when it is aborted', async () => {
    maven('exec sleep 60');
    const stop = new AbortController();
    const fetched = brokerPrograms(silent, { cache, signal: stop.signal });
    const reason = new Error('Ctrl-C');
    setImmediate(() => stop.abort(reason));
    await expect(fetched).rejects.toBe(reason);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('removes what a fetch left that was killed, but not one that is under way', async () => {
    const old = path.join(cache, 'fetching-old');
    const young = path.join(cache, 'fetching-young');
    for (const work of [old, young]) mkdirSync(work, { recursive: true });
    utimesSync(old, 0, 0);
    maven('mkdir -p "$out"; echo jar > "$out/kafka.jar"');
    const { jars } = await brokerPrograms(silent, { cache });
    expect(readdirSync(cache).sort()).toEqual(['fetching-young', path.basename(jars)]);
  });
});
