import { randomUUID } from 'node:crypto';
import { createErasureIntents } from '../../../command-service/accounts/erasing/erasure-intents.ts';
import { Passwords } from '../../../command-service/accounts/passwords.ts';
import type { ExecutorDependencies, PausePoint } from '../../../command-service/dependencies.ts';
import type { Command } from '../../../command-service/domain/user.ts';
import { createAppend } from '../../../command-service/execute/loop/append.ts';
import type { Caller, CommandRequest, Done, Outcome } from '../../../command-service/execute/requests.ts';
import { createSnapshots } from '../../../command-service/execute/states/snapshots.ts';
import { createExecutor, type Executor } from '../../../command-service/executor.ts';
import { createImporter, type Importer } from '../../../command-service/import/importer.ts';
import { Reservations } from '../../../command-service/reservations/reservations.ts';
import type { Members } from '../../../command-service/staff/people/members.ts';
import type { ServiceAccounts } from '../../../command-service/staff/service-accounts.ts';
import { createStaff } from '../../../command-service/staff/staff.ts';
import { createWebhooks, type Webhooks } from '../../../command-service/webhooks/webhooks.ts';
import { type EventStore, startEventStore } from '../../../local/event-store/server.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { readCatalogue } from '../../../shared/catalogue/read.ts';
import type { AppendResult, EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { Guesses } from '../../../shared/http/limits/failure-limit.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { vaultPool } from '../vault/vaults.ts';

/** For whoever asks in this process, and guesses at nothing. */
const NO_GUESSES: Guesses = { attempt: (_guess, attempt) => attempt() };

const silent = createLogger({ service: 'test', level: 'silent' });

type AppendCall = (send: () => Promise<AppendResult>, stream: string) => Promise<AppendResult>;
type Info = { readonly userId: string; readonly commandId: string };

/** One command node's write side, with what a test may do to it. */
export interface Node extends Executor {
  readonly vault: Vault;
  readonly reservations: Reservations;
  readonly importer: Importer;
  readonly serviceAccounts: ServiceAccounts;
  readonly members: Members;
  readonly webhooks: Webhooks;
  /** Stream names, in order, of what this node asked the log for. */
  readonly appends: string[];
  readonly reads: string[];
  eventsRead: number;
  /** Stands between the node and the log's append. */
  append: AppendCall;
  pause: (point: PausePoint, info: Info) => Promise<void>;
  now: () => number;
}

/** A real event store and vault, and any number of command nodes on them. */
export class Backend {
  readonly store: EventStore;
  /** On the vault's database, which holds the snapshots, too. */
  readonly pool: Pool;
  readonly log: EventLog;
  readonly #database: TestDatabase;
  readonly #masterKey = newKey();
  readonly #closing: EventLog[] = [];

  private constructor(database: TestDatabase, store: EventStore, pool: Pool) {
    this.#database = database;
    this.store = store;
    this.pool = pool;
    this.log = this.#connect();
  }

  static async start(): Promise<Backend> {
    const database = await createDatabase();
    const store = await startEventStore({
      host: '127.0.0.1',
      port: 0,
      databaseUrl: database.url,
      logger: silent,
    });
    return new Backend(database, store, await vaultPool(database.url));
  }

  /** Of the event store's and the vault's database. */
  get databaseUrl(): string {
    return this.#database.url;
  }

  #connect(connectionString = this.store.connectionString): EventLog {
    const log = connectEventLog({ connectionString });
    this.#closing.push(log);
    return log;
  }

  /** @param connectionString of whatever stands in front of the store */
  node(
    options: Partial<
      Pick<
        ExecutorDependencies,
        'retryForMs' | 'onAppend' | 'codec' | 'vault' | 'stateCacheBytes' | 'readDeadlineMs' | 'catalogue'
      >
    > = {},
    connectionString?: string,
  ): Node {
    const log = this.#connect(connectionString);
    const vault = createVault({ db: this.pool, masterKey: this.#masterKey, clock: () => Date.now() });
    const handles: Omit<
      Node,
      keyof Executor | 'reservations' | 'importer' | 'serviceAccounts' | 'members' | 'webhooks'
    > = {
      vault,
      appends: [],
      reads: [],
      eventsRead: 0,
      append: (send) => send(),
      pause: async () => undefined,
      now: () => Date.now(),
    };
    const dependencies: ExecutorDependencies = {
      log: {
        append: (stream, expected, events, how) => {
          handles.appends.push(stream);
          return handles.append(() => log.append(stream, expected, events, how), stream);
        },
        async *readStream(stream, how) {
          handles.reads.push(stream);
          for await (const event of log.readStream(stream, how)) {
            handles.eventsRead += 1;
            yield event;
          }
        },
      },
      codec: createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault }),
      vault,
      snapshots: createSnapshots({ db: this.pool, logger: silent }),
      erasures: createErasureIntents(this.pool),
      guesses: NO_GUESSES,
      passwords: new Passwords({
        maxConcurrent: 2,
        maxWaiting: 1_000,
        cost: { memory: 64, passes: 1, parallelism: 1 },
      }),
      catalogue: readCatalogue(),
      clock: () => handles.now(),
      stateCacheBytes: 10_000_000,
      appendDeadlineMs: 5_000,
      readDeadlineMs: 5_000,
      pause: (point, info) => handles.pause(point, info),
      ...options,
    };
    const reservations = new Reservations({ ...dependencies, append: createAppend(dependencies) });
    const importer = createImporter(dependencies);
    const { serviceAccounts, members } = createStaff(dependencies);
    const webhooks = createWebhooks(dependencies);
    const others = { reservations, importer, serviceAccounts, members, webhooks };
    return Object.assign(handles, createExecutor(dependencies, members), others);
  }

  async stream(name: string): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    for await (const event of this.log.readStream(name)) events.push(event);
    return events;
  }

  async types(name: string): Promise<string[]> {
    return (await this.stream(name)).map((event) => event.type);
  }

  async close(): Promise<void> {
    await Promise.all(this.#closing.map((log) => log.close()));
    await this.store.close();
    await this.pool.end();
    await this.#database[Symbol.asyncDispose]();
  }
}

export const OPERATOR: Caller = { role: 'operator', id: 'billing' };

export const newEmail = (): string => `${randomUUID()}@example.com`;

/** @throws Error the outcome is a refusal */
export function done(outcome: Outcome): Done {
  if (outcome.kind === 'rejected') throw new Error(`refused: ${outcome.rejection.code}`);
  return outcome;
}

export const codeOf = (outcome: Outcome): string =>
  outcome.kind === 'rejected' ? outcome.rejection.code : 'done';

/** A customer: what it is to ask as one. */
export interface Customer {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly caller: Caller & { readonly role: 'user' };
  request(command: CommandRequest['command'], more?: Partial<CommandRequest>): CommandRequest;
}

export const customerOf = (userId: string, email: string, password: string, rev: number): Customer => {
  const caller = { role: 'user', userId, token: { tokenId: randomUUID(), rev } } as const;
  return {
    userId,
    email,
    password,
    caller,
    request: (command, more) => ({ userId, caller, correlationId: 'test', command, ...more }),
  };
};

export async function signUp(node: Node, email = newEmail(), password = 'a password'): Promise<Customer> {
  const { userId, tokenRevision = 0 } = done(await node.signUp({ email, password, correlationId: 'test' }));
  return customerOf(userId, email, password, tokenRevision);
}

/** A customer with a running subscription. */
export async function subscribe(node: Node, plan = 'pro'): Promise<Customer & { subscriptionId: string }> {
  const customer = await signUp(node);
  const start = {
    type: 'StartSubscription',
    plan,
    quantity: 1,
    trial: false,
    period: { months: 12 },
  } as const;
  const { subject } = done(await node.execute(customer.request(start, { caller: OPERATOR })));
  if (subject.kind !== 'subscription') throw new Error(`a ${subject.kind} was started`);
  return { ...customer, subscriptionId: subject.subscription.subscriptionId };
}

export const activate = (clientId: string): Extract<Command, { type: 'ActivateClient' }> => ({
  type: 'ActivateClient',
  clientId,
});

export const licenseOf = (outcome: Outcome): string => {
  const { subject } = done(outcome);
  if (subject.kind !== 'license') throw new Error(`a ${subject.kind} was answered`);
  return subject.license.licenseId;
};

export const keyed = (key: string, body: unknown, route = 'POST /v1/activations') => ({
  idempotency: { key, route, body },
});
