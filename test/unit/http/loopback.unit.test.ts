import { expect, it } from 'vitest';
import { isLoopback } from '../../../shared/http/loopback.ts';

it.each(['localhost', 'LocalHost', '127.0.0.1', '127.1.2.3', '[::1]'])(
  'takes %s for this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

it.each(['localhost.example.com', '127.0.0.1.example.com', 'a127.0.0.1', '[::2]', '10.0.0.1', '127.0.0', ''])(
  'takes "%s" for another machine',
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);
