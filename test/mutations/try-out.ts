import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Mutation } from './mutation.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LEFT_OUT = new Set(['node_modules', '.git', '.local']);
const LIMIT_MS = 300_000;

/** What became of a mutation. */
export type Result =
  /** The first test that failed, and its file. */
  | { readonly kind: 'noticed'; readonly test: string; readonly file: string }
  | { readonly kind: 'unnoticed' }
  /** Nothing can be said: its place has moved, or its tests don't run. */
  | { readonly kind: 'problem'; readonly problem: string };

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

type Selection = Pick<Mutation, 'tier' | 'tests'>;

/** A copy of the code, with the same packages, in which mutations are tried out. */
export class Copy {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'license-mutations-'));
  readonly #stopping: AbortSignal;
  /** By selection: what its tests say of the code as it is. */
  readonly #unbroken = new Map<string, Result>();

  /** @param stopping aborted where the run is to end early: what is under way throws then */
  constructor(stopping: AbortSignal) {
    this.#stopping = stopping;
    cpSync(ROOT, this.#folder, {
      recursive: true,
      filter: (file) => !LEFT_OUT.has(path.relative(ROOT, file)),
    });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.#folder, 'node_modules'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Breaks the copy, runs the tests that have to notice, and mends it. */
  async tryOut(mutation: Mutation): Promise<Result> {
    const file = path.join(this.#folder, mutation.file);
    const text = readFileSync(file, 'utf8');
    const places = text.split(mutation.find).length - 1;
    if (places !== 1)
      return { kind: 'problem', problem: `its place stands ${places} times in ${mutation.file}` };
    // A test that fails in any case has noticed nothing.
    const unbroken = await this.#unbrokenResult(mutation);
    if (unbroken.kind === 'noticed') return { kind: 'problem', problem: `fails unbroken: ${unbroken.test}` };
    if (unbroken.kind === 'problem') return unbroken;
    writeFileSync(
      file,
      text.replace(mutation.find, () => mutation.replace),
    );
    try {
      return await this.#test(mutation);
    } finally {
      writeFileSync(file, text);
    }
  }

  async #unbrokenResult({ tier, tests }: Selection): Promise<Result> {
    const name = `${tier} ${tests}`;
    const result = this.#unbroken.get(name) ?? (await this.#test({ tier, tests }));
    this.#unbroken.set(name, result);
    return result;
  }

  /** The first test that fails in the copy as it is now. */
  async #test({ tier, tests }: Selection): Promise<Result> {
    const report = path.join(this.#folder, 'mutation-report.json');
    rmSync(report, { force: true });
    const vitest = path.join(this.#folder, 'node_modules/vitest/vitest.mjs');
    const args = [
      'run',
      '--project',
      tier,
      '--bail',
      '1',
      '--reporter',
      'json',
      '--outputFile',
      report,
      tests,
    ];
    const run = spawn(process.execPath, [vitest, ...args], {
      cwd: this.#folder,
      stdio: 'ignore',
      timeout: LIMIT_MS,
      signal: this.#stopping,
    });
    await once(run, 'exit');
    let read: Report;
    try {
      read = JSON.parse(readFileSync(report, 'utf8'));
    } catch (error) {
      return { kind: 'problem', problem: `no report: ${error instanceof Error ? error.message : error}` };
    }
    return this.#judge(read);
  }

  #judge({ testResults }: Report): Result {
    const all = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map((one) => ({ ...one, file: path.relative(this.#folder, name) })),
    );
    const failed = all.find(({ status }) => status === 'failed');
    if (failed) return { kind: 'noticed', test: failed.fullName, file: failed.file };
    const broken = testResults.find(({ message }) => message !== '');
    // A file that can't even be loaded, or whose set-up fails.
    if (broken && all.length > 0) {
      const file = path.relative(this.#folder, broken.name);
      return { kind: 'noticed', test: `(set-up) ${broken.message.split('\n')[0]}`, file };
    }
    if (all.length === 0) return { kind: 'problem', problem: broken?.message.split('\n')[0] ?? 'no tests' };
    return { kind: 'unnoticed' };
  }
}
