import { systemClock } from '../../shared/clock.ts';
import { ConfigError } from '../../shared/config.ts';
import { createSecretFile } from '../../shared/files/secret-file.ts';
import { PUBLISH_LEAD_MS, RING_POLL_MS } from '../../shared/tokens/key-ring.ts';
import { KINDS, type TokenKind } from '../../shared/tokens/kinds.ts';
import { rotated } from '../../shared/tokens/ring-changes.ts';
import {
  formatRings,
  keyState,
  newRings,
  type Ring,
  type RingEntry,
} from '../../shared/tokens/ring-model.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { type KeysConfig, readEnsureConfig, readKeysConfig } from '../config.ts';
import { ensureKeys } from '../keys/ensure.ts';
import { withNodes } from '../keys/nodes.ts';
import { changeRing, readRings } from '../keys/rings-file.ts';
import { withdraw } from '../keys/withdraw.ts';
import { writeTable } from '../output/table.ts';

const LEAD_MINUTES = PUBLISH_LEAD_MS / 60_000;

function row(kind: TokenKind, ring: Ring, entry: RingEntry, now: number): string[] {
  const columns = [kind, entry.kid, keyState(ring, entry, now), entry.createdAt, entry.signsFrom];
  return [...columns, entry.withdrawnAt ?? '-'];
}

async function list(file: string, io: Io): Promise<void> {
  const rings = await readRings(file);
  const header = ['kind', 'kid', 'state', 'created_at', 'signs_from', 'withdrawn_at'];
  const rows = KINDS.flatMap((kind) =>
    rings[kind].keys.map((entry) => row(kind, rings[kind], entry, systemClock())),
  );
  writeTable(io, header, rows);
}

async function init(file: string, io: Io): Promise<void> {
  const rings = newRings(systemClock());
  if (!(await createSecretFile(file, formatRings(rings)))) {
    throw new ConfigError([`KEYRING_FILE: ${file} is there already; a new key is added with: keys rotate`]);
  }
  for (const kind of KINDS) io.out(`${kind}\t${rings[kind].keys.map((entry) => entry.kid).join('')}`);
  io.err(`Made ${file}: its keys sign from now on. Every service reads this file.`);
}

interface Rotation {
  readonly kinds: readonly TokenKind[];
  readonly leadMs: number;
  readonly localClock: boolean;
}

async function rotate(config: KeysConfig, { kinds, leadMs, localClock }: Rotation, io: Io): Promise<void> {
  await withNodes(config, localClock, async ({ now }) => {
    for (const kind of kinds) {
      const { added } = await changeRing(config.KEYRING_FILE, kind, (ring) => rotated(ring, now, leadMs));
      io.out(`${kind}\t${added.kid}`);
      io.err(
        `${kind}: published within ${RING_POLL_MS / 1_000} s, signs from ${added.signsFrom} on every node.`,
      );
    }
  });
  io.err('The keys that sign now go on verifying until they are withdrawn.');
}

function readKind(name: string | undefined): TokenKind | undefined {
  const kind = KINDS.find((each) => each === name);
  if (name !== undefined && kind === undefined) throw new UsageError(`--kind must be ${KINDS.join(', ')}`);
  return kind;
}

const ACTIONS = ['list', 'init', 'ensure', 'rotate', 'withdraw'] as const;

function readArguments(args: readonly string[]) {
  const { values, positionals } = parseOptions(args, {
    options: {
      kind: { type: 'string' },
      lead: { type: 'string' },
      yes: { type: 'boolean', default: false },
      'replace-lost': { type: 'boolean', default: false },
      'local-clock': { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [name, kid, ...rest] = positionals;
  const action = ACTIONS.find((each) => each === name);
  if (action === undefined) throw new UsageError('say what to do: list, init, ensure, rotate or withdraw');
  const { kind: kindName, lead = String(LEAD_MINUTES), yes, 'local-clock': localClock } = values;
  const replaceLost = values['replace-lost'];
  if (replaceLost && action !== 'ensure') throw new UsageError('--replace-lost belongs to ensure');
  if (values.lead !== undefined && action !== 'rotate') throw new UsageError('--lead belongs to rotate');
  if (yes && action !== 'withdraw') throw new UsageError('--yes belongs to withdraw');
  const changes = action === 'rotate' || action === 'withdraw';
  if ((kindName !== undefined || localClock) && !changes)
    throw new UsageError('--kind and --local-clock belong to rotate and withdraw');
  if (!/^[1-9]\d{0,4}$/.test(lead))
    throw new UsageError('--lead must be a whole number of minutes, at least 1');
  if (rest.length > 0 || (kid !== undefined) !== (action === 'withdraw')) {
    throw new UsageError(action === 'withdraw' ? 'withdraw takes one key id' : 'too many arguments');
  }
  return {
    action,
    kid: kid ?? '',
    kind: readKind(kindName),
    leadMs: Number(lead) * 60_000,
    yes,
    localClock,
    replaceLost,
  };
}

/** Lists and changes the signing keys; running services follow the file by themselves. */
export const keys: Command = {
  name: 'keys',
  summary: 'list, make, rotate and withdraw the signing keys',
  usage: `keys list
       keys init                      make the key rings, once, before the first start in production
       keys ensure [--replace-lost]   the same, and the vault's master key, where this system has none yet; where it has
                                      had them, fail unless they are still the same
       keys rotate [--kind <kind>]    add a key of each kind (or of one); published now, signs after --lead
       keys withdraw <kid>            a stolen key: what it signed is refused on every node within seconds

  --kind         access, activation or lease: each kind of token has keys of its own
  --lead         minutes until a new key signs, default ${LEAD_MINUTES}
  --yes          withdraw without a question
  --local-clock  go by this machine's clock, not by PostgreSQL's: for when PostgreSQL can't be reached

withdraw says what it ends (for activation keys, how many licenses) and asks. Standard output has the table
(tab-separated), kinds with their new keys, or the id of the key that was withdrawn.

--replace-lost has new key rings made for lost ones: every activation key is then INVALID_KEY.

Settings: KEYRING_FILE, DATABASE_URL for ensure, rotate and withdraw; for ensure also VAULT_DATABASE_URL and
VAULT_MASTER_KEY (or _FILE).`,
  async run(args, io) {
    const { action, ...options } = readArguments(args);
    if (action === 'ensure') return ensureKeys(readEnsureConfig(), options.replaceLost, io);
    const config = readKeysConfig();
    switch (action) {
      case 'list':
        return list(config.KEYRING_FILE, io);
      case 'init':
        return init(config.KEYRING_FILE, io);
      case 'rotate':
        return rotate(config, { ...options, kinds: options.kind ? [options.kind] : KINDS }, io);
      case 'withdraw':
        return withdraw(config, options, io);
      default:
        action satisfies never;
    }
  },
};
