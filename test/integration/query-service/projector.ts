import { connectRedis, type Redis } from '../../../shared/adapters/redis/client.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { NOTICE_CHANNEL } from '../../../shared/read-model/notices.ts';
import { cacheEpoch } from '../../../shared/read-model/version.ts';
import { CACHE_CHECKPOINT_KEY } from '../../../shared/read-model/views.ts';

export interface Changed {
  readonly users?: readonly (readonly [string, string])[];
  readonly licenses?: readonly (readonly [string, string])[];
}

/** Of the views in Redis. */
export const EPOCH = cacheEpoch(1);

const logger = createLogger({ service: 'test', level: 'silent' });

/** The projector's part towards the query nodes, one step at a time: a test says what is sent, and what is lost. */
export class Projector {
  readonly redis: Redis;
  #sent: string;
  #heart: NodeJS.Timeout | undefined;

  constructor(redisUrl: string, checkpoint: string) {
    this.redis = connectRedis({ url: redisUrl, name: 'test-projector', logger });
    this.#sent = checkpoint;
  }

  /** Says once that everything up to `checkpoint` was told. */
  async notice(checkpoint: string, changed: Changed = {}): Promise<void> {
    const before = this.#sent;
    this.#sent = checkpoint;
    await this.#publish({ before, after: checkpoint, ...changed });
  }

  /** A batch whose notice nobody gets. */
  lose(checkpoint: string): void {
    this.#sent = checkpoint;
  }

  /** What an idle projector sends each second. */
  async heartbeat(): Promise<void> {
    await this.#publish({ before: this.#sent, after: this.#sent });
  }

  /** Heartbeats until `stop`. */
  start(everyMs = 100): void {
    this.#heart = setInterval(() => {
      if (this.redis.status !== 'ready') return;
      // Redis may go while a beat is under way: then it is lost, as a real projector's would be.
      this.heartbeat().catch((error: Error) => {
        if (error.name !== 'MaxRetriesPerRequestError') throw error;
      });
    }, everyMs);
  }

  stop(): void {
    clearInterval(this.#heart);
  }

  async writeCacheCheckpoint(checkpoint: string): Promise<void> {
    await this.redis.hset(CACHE_CHECKPOINT_KEY, 'e', EPOCH, 'v', checkpoint, 'j', checkpoint);
  }

  close(): void {
    this.stop();
    this.redis.disconnect();
  }

  async #publish(notice: Changed & { before: string; after: string }): Promise<void> {
    const { before, after, users = [], licenses = [] } = notice;
    await this.redis.publish(NOTICE_CHANNEL, JSON.stringify({ before, after, users, licenses }));
  }
}
