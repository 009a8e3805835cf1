/** What a client was answered. */
export interface Answer {
  readonly status: number;
  /** The problem's code, or the validation's. */
  readonly code?: string | undefined;
  /** The position that the answer rests on. */
  readonly position?: number | undefined;
  readonly licenseId?: string | undefined;
  /** The status of the license that was read. */
  readonly license?: string | undefined;
  /** Of a validation: what its knowledge is as of. */
  readonly asOf?: string | undefined;
  /** Seconds, of an answer that says that it may be stale. */
  readonly age?: number | undefined;
}

/** A request, and when it was sent and answered: milliseconds of the load generator's own monotonic clock. */
interface Sent {
  readonly sentAt: number;
  readonly answeredAt: number;
  /** Undefined where the connection broke or nothing came in time. */
  readonly answer: Answer | undefined;
}

export type CommandKind =
  | 'activate'
  | 'deactivate'
  | 'suspend'
  | 'reinstate_subscription'
  | 'revoke'
  | 'reinstate_license';

/** One attempt of a command. Attempts under one idempotency key are one command. */
export interface CommandSent extends Sent {
  readonly kind: CommandKind;
  readonly key: string;
  readonly userId: string;
  /** Of the license that it names; of an activation see the answer. */
  readonly licenseId?: string | undefined;
  readonly clientId?: string | undefined;
}

export interface ValidationSent extends Sent {
  readonly userId: string;
  readonly licenseId: string;
}

/** A license, read with `Min-Event-Position`. */
export interface ReadSent extends Sent {
  readonly userId: string;
  readonly licenseId: string;
  readonly minPosition: number;
}

/** A malformed request of any kind, which must change nothing. */
export interface BadRequestSent extends Sent {
  readonly what: string;
}

/** A user's event, as the log has it. */
export interface LoggedEvent {
  readonly position: number;
  readonly userId: string;
  readonly revision: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly commandId: string;
}

/** What the read models say of a user, once they have caught up. */
export interface UserRow {
  readonly userId: string;
  readonly revision: number;
  readonly parked: boolean;
  /** License to status. */
  readonly licenses: ReadonlyMap<string, string>;
}

/** What a view in Redis says of a license or a subscription, and what the row says. */
export interface CachedView {
  readonly key: string;
  readonly cached: string;
  readonly row: string;
}

/** An event as Kafka's consumers get it, in the topic's order. */
export interface RelayedEvent {
  readonly stream: string;
  readonly revision: number;
}

/** A table of the live read models beside the same table of a rebuild. */
export interface ComparedTable {
  readonly table: string;
  readonly equal: boolean;
}

/**
 * What is promised of the validations of known licenses while a fault is under way: that all are answered, as it is for
 * every single fault; 99.9 % of them; or nothing, because nobody is left to answer.
 */
export type Promised = 'all' | 'most' | 'nothing';

/**
 * Who is left to know a license while a fault is under way. Without PostgreSQL: each node's memory, or Redis; Redis alone,
 * where a node begins with an empty memory; or memory alone, where Redis is gone too.
 */
export type Left = 'database' | 'caches' | 'redis' | 'memory';

/** When a fault was under way, on the load generator's clock. */
export interface FaultWindow {
  readonly name: string;
  readonly promised: Promised;
  readonly left: Left;
  readonly from: number;
  /** Everything was ready again. */
  readonly to: number;
  /** Since when every query node runs: what they were asked before, they don't all remember. */
  readonly nodesSince: number;
  /** Since when the query node runs that runs longest. */
  readonly oldestNodeSince: number;
  /** Since when Redis keeps what it is given. */
  readonly redisSince: number;
  /** What the system, or this machine, did not do that ends the fault. */
  readonly notOver?: string | undefined;
}

/** All that a run leaves to judge it by. */
export interface History {
  readonly commands: readonly CommandSent[];
  readonly validations: readonly ValidationSent[];
  readonly reads: readonly ReadSent[];
  readonly badRequests: readonly BadRequestSent[];
  /** Requests of any kind that got no answer, or a 5xx, while nodes were only restarted in good order. */
  readonly failedInRestarts: readonly string[];
  /** In the log's order. */
  readonly log: readonly LoggedEvent[];
  readonly rows: readonly UserRow[];
  readonly activationsByDay: number;
  readonly views: readonly CachedView[];
  readonly compared: readonly ComparedTable[];
  /** Undefined where there is no Kafka. */
  readonly relayed?: readonly RelayedEvent[] | undefined;
  readonly faults: readonly FaultWindow[];
  /**
   * Milliseconds within which a change is seen by every node that doesn't say that it may be stale, not counting the time
   * in which a fault was under way: a frozen event store hides what it has acknowledged from everybody.
   */
  readonly seenWithinMs: number;
}

/** The promises that a run can break, by name. */
export type PromiseName =
  | 'an acknowledged command is in the log'
  | 'each event changes the read models once'
  | 'no event is skipped'
  | 'never more clients than the terms allow'
  | 'one idempotency key, one effect'
  | 'a reader sees its own write'
  | 'a rebuild equals the live read models'
  | 'bad input gets a 4xx and changes nothing'
  | 'a restart in good order loses no request'
  | 'what ended is not answered as valid'
  | 'known licenses are answered through a fault'
  | 'the system recovers by itself';

/** A promise that was broken, and where to look. */
export interface Violation {
  readonly promise: PromiseName;
  readonly detail: string;
}
