import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../support/requests/api.ts';
import { bodyCases, sendBody } from '../../support/requests/body-cases.ts';
import { type CommandNode, startCommandNode } from '../command-service-http/command-node.ts';
import { useSystem } from '../query-service/system.ts';

const system = useSystem();
let command: CommandNode;
let logIn: string;
let validate: string;
beforeAll(async () => {
  command = await startCommandNode();
  logIn = `${command.url}/v1/login`;
  validate = `${(await system.it.startNode()).url}/v1/licenses/validate`;
});
afterAll(() => command[Symbol.asyncDispose]());

const json = { 'Content-Type': 'application/json' };

describe('one rule for bodies', () => {
  it.each(bodyCases('{"email":"büro@example.com","password":"korrekt-öffnen"}'))(
    'of commands: $what',
    async (body) => {
      const { code } = await sendBody(logIn, body);
      // Nobody has signed up by that email: read as it was meant, the body gets this far.
      expect(code).toBe(body.answer === 'taken' ? 'invalid_credentials' : body.answer);
    },
  );

  it.each(bodyCases('{"client_id":"büro","entitlements":["core"]}'))(
    'of validations: $what',
    async (body) => {
      const { code } = await sendBody(validate, body);
      expect(code).toBe(body.answer === 'taken' ? undefined : body.answer);
    },
  );

  it.each([
    ['{"email":"a@example.com","password":"12345678","email":"b@example.com"}', '/email'],
    ['{"email":"a@example.com","password":"1","pass\\u0077ord":"2"}', '/password'],
    ['{"email":{"a":[1,{"x":1,"x":2}]},"password":"1"}', '/email/a/1/x'],
    ['{"email":"a","password":"1","__proto__":1,"__proto__":1}', '/__proto__'],
  ])('a member given twice is refused: %s', async (text, pointer) => {
    const refused = { code: 'invalid_request', pointers: [pointer] };
    expect(await sendBody(logIn, { headers: json, bytes: Buffer.from(text) })).toEqual(refused);
    expect(await sendBody(validate, { headers: json, bytes: Buffer.from(text) })).toEqual(refused);
  });

  it('a password in a compressed body is the same password', async () => {
    const account = { email: 'gzip@example.com', password: 'correct horse battery' };
    expect((await ask(command.url, '/v1/signup', { body: account })).status).toBe(201);
    const bytes = gzipSync(JSON.stringify(account));
    const headers = { ...json, 'Content-Encoding': 'gzip' };
    expect(await sendBody(logIn, { headers, bytes })).toEqual({ code: undefined, pointers: [] });
  });
});
