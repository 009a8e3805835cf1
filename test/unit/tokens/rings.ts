import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { changeSecretFile } from '../../../shared/files/secret-file.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../../shared/tokens/file-key-ring.ts';
import type { KeyRing, KeyRings } from '../../../shared/tokens/key-ring.ts';
import { formatRings, parseRings, type Ring, type Rings } from '../../../shared/tokens/ring-model.ts';
import type { Tokens } from '../../../shared/tokens/tokens.ts';

export const ISSUER = 'https://licenses.test';

/** Rings in a file of the test's own, a clock that the test moves, and the tokens made from both. */
export interface TestRing {
  readonly file: string;
  readonly rings: KeyRings;
  /** The one of activation keys. */
  readonly ring: KeyRing;
  readonly tokens: Tokens;
  now: number;
  /** Log lines so far. */
  readonly lines: string[];
  content(): Rings;
  /** Changes the ring of activation keys in the file as the tool does, and has it read. */
  change(change: (ring: Ring) => Ring): Promise<void>;
  [Symbol.dispose](): void;
}

export async function testRing(pollMs?: number): Promise<TestRing> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-ring-'));
  const file = path.join(folder, 'keys', 'ring.json');
  const lines: string[] = [];
  const logger = createLogger({
    service: 'test',
    level: 'info',
    destination: { write: (line: string) => void lines.push(line) },
  });
  const state = { now: Date.parse('2026-03-01T12:00:00.000Z') };
  const clock = () => state.now;
  const rings = await openKeyRings({ file, production: false, clock, logger, ...(pollMs ? { pollMs } : {}) });
  const content = () => parseRings(readFileSync(file, 'utf8'));
  return {
    file,
    rings,
    ring: rings.activation,
    lines,
    content,
    tokens: createTokens({ rings, issuer: ISSUER, clock }),
    get now() {
      return state.now;
    },
    set now(value) {
      state.now = value;
    },
    async change(change) {
      const changed = () => ({ ...content(), activation: change(content().activation) });
      await changeSecretFile(file, async () => formatRings(changed()));
      await rings.refresh();
    },
    [Symbol.dispose]() {
      rings.close();
      rmSync(folder, { recursive: true });
    },
  };
}
