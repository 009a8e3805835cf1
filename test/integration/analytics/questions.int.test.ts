import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installDuckdb } from '../../support/analysis/duckdb.ts';
import { INSTALLING_MS } from '../../support/analysis/python.ts';
import { type Company, createCompany } from './company.ts';
import { type Answer, askDuckdb, askPostgres, byHand, drawNotebook, named, questions } from './questions.ts';

const documentation = path.resolve(import.meta.dirname, '../../../docs/pictures');
let company: Company;
let fromFiles: Map<string, Answer>;

beforeAll(installDuckdb, INSTALLING_MS);
beforeAll(async () => {
  company = await createCompany();
  const { tool, exported } = company;
  await tool('history-tables', 'export', '--out', exported);
  fromFiles = await askDuckdb(exported, questions);
});
afterAll(() => company[Symbol.asyncDispose]());

describe('the numbers worked out by hand', () => {
  it.each(questions)('are what PostgreSQL answers to %s', async (question) => {
    const { pool, names } = company;
    expect(named(await askPostgres(pool, question), names)).toEqual(byHand(question));
  });

  it.each(questions)('are what DuckDB answers to %s, from exported Parquet', (question) => {
    expect(named(fromFiles.get(question) as Answer, company.names)).toEqual(byHand(question));
  });
});

// Those of the documentation are made from this: `vitest -u` writes them again.
it('the notebook draws the pictures of the documentation', async () => {
  const folder = path.join(company.folder, 'pictures');
  mkdirSync(folder);
  const pictures = await drawNotebook(company.exported, folder);
  expect([...pictures.keys()].sort()).toEqual(['cohorts.svg', 'mrr-movements.svg']);
  for (const [file, picture] of pictures)
    await expect(picture).toMatchFileSnapshot(path.join(documentation, file));
});
