import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { ask, type Licensed, signUpLicensed, validate } from '../support/requests/api.ts';
import { dispose, type LaunchedStack, launch } from '../support/stack.ts';

/** More requests in a row than there are query nodes: round robin reaches every one of them. */
const EVERY_NODE = [0, 1, 2, 3];

let stack: LaunchedStack;
let licensed: Licensed;
beforeAll(async () => {
  stack = await launch({ args: ['--no-tour', '--query-nodes', '2', '--command-nodes', '2'] });
  licensed = await signUpLicensed(stack.url);
}, 120_000);
afterAll(() => dispose(stack));

const kidOf = (token: string) => String(decodeProtectedHeader(token).kid);
const published = async (): Promise<string[][]> => {
  const answers = await Promise.all(EVERY_NODE.map(() => ask(stack.url, '/.well-known/jwks.json')));
  return answers.map(({ body }) => (body.keys as { kid: string }[]).map(({ kid }) => kid));
};
const codes = async () => {
  const answers = await Promise.all(EVERY_NODE.map(() => validate(stack.url, licensed, true)));
  // A question is answered at every moment: the services that run follow the file.
  expect(answers.map(({ status }) => status)).toEqual(EVERY_NODE.map(() => 200));
  return new Set(answers.map(({ body }) => body.code));
};

it('a rotated key is published by every running node, and older activation keys stay good', async () => {
  const [, , [, added = ''] = []] = (await stack.tool('keys', 'rotate'))
    .split('\n')
    .map((line) => line.split('\t'));
  await eventually('every node publishes it', async () =>
    (await published()).every((kids) => kids.includes(added)),
  );
  expect(await codes()).toEqual(new Set(['VALID']));
});

it('a withdrawn key is refused by every running node; activating again gives the same license under another', async () => {
  const withdrawn = kidOf(licensed.activationKey);
  const { stderr } = await stack.toolOutput('keys', 'withdraw', withdrawn, '--yes');
  expect(stderr).toContain('the activation keys of 1 of 1 active licenses');
  // Until then every question is answered all the same.
  const goesOn = { interval: 200, timeout: 20_000 };
  await expect.poll(codes, goesOn).toEqual(new Set(['INVALID_KEY']));
  // It ends no session: the token from before activates again.
  const { token, clientId, licenseId } = licensed;
  for (const _ of EVERY_NODE) {
    const again = await ask(stack.url, '/v1/activations', { token, body: { client_id: clientId } });
    expect(again).toMatchObject({ status: 200, body: { license_id: licenseId } });
    const activationKey = String(again.body.activation_key);
    expect(kidOf(activationKey)).not.toBe(withdrawn);
    licensed = { ...licensed, activationKey };
    expect(await codes()).toEqual(new Set(['VALID']));
  }
});
