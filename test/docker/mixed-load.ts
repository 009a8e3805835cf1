import { randomUUID } from 'node:crypto';
import { type Licensed, signUpLicensed, validate } from '../support/requests/api.ts';
import type { Ask } from './load.ts';

interface Customers {
  readonly url: string;
  /** Runs a command of the tool. */
  readonly tool: (...args: readonly string[]) => Promise<string>;
}

/** Customers with a license that every layer knows. @throws Error a license never became valid */
export async function customers({ url, tool }: Customers, count: number): Promise<Licensed[]> {
  const staff = (await tool('token', '--role', 'operator', '--subject', 'load')).trim();
  const licensed: Licensed[] = [];
  for (let i = 0; i < count; i += 1) licensed.push(await signUpLicensed(url, { staff }));
  for (const each of licensed) {
    const { body } = await validate(url, each, true);
    if (body.code !== 'VALID') throw new Error(`a license is ${JSON.stringify(body)}`);
  }
  return licensed;
}

export const validation = ({ clientId, activationKey }: Licensed): Ask => ({
  name: 'validate',
  method: 'GET',
  path: `/v1/licenses/validate?client_id=${clientId}`,
  headers: { Authorization: `Bearer ${activationKey}` },
  good: (status, body) => status === 200 && body.code === 'VALID',
});

const authorised = ({ token }: Licensed) => ({ Authorization: `Bearer ${token}` });
const good = (expected: number) => (status: number) => status === expected;

/**
 * A second machine of each customer comes and goes. Always the same one: other ones in its place would count as replacements, of
 * which a plan allows a few a month.
 */
function activations(customer: Licensed): () => Ask {
  const clientId = randomUUID();
  const headers = authorised(customer);
  let isActive = false;
  return () => {
    isActive = !isActive;
    return isActive
      ? {
          name: 'activate',
          method: 'POST',
          path: '/v1/activations',
          headers,
          body: { client_id: clientId },
          good: good(201),
        }
      : {
          name: 'deactivate',
          method: 'DELETE',
          path: `/v1/activations/${clientId}`,
          headers,
          good: good(204),
        };
  };
}

/** What each customer does, one thing after another, half of it validations. Commands carry no Idempotency-Key: the harder case. */
export function mixture(licensed: readonly Licensed[]): (connection: number) => Ask {
  const turns = licensed.map(() => 0);
  const commands = licensed.map(activations);
  let validated = 0;
  const validateNext = () => {
    validated += 1;
    return validation(licensed[validated % licensed.length] as Licensed);
  };
  return (connection) => {
    const customer = licensed[connection] as Licensed;
    const turn = turns[connection] as number;
    turns[connection] = turn + 1;
    switch (turn % 10) {
      case 0:
      case 2:
      case 4:
        return (commands[connection] as () => Ask)();
      case 6:
        return {
          name: 'me',
          method: 'GET',
          path: '/v1/me/licenses',
          headers: authorised(customer),
          good: good(200),
        };
      case 8:
        // Passwords are hashed: a tenth of these would be most of the work.
        return turn % 100 === 8 ? logIn(customer) : turn % 100 === 58 ? signUp() : validateNext();
      default:
        return validateNext();
    }
  };
}

const logIn = ({ email, password }: Licensed): Ask => ({
  name: 'log in',
  method: 'POST',
  path: '/v1/login',
  body: { email, password },
  good: good(200),
});

const signUp = (): Ask => ({
  name: 'sign up',
  method: 'POST',
  path: '/v1/signup',
  body: { email: `${randomUUID()}@example.com`, password: 'a good password' },
  good: good(201),
});
