import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Company, createCompany } from './company.ts';
import { askPostgres, byHand, named, questions } from './questions.ts';

let company: Company;
beforeAll(async () => {
  company = await createCompany();
});
afterAll(() => company[Symbol.asyncDispose]());

describe("the company's history tables", () => {
  it.each(questions)('answer %s in PostgreSQL with the numbers worked out by hand', async (question) => {
    const { pool, names } = company;
    expect(named(await askPostgres(pool, question), names)).toEqual(byHand(question));
  });
});
