import { randomBytes } from 'node:crypto';
import { OutcomeUnknown } from '../../shared/event-log/errors.ts';
import { userStream } from '../../shared/events/streams.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import { uuidv7 } from '../../shared/ids.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { noAccount } from '../domain/account.ts';
import { type AccountCommand, addUser as addUserTo } from '../domain/account-commands.ts';
import { decide } from '../domain/user.ts';
import type { Job } from '../execute/loop/decide-command.ts';
import type { ExecuteCommand } from '../execute/loop/execute-command.ts';
import type { Foresee } from '../execute/loop/foresee.ts';
import { type AddUserRequest, type Outcome, refused } from '../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../execute/stamps.ts';
import type { Held, Reservation, Reservations } from '../reservations/reservations.ts';
import type { Emails, Standing } from './email/emails.ts';

interface Parts {
  readonly dependencies: ExecutorDependencies;
  readonly reservations: Reservations;
  readonly emails: Emails;
  readonly foresee: Foresee;
  readonly executeCommand: ExecuteCommand;
}

/** Each round but the last found that another had reserved the external id or the email in between. */
const MAX_ROUNDS = 8;

const FREE: Standing = { status: 'free' };

/** What a user is to be made from, with the digests by which it is reserved. */
interface NewUser {
  readonly command: Extract<AccountCommand, { type: 'AddUser' }>;
  /** Of the external id, or of the command where nothing else tells a repeat. */
  readonly external: string | undefined;
  readonly stamp: CommandStamp;
}

/** The reservations of what must be unique about the user, as they stand. */
interface Found {
  readonly named: Reservation<'external'> | undefined;
  readonly held: Reservation<'email'> | undefined;
  readonly email: Standing;
}

/**
 * Staff make a user: the external id is reserved for a user id, then the email, then that user's stream begins. What was cut
 * off in between is completed by the next try: for the user whom the external id names, else the email.
 */
export function createAddUser({ dependencies, reservations, emails, foresee, executeCommand }: Parts) {
  const { vault, codec, clock } = dependencies;

  async function prepare(request: AddUserRequest): Promise<NewUser> {
    const { caller, name, externalId } = request;
    const email = request.email === undefined ? undefined : normaliseEmail(request.email);
    if (request.email !== undefined && email === undefined) throw new Error('what came is no email address');
    const emailDigest = email === undefined ? undefined : await vault.emailDigest(email);
    const stamp = await stampCommand(vault, request, actorOf(caller));
    const command = { type: 'AddUser', email, emailDigest, name, externalId } as const;
    return { command, stamp, external: await externalDigest(request, stamp) };
  }

  /** A user with a name alone is told apart by the command that made them, where it can be repeated. */
  async function externalDigest(
    { externalId, email, idempotency, retry }: AddUserRequest,
    { commandId }: CommandStamp,
  ): Promise<string | undefined> {
    if (externalId !== undefined) return vault.reservationDigest('external', 'user', externalId);
    const isRepeatable = email === undefined && (idempotency ?? retry) !== undefined;
    return isRepeatable ? vault.reservationDigest('external', 'command', commandId) : undefined;
  }

  const read = async ({ command: { emailDigest }, external }: NewUser): Promise<Found> => {
    const held = emailDigest === undefined ? undefined : await reservations.read('email', emailDigest);
    const email = emailDigest === undefined ? FREE : await emails.judge(emailDigest, held?.holder);
    // After the email, which is reserved after it: so whoever has the email under this external id is found by both.
    const named = external === undefined ? undefined : await reservations.read('external', external);
    return { named, held, email };
  };

  /** Reserves what is unique of the user. @returns whether all of it is reserved for this user */
  async function reserve(userId: string, { command, external, stamp }: NewUser, found: Found) {
    if (external !== undefined) {
      const claim = async (holder: object | undefined) => (holder ? undefined : { userId });
      const named = await reservations.settle('external', external, stamp, claim, found.named);
      if (named?.userId !== userId) return false;
    }
    const { emailDigest } = command;
    if (emailDigest === undefined) return true;
    const claim = async (held: Held<'email'> | undefined) =>
      (await emails.judge(emailDigest, held)).status === 'free' ? { userId } : undefined;
    const holder = await reservations.settle('email', emailDigest, stamp, claim, found.held);
    return holder?.userId === userId;
  }

  /** Of a user id that was made just now nobody has written yet: its stream need not be read. */
  function foreseeNew(userId: string, command: NewUser['command']): void {
    const decision = addUserTo(noAccount(userId), command);
    if (decision.kind !== 'events') return;
    for (const event of decision.events) codec.check(event, userStream(userId));
  }

  /** Undefined if another was faster. */
  async function attempt(request: AddUserRequest, user: NewUser): Promise<Outcome | undefined> {
    const { command, external, stamp } = user;
    const found = await read(user);
    const { named, email } = found;
    // Whose the email is may be the user whom an earlier try of this command made; under an external id that one is named.
    const byEmail = email.status === 'reserved' || external === undefined ? email.userId : undefined;
    const known = named?.holder?.userId ?? byEmail;
    const userId = known ?? uuidv7(clock(), randomBytes(10));
    const job: Job = { userId, stamp, decide: (state, context) => decide(state, command, context) };

    const foreseen = known === undefined ? foreseeNew(userId, command) : await foresee(job);
    if (foreseen && foreseen.kind !== 'events') return foreseen;
    const isTaken =
      (email.userId ?? userId) !== userId ||
      (request.email !== undefined && (await emails.isTakenInFormerForm(request.email)));
    if (isTaken) return refused({ code: 'email_taken' });
    return (await reserve(userId, user, found)) ? executeCommand(job) : undefined;
  }

  return async (request: AddUserRequest): Promise<Outcome> => {
    const user = await prepare(request);
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const outcome = await attempt(request, user);
      if (outcome) return outcome;
    }
    throw new OutcomeUnknown();
  };
}
