import { uuidv5 } from '../../shared/ids.ts';
import {
  type StaffAccount,
  type StaffKey,
  staffKeyStatusAt,
  staffTokenHolds,
} from '../../shared/staff/account.ts';
import type { StaffClaims } from '../../shared/tokens/tokens.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { decideStaff, type StaffCommand } from '../domain/staff/decide.ts';
import type { StaffState } from '../domain/staff/state.ts';
import { type Outcome, refused, type StaffRequest } from '../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../execute/stamps.ts';
import { secretDigest, serviceSecret } from './secret.ts';
import type { StaffStreams } from './streams.ts';

/** The namespaces of the ids that follow from a command; chosen once at random. */
const ACCOUNTS = '0d6f4c1e-5b0a-4c5c-9f0e-6e2f0a7d1b93';
const KEYS = '7a3e9b52-1c7d-4f43-8e55-c2b9d3f4a618';

const NOT_FOUND = refused({ code: 'not_found', what: 'service account' });
const KEY_REUSED = refused({ code: 'idempotency_key_reused' });

/** A secret that belongs to an account, and what a token for it may say. */
export interface Authenticated {
  readonly account: StaffAccount;
  readonly key: StaffKey;
  readonly now: number;
}

/** The write side of service accounts. Throws what {@link Executor} does. */
export interface ServiceAccounts {
  add(
    request: StaffRequest,
    account: { readonly name: string; readonly scopes: readonly string[] },
  ): Promise<Outcome>;
  /** A new key, with its secret: shown here, and to a repeat of this command. */
  issueKey(
    request: StaffRequest,
    staffId: string,
    expiresAt: number | undefined,
  ): Promise<{ readonly outcome: Outcome; readonly keyId: string; readonly secret: string }>;
  execute(request: StaffRequest, staffId: string, command: StaffCommand): Promise<Outcome>;
  /** Whose secret it is; undefined if the account is not there, or the secret is not one of its good ones. */
  authenticate(staffId: string, secret: string): Promise<Authenticated | undefined>;
  /** Whether an access token was ended, by a state that is a moment old at most. */
  hasEnded(token: StaffClaims): Promise<boolean>;
}

type Decide = (
  state: StaffState,
  context: { readonly now: number },
) => ReturnType<typeof decideStaff> | ReturnType<typeof refused>;

/** The service accounts of one command node. */
export function createServiceAccounts(
  { vault, clock }: Pick<ExecutorDependencies, 'vault' | 'clock'>,
  streams: StaffStreams,
): ServiceAccounts {
  const stampOf = (request: StaffRequest) => stampCommand(vault, request, actorOf(request.caller));
  const run = ({ ifMatch }: StaffRequest, staffId: string, stamp: CommandStamp, decide: Decide) =>
    streams.execute({ userId: staffId, stamp, ifMatch, decide });

  return {
    async add(request, { name, scopes }) {
      const stamp = await stampOf(request);
      const command = { type: 'AddServiceAccount', name, scopes } as const;
      return run(request, uuidv5(ACCOUNTS, stamp.commandId), stamp, (state, context) => {
        // Made under this very key, longer ago than what it was sent with is remembered.
        const { account } = state;
        const isAnother = account && (account.name !== name || account.status === 'removed');
        return isAnother ? KEY_REUSED : decideStaff(state, command, request.held, context);
      });
    },
    async issueKey(request, staffId, expiresAt) {
      const stamp = await stampOf(request);
      const keyId = uuidv5(KEYS, `${staffId} ${stamp.commandId}`);
      const secret = await serviceSecret(vault, keyId);
      const command = { type: 'IssueKey', keyId, keyDigest: secretDigest(secret), expiresAt } as const;
      const decide: Decide = (state, context) => {
        if (state.account?.kind !== 'service') return NOT_FOUND;
        // As above: a secret that is good no longer, or for another time, is not what is asked for now.
        const before = state.account?.keys.find((key) => key.keyId === keyId);
        const isAnother =
          before &&
          (staffKeyStatusAt(before, context.now) !== 'good' || before.expiresAt !== (expiresAt ?? null));
        return isAnother ? KEY_REUSED : decideStaff(state, command, request.held, context);
      };
      return { outcome: await run(request, staffId, stamp, decide), keyId, secret };
    },
    async execute(request, staffId, command) {
      return run(request, staffId, await stampOf(request), (state, context) =>
        state.account?.kind === 'service' ? decideStaff(state, command, request.held, context) : NOT_FOUND,
      );
    },
    async authenticate(staffId, secret) {
      const now = clock(); // first, so that a node whose clock is wrong answers nothing
      const digest = secretDigest(secret);
      return streams.read(staffId, ({ account, keyOf, lastEventAt }) => {
        const key = account?.keys.find(({ keyId }) => keyId === keyOf.get(digest));
        const at = Math.max(now, lastEventAt);
        if (account?.status !== 'active' || !key || staffKeyStatusAt(key, at) !== 'good') return undefined;
        return { account, key, now: at };
      });
    },
    async hasEnded({ sub, rev, key }) {
      const account = await streams.recent(sub);
      return !account || !staffTokenHolds(account, { rev, key });
    },
  };
}
