import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../support/random.ts';
import { type Customer, signUp } from '../support/requests/api.ts';
import { askAgainIfCut, askTimed, isUnknown, type Timed } from './client.ts';
import type { InOrder } from './faults/fault.ts';
import type { BadRequestSent, CommandKind, CommandSent, ReadSent, ValidationSent } from './history.ts';

interface LoadOptions {
  readonly url: string;
  readonly random: Random;
  /** Who activate, deactivate and read all the time. */
  readonly customers: number;
  /** Whose programs do nothing but ask, as most do: what memory holds of them, no notice makes it forget. */
  readonly quiet: number;
  readonly validators: number;
  /** Makes an access token of an operator. */
  readonly operatorToken: () => Promise<string>;
}

interface KnownLicense {
  readonly userId: string;
  readonly licenseId: string;
  readonly clientId: string;
  readonly activationKey: string;
}

interface Buyer extends Customer {
  readonly subscriptionId: string;
  token: string;
  licenses: KnownLicense[];
}

/** More machines than the plan allows, so that limits are reached. */
const MACHINES = 5;
const QUIET_MACHINES = 3;
const PLAN = 'basic';
const PAUSE_MS = 150;
/** Four validators then stay below the plan's 600 validations a minute of each license that is asked about most. */
const PAUSE_OF_VALIDATOR_MS = 5;
/** A command without an answer is repeated under its key at least until it has one. */
const MOST_ATTEMPTS = 40;

/** Customers, an operator and their programs, at work until stopped, who write down what they send and are answered. */
export class Load {
  readonly commands: CommandSent[] = [];
  readonly validations: ValidationSent[] = [];
  readonly reads: ReadSent[] = [];
  readonly badRequests: BadRequestSent[] = [];
  readonly failedInRestarts: string[] = [];
  readonly #options: LoadOptions;
  readonly #buyers: Buyer[] = [];
  readonly #licenses: KnownLicense[] = [];
  readonly #quietIds: string[] = [];
  readonly #quietLicenses: KnownLicense[] = [];
  readonly #stopping = new AbortController();
  #working: Promise<unknown> | undefined;
  #operator = '';
  #inOrder = false;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get userIds(): readonly string[] {
    return [...this.#quietIds, ...this.#buyers.map(({ userId }) => userId)];
  }

  get licenses(): readonly Pick<KnownLicense, 'userId' | 'licenseId'>[] {
    return this.#licenses;
  }

  /** Signs the customers up, then sets everybody to work. @throws Error a sign-up was refused */
  async start(): Promise<void> {
    const { customers, quiet, validators } = this.#options;
    this.#operator = await this.#options.operatorToken();
    for (let i = 0; i < quiet; i += 1) {
      const buyer = await this.#newBuyer();
      for (let n = 0; n < QUIET_MACHINES; n += 1) await this.#activate(buyer, `${buyer.userId}-${n}`);
      this.#quietIds.push(buyer.userId);
    }
    this.#quietLicenses.push(...this.#licenses);
    for (let i = 0; i < customers; i += 1) this.#buyers.push(await this.#newBuyer());
    this.#working = Promise.all([
      ...this.#buyers.map((buyer) => this.#repeat(() => this.#act(buyer), PAUSE_MS)),
      this.#repeat(() => this.#operate(), PAUSE_MS),
      this.#repeat(() => this.#sendRubbish(), PAUSE_MS),
      ...Array.from({ length: validators }, () =>
        this.#repeat(() => this.#validate(), PAUSE_OF_VALIDATOR_MS),
      ),
    ]);
  }

  async #newBuyer(): Promise<Buyer> {
    const { url } = this.#options;
    const customer = await signUp(url);
    const { body } = await askTimed(url, '/v1/subscriptions', {
      token: this.#operator,
      body: { user_id: customer.userId, plan: PLAN, months: 12 },
    });
    return { ...customer, subscriptionId: String(body.subscription_id), licenses: [] };
  }

  /** Notes each request that fails while `work` is under way. */
  readonly inOrder: InOrder = async (work) => {
    this.#inOrder = true;
    try {
      await work();
    } finally {
      this.#inOrder = false;
    }
  };

  /** Everybody finishes what they are at. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #repeat(work: () => Promise<void>, pauseMs: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await work();
      await delay(pauseMs * (0.5 + this.#options.random.below(100) / 100));
    }
  }

  async #act(buyer: Buyer): Promise<void> {
    const { random } = this.#options;
    const dice = random.below(10);
    const license = buyer.licenses.length > 0 ? random.pick(buyer.licenses) : undefined;
    if (dice < 5 || !license) return this.#activate(buyer, `${buyer.userId}-${random.below(MACHINES)}`);
    if (dice < 7) return this.#deactivate(buyer, license);
    return this.#read(buyer, license);
  }

  async #activate(buyer: Buyer, clientId: string): Promise<void> {
    const send = (key: string) =>
      this.#ask(buyer, '/v1/activations', {
        body: { client_id: clientId },
        headers: { 'Idempotency-Key': key },
      });
    const done = await this.#command({ kind: 'activate', userId: buyer.userId, clientId }, send);
    const { license_id: licenseId, activation_key: activationKey } = done.body;
    if (typeof licenseId !== 'string' || typeof activationKey !== 'string') return;
    const known = { userId: buyer.userId, licenseId, clientId, activationKey };
    if (!buyer.licenses.some((license) => license.licenseId === licenseId)) {
      buyer.licenses = [...buyer.licenses, known].slice(-MACHINES);
      this.#licenses.push(known);
    }
  }

  async #deactivate(buyer: Buyer, { clientId, licenseId }: KnownLicense): Promise<void> {
    const send = (key: string) =>
      this.#ask(buyer, `/v1/activations/${clientId}`, {
        method: 'DELETE',
        headers: { 'Idempotency-Key': key },
      });
    // It ends whichever license the client has by now: which one, nobody but the log can say.
    const newest =
      buyer.licenses.findLast((license) => license.clientId === clientId)?.licenseId === licenseId;
    await this.#command(
      { kind: 'deactivate', userId: buyer.userId, clientId, ...(newest && { licenseId }) },
      send,
    );
  }

  async #read(buyer: Buyer, { licenseId }: KnownLicense): Promise<void> {
    const last = this.commands.findLast(
      ({ userId, answer }) => userId === buyer.userId && answer?.position !== undefined,
    );
    const minPosition = last?.answer?.position;
    if (minPosition === undefined) return;
    const headers = { 'Min-Event-Position': `${minPosition}/${minPosition}` };
    const timed = await this.#ask(buyer, `/v1/licenses/${licenseId}`, { headers });
    this.reads.push({ ...timed, userId: buyer.userId, licenseId, minPosition });
  }

  async #operate(): Promise<void> {
    const { random, url } = this.#options;
    const buyer = random.pick(this.#buyers);
    const { userId, subscriptionId } = buyer;
    const send = (resource: string) => async (key: string) => {
      const headers = { 'Idempotency-Key': key };
      const timed = await askTimed(url, resource, { token: this.#operator, body: {}, headers });
      if (timed.answer?.status === 401) this.#operator = await this.#options.operatorToken();
      return timed;
    };
    if (random.below(2) === 0) {
      const of = (verb: string) => send(`/v1/subscriptions/${subscriptionId}/${verb}`);
      await this.#command({ kind: 'suspend', userId }, of('suspend'));
      await delay(PAUSE_MS * random.below(20));
      await this.#command({ kind: 'reinstate_subscription', userId }, of('reinstate'));
    } else if (buyer.licenses.length > 0) {
      const { licenseId } = random.pick(buyer.licenses);
      const of = (verb: string) => send(`/v1/licenses/${licenseId}/${verb}`);
      await this.#command({ kind: 'revoke', userId, licenseId }, of('revoke'));
      await delay(PAUSE_MS * random.below(20));
      await this.#command({ kind: 'reinstate_license', userId, licenseId }, of('reinstate'));
    }
  }

  /** Sends a command until it has an answer; one in five is sent twice at once. */
  async #command(
    about: {
      readonly kind: CommandKind;
      readonly userId: string;
      readonly clientId?: string;
      licenseId?: string;
    },
    send: (key: string) => Promise<Timed>,
  ): Promise<Timed> {
    const key = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      const twice = this.#options.random.below(5) === 0;
      const answers = await Promise.all(twice ? [send(key), send(key)] : [send(key)]);
      for (const timed of answers) {
        this.commands.push({ ...about, ...timed, key });
        this.#note(`${about.kind}`, timed);
      }
      const known = answers.find((timed) => !isUnknown(timed));
      if (known || attempt === MOST_ATTEMPTS) return known ?? (answers[0] as Timed);
      await delay(PAUSE_MS);
    }
  }

  async #validate(): Promise<void> {
    if (this.#licenses.length === 0) return;
    const { random } = this.#options;
    const license = random.pick(random.below(2) === 0 ? this.#quietLicenses : this.#licenses.slice(-200));
    const { userId, licenseId, clientId, activationKey: token } = license;
    const resource = `/v1/licenses/validate?client_id=${clientId}`;
    const timed = await askAgainIfCut(this.#options.url, resource, { token });
    this.validations.push({ userId, licenseId, ...timed });
    this.#note('validate', timed);
  }

  async #sendRubbish(): Promise<void> {
    const { random, url } = this.#options;
    const what = random.pick(['sign-up without an email', 'a start of no plan', 'an activation by nobody']);
    const token = this.#buyers[0]?.token;
    const requests: Record<string, () => Promise<Timed>> = {
      'sign-up without an email': () => askTimed(url, '/v1/signup', { body: { password: 'x' } }),
      'a start of no plan': () =>
        askTimed(url, '/v1/subscriptions', { token, body: { plan: 'nosuch', months: 0 } }),
      'an activation by nobody': () => askTimed(url, '/v1/activations', { body: { client_id: 'a' } }),
    };
    const timed = await (requests[what] as () => Promise<Timed>)();
    // Nginx answers 502 and 504 where no node is there; only a node's answer says what it makes of the request.
    const ofNode = timed.answer && ![502, 503, 504].includes(timed.answer.status);
    if (ofNode) this.badRequests.push({ what, ...timed });
  }

  async #ask(buyer: Buyer, resource: string, request: Parameters<typeof askTimed>[2]): Promise<Timed> {
    const timed = await askTimed(this.#options.url, resource, { ...request, token: buyer.token });
    if (timed.answer?.status === 401) await this.#logIn(buyer);
    return timed;
  }

  /** Access tokens live a quarter of an hour. */
  async #logIn(buyer: Buyer): Promise<void> {
    const { email, password } = buyer;
    const { body } = await askTimed(this.#options.url, '/v1/login', { body: { email, password } });
    if (typeof body.access_token === 'string') buyer.token = body.access_token;
  }

  #note(what: string, timed: Timed): void {
    if (!this.#inOrder || !isUnknown(timed)) return;
    const { status = 'no answer', code = '' } = timed.answer ?? {};
    this.failedInRestarts.push(`${what}: ${status} ${code}`);
  }
}
