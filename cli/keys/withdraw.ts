import { JWKS_MAX_AGE_SECONDS } from '../../shared/tokens/key-ring.ts';
import { KINDS, type TokenKind } from '../../shared/tokens/kinds.ts';
import { type Withdrawal, withdrawn } from '../../shared/tokens/ring-changes.ts';
import type { Ring, RingEntry, Rings } from '../../shared/tokens/ring-model.ts';
import { type Io, UsageError } from '../command-line/command.ts';
import { confirm } from '../command-line/confirm.ts';
import type { KeysConfig } from '../config.ts';
import { type Nodes, withNodes } from './nodes.ts';
import { changeRing, readRings } from './rings-file.ts';

export interface WithdrawOptions {
  readonly kid: string;
  readonly kind: TokenKind | undefined;
  readonly yes: boolean;
  readonly localClock: boolean;
}

const SUCCESSION: Record<Withdrawal['how'], string> = {
  signs_anyway: 'is in the ring already and signs from then on',
  advanced: 'was waiting and signs from then on, earlier than planned',
  made: 'was made for it and signs from then on',
};

const NEXT_STEP: Record<TokenKind, string> = {
  session: 'People who are staff log in again.',
  access: 'Users log in again; new tokens for staff are made with: token.',
  activation: 'Programs activate again for a new key: same license, same place.',
  lease: `Programs ask for a new lease. Those that verify leases may keep the old key set for ${JWKS_MAX_AGE_SECONDS} s.`,
};

/** The kinds that the key still signs or verifies. */
const kindsOf = (rings: Rings, kid: string): TokenKind[] =>
  KINDS.filter((kind) =>
    rings[kind].keys.some((entry) => entry.kid === kid && entry.withdrawnAt === undefined),
  );

/** @throws UsageError there is no such key, or it has several kinds and none is named */
function kindOf(rings: Rings, { kid, kind }: WithdrawOptions): TokenKind {
  const kinds = kindsOf(rings, kid);
  const known = kind === undefined ? kinds : kinds.filter((each) => each === kind);
  const [only, ...others] = known;
  if (only === undefined)
    throw new UsageError(
      `no ring${kind === undefined ? '' : ` of kind ${kind}`} has a key ${kid} that is not withdrawn already; see: keys list`,
    );
  if (others.length > 0)
    throw new UsageError(`${kid} is a key of several kinds: name one of them, --kind ${known.join('|')}`);
  return only;
}

/** When the next key began to sign; the time of asking if none has. */
const signedUntil = ({ keys }: Ring, key: RingEntry, now: number): number =>
  Math.min(
    now,
    ...keys.map(({ signsFrom }) => Date.parse(signsFrom)).filter((from) => from > Date.parse(key.signsFrom)),
  );

/** What the withdrawal ends, in words. */
async function effect(kind: TokenKind, ring: Ring, kid: string, nodes: Nodes): Promise<string> {
  if (kind === 'access') return `It ends every access token under ${kid}: of users and of staff.`;
  if (kind === 'lease') return `It ends every lease under ${kid}, also while it would still hold offline.`;
  const key = ring.keys.find((entry) => entry.kid === kid) as RingEntry;
  const count = await nodes.licensesUnder(key, signedUntil(ring, key, nodes.now));
  if (!count)
    return `It ends every activation key under ${kid}. How many licenses that is can't be told without PostgreSQL.`;
  return `It ends the activation keys of ${count.under} of ${count.active} active licenses: those that were activated while ${kid} signed. (Programs that asked for their key again in that time hold one of it, too.)`;
}

/**
 * Withdraws a key of one kind, after saying what that ends and asking for a yes.
 * @throws UsageError, Declined, ConfigError, SecretFileBusy
 */
export async function withdraw(config: KeysConfig, options: WithdrawOptions, io: Io): Promise<void> {
  const { KEYRING_FILE: file } = config;
  const { kid, yes, localClock } = options;
  const rings = await readRings(file);
  const kind = kindOf(rings, options);
  await withNodes(config, localClock, async (nodes) => {
    io.err(await effect(kind, rings[kind], kid, nodes));
    const others = kindsOf(rings, kid).filter((each) => each !== kind);
    if (others.length > 0)
      io.err(`It stays good for: ${others.join(', ')}. If it was stolen, withdraw it there as well.`);
    if (!yes) await confirm(`Withdraw ${kid} (${kind})?`);
  });
  // The question may have waited for hours: the time is asked for again.
  const result = await withNodes(config, localClock, ({ now }) =>
    changeRing(file, kind, (ring) => {
      const change = withdrawn(ring, kid, now);
      if (!change) throw new UsageError(`${kid} has been withdrawn meanwhile; see: keys list`);
      return change;
    }),
  );
  io.out(result.withdrawn.kid);
  io.err(`Refused on every node from ${result.withdrawn.withdrawnAt} on. ${NEXT_STEP[kind]}`);
  io.err(`Key ${result.successor.kid} ${SUCCESSION[result.how]}.`);
}
