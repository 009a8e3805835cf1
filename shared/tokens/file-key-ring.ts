import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../config.ts';
import { createSecretFile } from '../files/secret-file.ts';
import type { Logger } from '../process/logger.ts';
import { type KeyRings, RING_POLL_MS } from './key-ring.ts';
import { KINDS, type TokenKind } from './kinds.ts';
import { LoadedRing, ringOf } from './loaded-ring.ts';
import { formatRings, newRings, parseRings } from './ring-model.ts';

export interface KeyRingOptions {
  readonly file: string;
  /** In production a missing file refuses the start; else a ring is made. */
  readonly production: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default and at most {@link RING_POLL_MS}: withdrawals rely on it. */
  readonly pollMs?: number;
}

/** The file as it was read last. */
interface LoadedFile {
  /** What tells one state of the file from another without reading it. */
  readonly state: string;
  readonly rings: Readonly<Record<TokenKind, LoadedRing>>;
}

const ofEachKind = <T>(make: (kind: TokenKind) => T) =>
  Object.fromEntries(KINDS.map((kind) => [kind, make(kind)])) as Record<TokenKind, T>;

async function fileState(file: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(file);
  return `${ino}/${mtimeMs}/${size}`;
}

async function load(file: string): Promise<LoadedFile> {
  // The state first: a change in between is then seen at the next look, and not lost.
  const state = await fileState(file);
  const rings = parseRings(await readFile(file, 'utf8'));
  return { state, rings: ofEachKind((kind) => new LoadedRing(rings[kind])) };
}

async function loadFirst({ file, production, clock, logger }: KeyRingOptions): Promise<LoadedFile> {
  try {
    return await load(file);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw new ConfigError([`KEYRING_FILE: ${file} can't be used: ${String(error)}`]);
    if (production) {
      throw new ConfigError([`KEYRING_FILE: there is no file ${file}; make it once with: cli keys init`]);
    }
  }
  const made = await createSecretFile(file, formatRings(newRings(clock())));
  if (made) logger.info({ file }, 'development_key_rings_made');
  return load(file);
}

const kidsOf = ({ rings }: LoadedFile) =>
  Object.fromEntries(KINDS.map((kind) => [kind, rings[kind].ring.keys.map(({ kid }) => kid)]));

/**
 * Opens the key rings in a file and follows its changes.
 * @throws ConfigError the file holds no rings, or is missing in production
 */
export async function openKeyRings(options: KeyRingOptions): Promise<KeyRings> {
  const { file, clock, logger } = options;
  let current = await loadFirst(options);
  let failed = false;

  async function refresh(): Promise<void> {
    try {
      if ((await fileState(file)) !== current.state) {
        current = await load(file);
        logger.info({ file, kids: kidsOf(current) }, 'key_rings_read');
      }
      failed = false;
    } catch (error) {
      // Logged once for each failure, not at every look.
      if (!failed) logger.error({ err: error, file }, 'key_rings_unreadable');
      failed = true;
    }
  }

  const timer = setInterval(refresh, Math.min(options.pollMs ?? 2_000, RING_POLL_MS));
  timer.unref();

  return {
    ...ofEachKind((kind) => ringOf(() => current.rings[kind], clock)),
    refresh,
    close: () => clearInterval(timer),
  };
}
