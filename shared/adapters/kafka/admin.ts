import type { Admin, Kafka } from './client.ts';
import { isKafkaUnavailable, KafkaUnavailable } from './errors.ts';
import { uncommittedAdmin } from './uncommitted-admin.ts';

/** Asks the brokers, over one connection that is made when it is first needed and again after it failed. */
export class KafkaAdmin {
  readonly #kafka: Kafka;
  #connected: Promise<Admin> | undefined;
  #ping: Promise<unknown> | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** @throws KafkaUnavailable, and what the question throws otherwise */
  async ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    this.#connected ??= this.#connect();
    const connected = this.#connected;
    try {
      return await question(await connected);
    } catch (error) {
      if (this.#connected === connected) this.#connected = undefined;
      // One that never connected has nothing to close.
      void connected.then((admin) => admin.disconnect()).catch(() => undefined);
      throw isKafkaUnavailable(error) ? new KafkaUnavailable({ cause: error }) : error;
    }
  }

  /** Resolves if a broker answers. Whoever asks meanwhile gets the same answer. @throws KafkaUnavailable */
  ping(): Promise<unknown> {
    this.#ping ??= this.ask((admin) => admin.describeCluster()).finally(() => {
      this.#ping = undefined;
    });
    return this.#ping;
  }

  /** Waits for no answer: a broker that is unreachable would give none. */
  close(): void {
    void this.#connected?.then((admin) => admin.disconnect()).catch(() => undefined);
    this.#connected = undefined;
  }

  async #connect(): Promise<Admin> {
    const admin = uncommittedAdmin(this.#kafka);
    await admin.connect();
    return admin;
  }
}
