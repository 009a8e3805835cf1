import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadCatalogue } from '../../../shared/catalogue/read.ts';
import { Backend } from '../command-service/nodes.ts';
import { carryOut } from './story/carry-out.ts';
import { folder, readStory } from './story/read.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
});
afterAll(() => backend.close());
it('is carried out', async () => {
  const { catalogue } = loadCatalogue(`${folder}/catalogue.json`);
  const names = await carryOut(readStory(), backend.node({ catalogue }));
  expect(names.size).toBe(12);
});
