import { afterAll, beforeAll } from 'vitest';
import { Backend, type Node } from './nodes.ts';

/** Two command nodes on one backend, for the test file that imports them: there from its first test on. */
export let backend: Backend;
export let one: Node;
export let other: Node;

beforeAll(async () => {
  backend = await Backend.start();
  one = backend.node();
  other = backend.node();
});
afterAll(() => backend.close());
