import { randomBytes } from 'node:crypto';
import { OutcomeUnknown } from '../../shared/event-log/errors.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import { uuidv7 } from '../../shared/ids.ts';
import { Emails } from '../accounts/email/emails.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import { createAppend } from '../execute/loop/append.ts';
import type { Job } from '../execute/loop/decide-command.ts';
import { createExecuteCommand } from '../execute/loop/execute-command.ts';
import { createForesee } from '../execute/loop/foresee.ts';
import { UserQueue } from '../execute/loop/user-queue.ts';
import type { Refusal } from '../execute/requests.ts';
import { stampCommand } from '../execute/stamps.ts';
import { UserStates } from '../execute/states/user-states.ts';
import { Reservations } from '../reservations/reservations.ts';
import type { ImportedCustomer } from './customer.ts';
import { decideCustomer, type ImportIds, type ImportRefused, MAX_EVENTS } from './decide-customer.ts';
import { createFirstTime } from './first-time.ts';
import { type Digests, digestsOf, type Missing, newParts, type PartIds, readParts } from './parts.ts';

export type ImportDependencies = Pick<
  ExecutorDependencies,
  | 'log'
  | 'codec'
  | 'vault'
  | 'snapshots'
  | 'catalogue'
  | 'clock'
  | 'stateCacheBytes'
  | 'appendDeadlineMs'
  | 'readDeadlineMs'
  | 'pause'
>;

/** What became of a customer. */
export type Imported =
  /** `events`: of the customer's stream; 0 if all of it was there before. */
  | { readonly kind: 'imported'; readonly events: number }
  | {
      readonly kind: 'refused';
      readonly place: string;
      readonly refusal: Refusal;
    };

export interface Importer {
  /**
   * Takes over one customer, or nothing of it if the rules refuse a part. Repeated it changes nothing.
   * @throws as the executor does
   */
  import(customer: ImportedCustomer): Promise<Imported>;
  /** The same with nothing written: what would become of the customer now. */
  foresee(customer: ImportedCustomer): Promise<Imported>;
}

/** Each round but the last found that another had reserved a part in between. */
const MAX_ROUNDS = 8;

/** A customer with what is unique of it. */
interface Known {
  readonly customer: ImportedCustomer;
  /** In the form in which emails are compared. */
  readonly email: string | undefined;
  readonly digests: Digests;
}

const ACTOR = { role: 'operator', id: 'import' } as const;

const refusedAt = (place: string, refusal: Refusal): Imported => ({ kind: 'refused', place, refusal });

/** Takes over customers of another system, through the rules and the appends of every other command. */
export function createImporter(dependencies: ImportDependencies): Importer {
  const { vault, clock, log, codec, snapshots, readDeadlineMs, stateCacheBytes } = dependencies;
  const append = createAppend(dependencies);
  const states = new UserStates({ log, reader: codec, maxBytes: stateCacheBytes, readDeadlineMs, snapshots });
  const queue = new UserQueue();
  const reservations = new Reservations({ ...dependencies, append });
  const executeCommand = createExecuteCommand({ dependencies, states, queue, append });
  const foresee = createForesee({ dependencies, states, queue });
  const emails = new Emails({ vault, reservations, states, queue, clock });
  const newId = (at = clock()) => uuidv7(at, randomBytes(10));

  const firstTime = createFirstTime({ dependencies, append, reservations });

  /** A job that imports the customer as this user, with these parts; and what it refused last, and where. */
  async function jobFor({ customer, email, digests }: Known, userId: string, parts: PartIds) {
    const { externalId, name } = customer;
    const addUser = { type: 'AddUser', email, emailDigest: digests.email, name, externalId } as const;
    const ids: ImportIds = { ...parts, addUser };
    const stamp = await stampCommand(vault, { correlationId: newId() }, ACTOR);
    let last: ImportRefused | undefined;
    const decide: Job['decide'] = (state, context) =>
      decideCustomer(state, customer, ids, context, (refused) => {
        last = refused;
      });
    const job: Job = { userId, stamp, decide };
    return { job, ids, refused: (refusal: Refusal) => refusedAt(last?.place ?? '', refusal) };
  }

  /** Adds what reserves the email of a customer who is not there yet; or says that it is another's. */
  async function reservedEmail(userId: string, { email, digests }: Known, missing: Missing[]) {
    const { email: digest } = digests;
    if (email === undefined || digest === undefined) return undefined;
    const before = await reservations.read('email', digest);
    const { status, userId: by } = await emails.judge(digest, before.holder);
    const isTaken = (status !== 'free' && by !== userId) || (await emails.isTakenInFormerForm(email, userId));
    if (isTaken) return refusedAt('/email', { code: 'email_taken' });
    if (status === 'free')
      missing.push((stamp) => reservations.reserve('email', digest, before, { userId }, stamp));
    return undefined;
  }

  /** Reads what is there, and adds what is not. Undefined if another has reserved a part in between. */
  async function complete(known: Known, isForeseen: boolean): Promise<Imported | undefined> {
    const parts = await readParts(reservations, known.customer, known.digests, newId);
    if (parts.taken) return { kind: 'refused', ...parts.taken };
    const { userId, missing } = parts;
    const { job, refused } = await jobFor(known, userId, parts.ids);
    const foreseen = await foresee(job);
    if (foreseen.kind === 'rejected') return refused(foreseen.rejection);
    if (foreseen.kind === 'done') return { kind: 'imported', events: 0 };
    const { events } = foreseen;
    const isNew = events[0]?.type === 'UserAdded';
    const taken = isNew ? await reservedEmail(userId, known, missing) : undefined;
    if (taken) return taken;
    if (isForeseen) return { kind: 'imported', events: events.length };
    const all = await Promise.all(missing.map((reserve) => reserve(job.stamp)));
    if (all.includes(false)) return undefined;
    const outcome = await executeCommand(job);
    if (outcome.kind === 'rejected') return refused(outcome.rejection);
    return { kind: 'imported', events: outcome.changed ? events.length : 0 };
  }

  async function knownOf(customer: ImportedCustomer): Promise<Known> {
    const email = customer.email === undefined ? undefined : normaliseEmail(customer.email);
    return { customer, email, digests: await digestsOf(vault, customer, email) };
  }

  async function settle(known: Known, isForeseen: boolean): Promise<Imported> {
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const imported = await complete(known, isForeseen);
      if (imported) return imported;
    }
    throw new OutcomeUnknown();
  }

  /** @returns how many events; undefined if something of the customer is there, or in the way */
  async function asNew(known: Known): Promise<number | undefined> {
    const { customer, digests, email } = known;
    if (email !== undefined && (await vault.formerEmailDigest(email)) !== undefined) return undefined;
    const { job, ids } = await jobFor(known, newId(), newParts(customer, digests, newId));
    return firstTime({ customer, digests, ids, job });
  }

  return {
    foresee: async (customer) => settle(await knownOf(customer), true),
    async import(customer) {
      const known = await knownOf(customer);
      let events = (await asNew(known)) ?? 0;
      if (events > 0 && events < MAX_EVENTS) return { kind: 'imported', events };
      for (;;) {
        const imported = await settle(known, false);
        if (imported.kind === 'refused') return imported;
        events += imported.events;
        if (imported.events < MAX_EVENTS) return { kind: 'imported', events };
      }
    },
  };
}
