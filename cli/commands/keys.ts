import { readFile } from 'node:fs/promises';
import { systemClock } from '../../shared/clock.ts';
import { ConfigError } from '../../shared/config.ts';
import { changeSecretFile, createSecretFile } from '../../shared/secret-file.ts';
import { JWKS_MAX_AGE_SECONDS, PUBLISH_LEAD_MS, RING_POLL_MS } from '../../shared/tokens/key-ring.ts';
import { rotated, type Withdrawal, withdrawn } from '../../shared/tokens/ring-changes.ts';
import {
  formatRing,
  keyState,
  newRing,
  parseRing,
  type Ring,
  type RingEntry,
} from '../../shared/tokens/ring-model.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command.ts';
import { readTokenConfig } from '../config.ts';

const LEAD_MINUTES = PUBLISH_LEAD_MS / 60_000;

async function readRing(file: string): Promise<Ring> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError([
      `KEYRING_FILE: ${file} can't be read; make it with: keys init (${String(cause)})`,
    ]);
  });
  return parseRing(text);
}

/** Changes the ring under its lock. @returns what `change` says about it */
async function changeRing<T extends { readonly ring: Ring }>(
  file: string,
  change: (ring: Ring) => T,
): Promise<T> {
  await readRing(file);
  const done: T[] = [];
  await changeSecretFile(file, async () => {
    const result = change(await readRing(file));
    done.push(result);
    return formatRing(result.ring);
  });
  return done[0] as T;
}

function row(ring: Ring, entry: RingEntry, now: number): string {
  const columns = [entry.kid, keyState(ring, entry, now), entry.createdAt, entry.signsFrom];
  return [...columns, entry.withdrawnAt ?? '-'].join('\t');
}

async function list(file: string, io: Io): Promise<void> {
  const ring = await readRing(file);
  io.out(['kid', 'state', 'created_at', 'signs_from', 'withdrawn_at'].join('\t'));
  for (const entry of ring.keys) io.out(row(ring, entry, systemClock()));
}

async function init(file: string, io: Io): Promise<void> {
  const ring = newRing(systemClock());
  if (!(await createSecretFile(file, formatRing(ring)))) {
    throw new ConfigError([`KEYRING_FILE: ${file} is there already; a new key is added with: keys rotate`]);
  }
  io.out(ring.keys.map((entry) => entry.kid).join('\n'));
  io.err(`Made ${file}: its key signs from now on. Every service reads this file.`);
}

async function rotate(file: string, leadMs: number, io: Io): Promise<void> {
  const { added } = await changeRing(file, (ring) => rotated(ring, systemClock(), leadMs));
  io.out(added.kid);
  io.err(`Published within ${RING_POLL_MS / 1_000} s, signs from ${added.signsFrom} on every node.`);
  io.err('The key that signs now goes on verifying until it is withdrawn.');
}

const SUCCESSION: Record<Withdrawal['how'], string> = {
  signs_anyway: 'is in the ring already and signs from then on',
  advanced: 'was waiting and signs from then on, earlier than planned',
  made: 'was made for it and signs from then on',
};

async function withdraw(file: string, kid: string, io: Io): Promise<void> {
  const result = await changeRing(file, (ring) => {
    const change = withdrawn(ring, kid, systemClock());
    if (!change)
      throw new UsageError(`the ring has no key ${kid} that is not withdrawn already; see: keys list`);
    return change;
  });
  io.out(result.withdrawn.kid);
  io.err(
    `At ${result.withdrawn.withdrawnAt}, on every node: tokens under it are refused, activation keys with INVALID_KEY.`,
  );
  io.err('Clients activate again for a new key (same license), users log in again.');
  io.err(`Key ${result.successor.kid} ${SUCCESSION[result.how]}.`);
  io.err(`Verifiers of leases may keep the old key set for ${JWKS_MAX_AGE_SECONDS} s.`);
}

/** Lists and changes the signing keys; running services follow the file by themselves. */
export const keys: Command = {
  name: 'keys',
  summary: 'list, make, rotate and withdraw the signing keys',
  usage: `keys list
       keys init                      make the ring, once, before the first start in production
       keys rotate [--lead <minutes>] add a key; it is published now and signs after the lead, default ${LEAD_MINUTES}
       keys withdraw <kid>            a compromised key: what it signed is refused on every node within seconds

Standard output has the table (tab-separated) or the key's id. Settings: KEYRING_FILE.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: { lead: { type: 'string' } },
      allowPositionals: true,
    });
    const [action, kid, ...rest] = positionals;
    const lead = values.lead ?? String(LEAD_MINUTES);
    if (values.lead !== undefined && action !== 'rotate') throw new UsageError('--lead belongs to rotate');
    if (!/^[1-9]\d{0,4}$/.test(lead))
      throw new UsageError('--lead must be a whole number of minutes, at least 1');
    if (rest.length > 0 || (kid !== undefined) !== (action === 'withdraw')) {
      throw new UsageError(action === 'withdraw' ? 'withdraw takes one key id' : 'too many arguments');
    }
    const actions: Record<string, (file: string) => Promise<void>> = {
      list: (file) => list(file, io),
      init: (file) => init(file, io),
      rotate: (file) => rotate(file, Number(lead) * 60_000, io),
      withdraw: (file) => withdraw(file, kid as string, io),
    };
    if (action === undefined || !Object.hasOwn(actions, action)) {
      throw new UsageError('say what to do: list, init, rotate or withdraw');
    }
    await actions[action]?.(readTokenConfig().KEYRING_FILE);
  },
};
