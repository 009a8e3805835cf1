import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.ts';
import { type ApiAnswer, ask } from '../../support/requests/api.ts';

export interface Given {
  /** Names of machines that are activated by the customer's license key. */
  readonly machines?: readonly string[];
  readonly externalId?: string;
  readonly keys?: boolean;
}

export interface GivenCustomer {
  readonly userId: string;
  readonly subscriptionId: string;
  readonly licenseKey: string;
  /** Waits until a validation of the machine says so: it follows a change within milliseconds, and not at once. */
  validates(machine: string, code: string): Promise<unknown>;
  /** Waits until the subscription is shown like this. */
  isShown(facts: Readonly<Record<string, unknown>>): Promise<unknown>;
  subscription(): Promise<Record<string, unknown>>;
}

/** What else happens at a seller's while a supporter works: customers come, colleagues and programs change things. */
export class Seller {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  get(path: string): Promise<ApiAnswer> {
    return ask(this.#url, path, { token: this.#token });
  }

  /** @throws Error it was refused */
  async post(path: string, body: unknown): Promise<ApiAnswer> {
    const answer = await ask(this.#url, path, { token: this.#token, body });
    if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  }

  anyone(path: string, body: unknown): Promise<ApiAnswer> {
    return ask(this.#url, path, { body });
  }

  activate(licenseKey: string, clientId: string, name = clientId): Promise<ApiAnswer> {
    const body = { client_id: clientId, client_name: name };
    return ask(this.#url, '/v1/activations', { token: licenseKey, body });
  }

  /** A customer with a year of pro. */
  async customer(
    email: string,
    { machines = [], externalId, keys = true }: Given = {},
  ): Promise<GivenCustomer> {
    const added = await this.post('/v1/users', { email, ...(externalId && { external_id: externalId }) });
    const userId = String(added.body.user_id);
    const started = await this.post('/v1/subscriptions', { user_id: userId, plan: 'pro', months: 12 });
    const subscriptionId = String(started.body.subscription_id);
    const issued = keys ? await this.post('/v1/license-keys', { user_id: userId }) : undefined;
    const licenseKey = String(issued?.body.license_key);
    const activationKeys = new Map<string, string>();
    let { headers } = issued ?? started;
    for (const [index, name] of machines.entries()) {
      const activated = await this.activate(licenseKey, `${email.split('@')[0]}-${index}`, name);
      activationKeys.set(name, String(activated.body.activation_key));
      headers = activated.headers;
    }
    await this.#isProjected(userId, headers);
    const subscription = async () => (await this.get(`/v1/subscriptions/${subscriptionId}`)).body;
    return {
      ...{ userId, subscriptionId, licenseKey, subscription },
      validates: (machine, code) =>
        eventually(`${machine} is ${code}`, async () => {
          const key = { token: activationKeys.get(machine) };
          return (await ask(this.#url, '/v1/licenses/validate', key)).body.code === code;
        }),
      isShown: (facts) =>
        eventually(`the subscription is ${JSON.stringify(facts)}`, async () => {
          const shown = await subscription();
          return Object.entries(facts).every(([name, value]) => shown[name] === value);
        }),
    };
  }

  /** A page that showed an older state would be told so (412), which is a case of its own. */
  async #isProjected(userId: string, headers: Headers): Promise<void> {
    const position = { 'Min-Event-Position': String(headers.get('Event-Position')) };
    await eventually('the customer is in the read model', async () => {
      const request = { token: this.#token, headers: position };
      return (await ask(this.#url, `/v1/users/${userId}`, request)).status === 200;
    });
  }

  /** The status of a service account's request for a token. */
  async tokenFor(clientId: string, secret: string): Promise<number> {
    const form = new URLSearchParams({
      ...{ grant_type: 'client_credentials', client_id: clientId },
      client_secret: secret,
    });
    return (await fetch(`${this.#url}/v1/token`, { method: 'POST', body: form })).status;
  }

  /** Runs what was copied, as somebody would who has a token in `$token`. @returns the answer's body */
  async shell(script: string): Promise<Record<string, unknown>> {
    const env = { ...process.env, token: this.#token };
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env });
    return JSON.parse(stdout) as Record<string, unknown>;
  }
}
