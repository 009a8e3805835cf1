import { uuidv5 } from '../../../shared/ids.ts';
import type { StaffAccount, StaffPerson } from '../../../shared/staff/account.ts';
import { staffSessionHolds } from '../../../shared/staff/account.ts';
import type { SessionClaims } from '../../../shared/tokens/tokens.ts';
import type { ExecutorDependencies } from '../../dependencies.ts';
import { decideStaff, type StaffCommand } from '../../domain/staff/decide.ts';
import { type Outcome, refused, type StaffRequest } from '../../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../../execute/stamps.ts';
import type { StaffStreams } from '../streams.ts';
import type { FindMember } from './find.ts';
import { welcomeToken } from './one-time-tokens.ts';

/** The namespace of the ids that follow from a command; chosen once at random. */
const WELCOMES = '5c2d9e71-8a3f-4b64-b0e7-1f4a6d8c9b35';

const NOT_FOUND = refused({ code: 'not_found', what: 'member of staff' });

/** A command's outcome, with the one-time token to set password and second factor by. */
export interface Welcomed {
  readonly outcome: Outcome;
  readonly token: string;
}

/** What staff do about people who are staff. Throws what {@link Executor} does. */
export interface Members {
  invite(
    request: StaffRequest,
    person: { readonly email: string; readonly name: string; readonly scopes: readonly string[] },
  ): Promise<Welcomed>;
  /** Ends password, second factor and sessions, and welcomes the person again. */
  reset(request: StaffRequest, staffId: string): Promise<Welcomed>;
  execute(
    request: StaffRequest,
    staffId: string,
    command: Extract<StaffCommand, { type: 'ChangeScopes' | 'EndSessions' | 'LogOut' }>,
  ): Promise<Outcome>;
  /** May be repeated: each time the key's tombstone is seen to. */
  remove(request: StaffRequest, staffId: string): Promise<Outcome>;
  /** Makes what was sealed of a person unreadable, if they were removed. @returns whether they were */
  finishRemoval(staffId: string): Promise<boolean>;
  /** Opens what is sealed of a person; all null once they are removed. */
  open(account: StaffAccount): Promise<StaffPerson>;
  /** Whether a session was ended, by a state that is a moment old at most. */
  hasEnded(session: SessionClaims): Promise<boolean>;
}

type Parts = Pick<ExecutorDependencies, 'vault' | 'codec' | 'erasures'>;

export const createOpenMember =
  ({ vault, codec }: Pick<Parts, 'vault' | 'codec'>) =>
  async ({ staffId, sealed }: StaffAccount): Promise<StaffPerson> => {
    if (sealed === undefined) return { email: null, name: null };
    const { email = null, name = null } = codec.unseal('StaffInvited', sealed, await vault.dataKey(staffId));
    return { email, name };
  };

/** The people who are staff, on one command node. */
export function createMembers(parts: Parts, streams: StaffStreams, find: FindMember): Members {
  const { vault, erasures } = parts;
  const stampOf = (request: StaffRequest) => stampCommand(vault, request, actorOf(request.caller));

  const run = (
    { ifMatch, held }: StaffRequest,
    stamp: CommandStamp,
    staffId: string,
    command: StaffCommand,
  ): Promise<Outcome> =>
    streams.execute({
      ...{ userId: staffId, stamp, ifMatch },
      async decide(state, context) {
        if (state.account?.kind !== 'person') return NOT_FOUND;
        const decision = decideStaff(state, command, held, context);
        // Before the append: what a crash leaves undone is found by it.
        if (command.type === 'Remove' && decision.kind === 'events') await erasures.begin(staffId);
        return decision;
      },
    });

  async function forget(staffId: string): Promise<void> {
    await vault.applyErasures([staffId]);
    await erasures.end(staffId);
  }

  return {
    async invite(request, { email, name, scopes }) {
      const stamp = await stampOf(request);
      const { staffId } = await find(email);
      const welcomeId = uuidv5(WELCOMES, stamp.commandId);
      const command = { type: 'Invite', email, name, scopes, welcomeId } as const;
      const outcome = await streams.execute({
        ...{ userId: staffId, stamp, ifMatch: request.ifMatch },
        decide: (state, context) => decideStaff(state, command, request.held, context),
      });
      return { outcome, token: await welcomeToken(vault, { staffId, welcomeId }) };
    },
    async reset(request, staffId) {
      const stamp = await stampOf(request);
      const welcomeId = uuidv5(WELCOMES, stamp.commandId);
      const outcome = await run(request, stamp, staffId, { type: 'Reset', welcomeId });
      return { outcome, token: await welcomeToken(vault, { staffId, welcomeId }) };
    },
    execute: async (request, staffId, command) => run(request, await stampOf(request), staffId, command),
    async remove(request, staffId) {
      const outcome = await run(request, await stampOf(request), staffId, { type: 'Remove' });
      if (outcome.kind === 'done') await forget(staffId);
      return outcome;
    },
    async finishRemoval(staffId) {
      const isRemoved = await streams.read(staffId, ({ account }) => account?.status === 'removed');
      if (isRemoved) await forget(staffId);
      return isRemoved;
    },
    open: createOpenMember(parts),
    async hasEnded({ sub, jti }) {
      const account = await streams.recent(sub);
      return !account || !staffSessionHolds(account, jti);
    },
  };
}
