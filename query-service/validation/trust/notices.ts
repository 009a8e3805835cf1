import type { Redis } from '../../../shared/adapters/redis/client.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { NOTICE_CHANNEL, type Notice, noticeSchema } from '../../../shared/read-model/notices.ts';
import type { LicenseView, UserView } from '../../../shared/read-model/views.ts';
import type { ViewMemory } from '../views/view-memory.ts';
import type { Trust } from './trust.ts';

export interface NoticesOptions {
  /** A connection of its own: one that subscribes can do nothing else. */
  readonly subscriber: Redis;
  /** The connection that reads and writes views. */
  readonly redis: Redis;
  readonly trust: Trust;
  readonly licenses: ViewMemory<LicenseView>;
  readonly users: ViewMemory<UserView>;
  readonly clock: () => number;
  readonly logger: Logger;
  /** After each notice: it tells that the projector has got to `after`. */
  readonly onNotice: (after: Position) => void;
  /** How often silence is looked for; default 500 ms. */
  readonly tickMs?: number;
}

const TICK_MS = 500;

/** Follows the projector's notices: what they say changed is forgotten at once, and a missed one is noticed. */
export class Notices {
  readonly #options: NoticesOptions;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  start(): void {
    const { subscriber, redis, trust, tickMs = TICK_MS } = this.#options;
    subscriber.on('message', (_channel: string, text: string) => this.receive(text));
    subscriber.on('ready', () => void this.#subscribe());
    if (subscriber.status === 'ready') void this.#subscribe();
    // Of both connections: a Redis that comes back may be another one, or an older copy of itself.
    for (const connection of [subscriber, redis]) this.#followLoss(connection);
    this.#timer = setInterval(() => {
      this.#ticking = trust.tick();
    }, tickMs);
    this.#timer.unref();
  }

  /** Each attempt to reconnect ends in "close" too; only the first one says something new. */
  #followLoss(connection: Redis): void {
    const { subscriber } = this.#options;
    let up = connection.status === 'ready';
    connection.on('ready', () => {
      up = true;
    });
    connection.on('close', () => {
      if (up) this.#options.trust.disconnected();
      up = false;
      // Only who writes finds out that a node was demoted: the subscription moves with that connection.
      if (connection !== subscriber && subscriber.status === 'ready') subscriber.disconnect(true);
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#ticking;
  }

  /** Takes a notice as it came from the channel. */
  receive(text: string): void {
    const { trust, onNotice } = this.#options;
    const notice = this.#read(text);
    const before = notice && parsePosition(notice.before);
    const after = notice && parsePosition(notice.after);
    if (!notice || !before || !after) {
      // Of another form than this node knows: what it said is missed.
      trust.disconnected();
      return;
    }
    trust.received(before, after);
    this.#raiseFloors(notice);
    onNotice(after);
    // After a gap everybody's views are read again: from Redis as soon as that may be.
    trust.noticed();
  }

  #read(text: string): Notice | undefined {
    try {
      return noticeSchema.parse(JSON.parse(text));
    } catch (error) {
      this.#options.logger.error({ err: error }, 'notice_unreadable');
      return undefined;
    }
  }

  #raiseFloors(notice: Notice): void {
    const { licenses, users, trust, clock } = this.#options;
    const now = clock();
    const raise = (memory: ViewMemory<LicenseView> | ViewMemory<UserView>, id: string, text: string) => {
      const position: Position | undefined = parsePosition(text);
      // What can't be remembered as a floor is covered by trusting nothing that was read before.
      if (!position || !memory.raise(id, position, now)) trust.distrust('floors');
    };
    for (const [id, position] of notice.users) raise(users, id, position);
    for (const [id, position] of notice.licenses) raise(licenses, id, position);
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#options.subscriber.subscribe(NOTICE_CHANNEL);
    } catch (error) {
      // The connection broke again; its next "ready" tries again.
      this.#options.logger.warn({ err: error }, 'notices_not_subscribed');
    }
  }
}
