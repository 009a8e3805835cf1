import { expect, it } from 'vitest';
import { createLogger } from '../../../shared/process/logger.ts';

function lines(write: (logger: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  write(createLogger({ service: 'test', level: 'info', destination }));
  return text;
}

it('writes an error with its code and causes, and nothing that a driver hung on it', () => {
  const cause = Object.assign(new Error('connection lost'), { body: 'swordfish' });
  const error = Object.assign(new Error('no answer', { cause }), {
    code: '57P01',
    detail: 'Failing row contains (a@example.com)',
    command: { args: ['swordfish'] },
  });
  const text = lines((logger) => logger.error({ err: error }, 'request_failed'));
  expect(JSON.parse(text)).toMatchObject({ msg: 'request_failed', err: { type: 'Error', code: '57P01' } });
  expect(text).toContain('connection lost');
  expect(text).not.toMatch(/swordfish|example\.com/);
});

it('writes what several failures were, as far as a line can hold them', () => {
  const one = (n: number) => Object.assign(new Error(`failure ${n}`), { body: 'swordfish', code: 'E' });
  const error = new AggregateError([0, 1, 2, 3, 4, 5, 6].map(one), 'some are not done');
  const text = lines((logger) => logger.warn({ err: error }, 'sweep_failed'));
  expect(JSON.parse(text).err.errors).toMatchObject(
    [0, 1, 2, 3, 4].map((n) => ({ code: 'E', message: `failure ${n}` })),
  );
  expect(text).not.toMatch(/swordfish/);
});

it('replaces fields that are named like a secret', () => {
  const text = lines((logger) =>
    logger.info(
      {
        password: 'swordfish',
        client_secret: 'swordfish',
        user: { email: 'a@example.com', activation_key: 'swordfish', license_key: 'swordfish' },
        issued: { secret: 'swordfish' },
      },
      'x',
    ),
  );
  expect(text).not.toMatch(/swordfish|example\.com/);
});
