import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { askTimed, isUnknown, type Timed } from '../chaos/client.ts';
import type { CommandKind, CommandSent, ReadSent, ValidationSent } from '../chaos/history.ts';
import type { Random } from '../support/random.ts';
import type { ApiRequest } from '../support/requests/api.ts';
import { expected, isCurrent, type Plan, type Subscription, statusOf } from './model.ts';
import type { Office } from './office.ts';

const HOUR_MS = 3_600_000;
/** As the plans have it. */
const MACHINES = 3;
const PAUSE_MS = 100;
const MOST_ATTEMPTS = 100;
/** Something that is remembered for 24 hours is asked for again within these, and not near their end. */
const REMEMBERED_MS = 23.5 * HOUR_MS;
/** Known commands are forgotten by the hour. */
const FORGOTTEN_MS = 26 * HOUR_MS;

/** What all customers of a run share. */
export interface Place {
  readonly url: string;
  readonly random: Random;
  readonly office: Office;
  /** The fast clock. */
  readonly now: () => number;
  readonly record: Record;
}

/** What the customers saw. */
export class Record {
  readonly commands: CommandSent[] = [];
  readonly validations: ValidationSent[] = [];
  readonly reads: ReadSent[] = [];
  readonly userIds: string[] = [];
  readonly wrong: string[] = [];
  readonly #say: (line: string) => void;
  readonly counts = new Map<string, number>();

  /** As the checker of the fault run takes it. */
  get seen() {
    const { commands, validations, reads, userIds } = this;
    return { commands, validations, reads, userIds };
  }

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Something was not as it must be. */
  note(what: string): void {
    this.wrong.push(what);
    this.#say(`WRONG  ${what}`);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

interface Machine {
  readonly clientId: string;
  readonly licenseId: string;
  readonly activationKey: string;
  active: boolean;
}

interface Repeatable {
  readonly at: number;
  readonly key: string;
  /** What of the answer must be the same again. */
  readonly answer: string;
  send(key: string): Promise<Timed>;
}

/** A moment of the fast clock lies between these two. */
interface Window {
  readonly from: number;
  readonly to: number;
}

/** A customer with a subscription and machines, who does one thing after another and knows what each answer must be. */
export class Customer {
  readonly #place: Place;
  readonly #userId: string;
  readonly #licenseKey: string;
  #subscription: Subscription | undefined;
  readonly #machines = new Map<string, Machine>();
  #keysMade: Repeatable[] = [];
  #activations: Repeatable[] = [];
  #position = 0;

  private constructor(place: Place, userId: string, licenseKey: string) {
    this.#place = place;
    this.#userId = userId;
    this.#licenseKey = licenseKey;
  }

  static async enter(place: Place): Promise<Customer> {
    const { office, record } = place;
    const user = await office.ask('/v1/users', { body: { external_id: randomUUID() } });
    const userId = String(user.body.user_id);
    const key = await office.ask('/v1/license-keys', { body: { user_id: userId } });
    if (key.answer?.status !== 201) throw new Error(`no license key: ${JSON.stringify(key.body)}`);
    record.userIds.push(userId);
    return new Customer(place, userId, String(key.body.license_key));
  }

  /** The machines' keys, for whoever only asks. */
  get machines(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  get subscription(): Subscription | undefined {
    return this.#subscription;
  }

  async act(): Promise<void> {
    const its = this.#subscription;
    const { now, random } = this.#place;
    // It stands until it is lifted, also past the end: nothing can be started meanwhile.
    if (its?.suspended) return random.below(4) === 0 ? this.#suspend(its, false) : this.validate();
    if (!its || !isCurrent(its, now())) {
      // What is over is asked about for a while.
      if (its && random.below(20) > 0) return this.validate();
      return this.#start();
    }
    const dice = random.below(100);
    if (dice < 55) return this.validate();
    if (dice < 65) return this.#activate();
    if (dice < 70) return this.#deactivate();
    if (dice < 74) return this.#suspend(its, true);
    if (dice < 78) return this.#renew(its);
    if (dice < 80) return this.#cancel(its);
    if (dice < 88) return this.#repeat();
    if (dice < 92) return this.#makeKey();
    return this.#read(its);
  }

  async #start(): Promise<void> {
    const { random, now, office } = this.#place;
    const plan: Plan = random.pick(['mild', 'strict']);
    const start = now() + (random.below(4) === 0 ? HOUR_MS * (1 + random.below(3)) : 0);
    const end = start + HOUR_MS * (4 + random.below(60));
    const body = { user_id: this.#userId, plan, start_date: iso(start), end_date: iso(end) };
    const done = await this.#command('start', (key) => office.ask('/v1/subscriptions', post(key, body)));
    if (done.answer?.status !== 201) return this.#mustNot('a start', done);
    const id = String(done.body.subscription_id);
    this.#subscription = { id, plan, start, end, suspended: false, cancelled: false };
  }

  async #renew(its: Subscription): Promise<void> {
    const { random, now, office } = this.#place;
    if (its.cancelled || its.end - now() > 6 * HOUR_MS || random.below(3) === 0) return this.validate();
    const end = its.end + HOUR_MS * (6 + random.below(48));
    const renew = (key: string) =>
      office.ask(`/v1/subscriptions/${its.id}/renew`, post(key, { end_date: iso(end) }));
    const done = await this.#command('renew', renew);
    if (done.answer?.status === 200) this.#subscription = { ...its, end };
    else if (isCurrent(its, now())) this.#mustNot('a renewal', done);
  }

  async #cancel(its: Subscription): Promise<void> {
    const { now, office } = this.#place;
    const verb = its.cancelled ? 'uncancel' : 'cancel';
    const body = its.cancelled ? undefined : {};
    const done = await this.#command(verb, (key) =>
      office.ask(`/v1/subscriptions/${its.id}/${verb}`, { ...post(key, body), method: 'POST' }),
    );
    if (done.answer?.status === 200) {
      // In its grace there is nothing left to run: it ends as it is cancelled, at the end that it had.
      this.#subscription = { ...its, cancelled: !its.cancelled };
    } else if (its.end > now()) this.#mustNot(verb, done);
  }

  async #suspend(its: Subscription, suspended: boolean): Promise<void> {
    const { office } = this.#place;
    const verb = suspended ? 'suspend' : 'reinstate';
    const kind = suspended ? 'suspend' : 'reinstate_subscription';
    const done = await this.#command(kind, (key) =>
      office.ask(`/v1/subscriptions/${its.id}/${verb}`, post(key, {})),
    );
    if (done.answer?.status === 200) this.#subscription = { ...its, suspended };
    else if (isCurrent(its, this.#place.now())) this.#mustNot(verb, done);
  }

  async #activate(): Promise<void> {
    const { random, now, url } = this.#place;
    const its = this.#subscription as Subscription;
    if (its.start > now()) return this.validate();
    const clientId = `${this.#userId}-${random.below(MACHINES)}`;
    const request = (key: string) => ({ ...post(key, { client_id: clientId }), token: this.#licenseKey });
    const send = (key: string) => askTimed(url, '/v1/activations', request(key));
    const done = await this.#command('activate', send, { clientId });
    const { license_id: licenseId, activation_key: activationKey } = done.body;
    if (typeof licenseId !== 'string' || typeof activationKey !== 'string') {
      if (isCurrent(its, now())) this.#mustNot('an activation', done);
      return;
    }
    const had = this.#machines.get(clientId);
    if (had?.active && had.licenseId !== licenseId)
      this.#wrong(`the active client ${clientId} got another license`, done);
    this.#machines.set(clientId, { clientId, licenseId, activationKey, active: true });
    if (done.answer?.status === 201)
      this.#activations.push({ at: now(), key: done.key, answer: licenseId, send });
  }

  async #deactivate(): Promise<void> {
    const { random, url } = this.#place;
    const active = this.machines.filter((machine) => machine.active);
    if (active.length === 0) return;
    const { clientId, licenseId, activationKey: token } = random.pick(active);
    const done = await this.#command(
      'deactivate',
      (key) =>
        askTimed(url, `/v1/activations/${clientId}`, { method: 'DELETE', token, headers: withKey(key) }),
      { clientId, licenseId },
    );
    if (done.answer?.status !== 204) return this.#mustNot('a deactivation', done);
    (this.#machines.get(clientId) as Machine).active = false;
  }

  async #makeKey(): Promise<void> {
    const { office, now } = this.#place;
    const send = (key: string) =>
      office.ask('/v1/license-keys', post(key, { user_id: this.#userId, uses: 1 }));
    const done = await this.#command('license key', send);
    if (done.answer?.status !== 201) return this.#mustNot('a license key', done);
    this.#keysMade.push({ at: now(), key: done.key, answer: String(done.body.key_id), send });
  }

  /** For 24 hours a command has no second effect under its key, and the same answer. */
  async #repeat(): Promise<void> {
    const { random, now, record } = this.#place;
    this.#activations = this.#activations.filter(({ at }) => now() - at < REMEMBERED_MS);
    const made = random.below(2) === 0 ? this.#keysMade : this.#activations;
    if (made.length === 0) return;
    const one = random.pick(made);
    const age = now() - one.at;
    if (age > REMEMBERED_MS && age < FORGOTTEN_MS) return;
    const done = await one.send(one.key);
    if (isUnknown(done)) return record.count('repeats without an answer');
    this.#noteOf(done);
    const same = (done.body.license_id ?? done.body.key_id) === one.answer;
    if (age < FORGOTTEN_MS) {
      record.count('repeats within 24 hours');
      // Near the bound the answer may have come after it.
      if (!same && now() - one.at < REMEMBERED_MS + HOUR_MS / 2)
        this.#wrong('a repeat has another answer', done);
    } else {
      record.count('repeats after 26 hours');
      if (same) this.#wrong('a command is remembered past 26 hours', done);
      this.#keysMade = this.#keysMade.filter((other) => other !== one);
    }
  }

  async #read(its: Subscription): Promise<void> {
    const { office, record } = this.#place;
    const { done, window } = await this.#timed(() =>
      office.ask(`/v1/subscriptions/${its.id}`, { headers: this.atLeast }),
    );
    if (done.answer?.status !== 200) return this.#unanswered('a read', done);
    record.count('reads of a subscription');
    const right = [statusOf(its, window.from), statusOf(its, window.to)];
    if (!right.includes(String(done.body.status)))
      this.#wrong(
        `the subscription is ${right.join(' or ')}, and ${String(done.body.status)} was read`,
        done,
      );
  }

  /** Asks about one of the machines, with the position of the last command, and knows what the answer must be. */
  async validate(): Promise<void> {
    const { random, url, record } = this.#place;
    const its = this.#subscription;
    if (!its || this.#machines.size === 0) return;
    const { clientId, licenseId, activationKey: token, active } = random.pick(this.machines);
    const { done, window } = await this.#timed(() =>
      askTimed(url, `/v1/licenses/validate?client_id=${clientId}`, { token, headers: this.atLeast }),
    );
    record.validations.push({ ...done, userId: this.#userId, licenseId });
    if (done.answer?.status !== 200) return this.#unanswered('a validation', done);
    const license = active ? 'active' : 'deactivated';
    const right = [expected(license, its, window.from), expected(license, its, window.to)];
    const { code, status, premium, grace } = done.body;
    record.count(`validations ${String(code)}${grace === true ? ' (grace)' : ''}`);
    const shown = JSON.stringify({ code, status, premium, grace });
    if (!right.some((one) => JSON.stringify(one) === shown))
      this.#wrong(
        `expected ${[...new Set(right.map((one) => JSON.stringify(one)))].join(' or ')}, got ${shown}`,
        done,
      );
  }

  /** A reader sees at least what this customer's own commands have done. */
  get atLeast(): { [name: string]: string } {
    return { 'Min-Event-Position': `${this.#position}/${this.#position}` };
  }

  async #timed(send: () => Promise<Timed>): Promise<{ readonly done: Timed; readonly window: Window }> {
    const { now } = this.#place;
    const from = now();
    const done = await send();
    // The clocks of two processes show whole milliseconds, which are this much of the fast clock's.
    return { done, window: { from: from - 1_000, to: now() + 1_000 } };
  }

  /** Sends a command under one key until it has an answer. */
  async #command(
    kind: string,
    send: (key: string) => Promise<Timed>,
    about: { clientId?: string; licenseId?: string } = {},
  ): Promise<Timed & { readonly key: string }> {
    const { record } = this.#place;
    const key = randomUUID();
    record.count(`commands: ${kind}`);
    for (let attempt = 1; ; attempt += 1) {
      const timed = await send(key);
      if (isJudged(kind)) record.commands.push({ ...about, ...timed, key, kind, userId: this.#userId });
      this.#noteOf(timed);
      if (!isUnknown(timed) || attempt === MOST_ATTEMPTS) return { ...timed, key };
      record.count(`unanswered: a command (${kind})`);
      await delay(PAUSE_MS);
    }
  }

  #noteOf({ answer }: Timed): void {
    this.#position = Math.max(this.#position, answer?.position ?? 0);
  }

  #unanswered(what: string, { answer, body }: Timed): void {
    this.#place.record.count(
      `unanswered: ${what} (${answer?.status ?? 'no answer'} ${String(body.code ?? '')})`,
    );
    if (answer && answer.status < 500) this.#wrong(`${what} was refused`, { answer, body });
  }

  #mustNot(what: string, done: Pick<Timed, 'answer' | 'body'>): void {
    this.#wrong(`${what} was refused`, done);
  }

  #wrong(what: string, { answer, body }: Pick<Timed, 'answer' | 'body'>): void {
    const { record, now } = this.#place;
    const its = JSON.stringify(this.#subscription, (name, value) =>
      ['start', 'end'].includes(name) ? iso(value) : value,
    );
    record.note(
      `${iso(now())} ${this.#userId}: ${what}; ${answer?.status} ${JSON.stringify(body)}; subscription ${its}`,
    );
  }
}

const iso = (at: number): string => new Date(at).toISOString();

const withKey = (key: string): { [name: string]: string } => ({ 'Idempotency-Key': key });

const post = (key: string, body: unknown): ApiRequest & { headers: { [name: string]: string } } => ({
  body,
  headers: withKey(key),
});

const JUDGED: readonly string[] = ['activate', 'deactivate', 'suspend', 'reinstate_subscription'];

const isJudged = (kind: string): kind is CommandKind => JUDGED.includes(kind);
