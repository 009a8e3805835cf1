import { randomBytes } from 'node:crypto';
import type { Stack } from '../stack.ts';
import { runTool, showTool } from '../tool.ts';
import { type Ask, caller, type Say } from '../tour/ask.ts';

/** What every scene of the day plays on. */
export interface Stage {
  /** Asks, and prints request and answer. */
  readonly ask: Ask;
  /** Asks without a word: for the hundredth customer. */
  readonly quietly: Ask;
  readonly say: Say;
  /** Runs a command of the tool, and shows it and what it prints. */
  readonly tool: (...args: readonly string[]) => Promise<void>;
  /** An access token for the machine's own operator, who may do everything. */
  readonly operator: string;
  /** Random, so that the day can be played again on the same data. */
  readonly run: string;
}

export interface Customer {
  readonly userId: string;
  readonly externalId: string;
  readonly subscriptionId: string;
}

export async function stageOf({ url, backends }: Stack, say: Say): Promise<Stage> {
  return {
    ask: caller(url, say),
    quietly: caller(url, () => {}),
    say,
    async tool(...args) {
      say(`  $ npm run --silent cli -- ${args.join(' ')}`);
      await showTool(backends, ...args);
    },
    operator: await runTool(backends, 'token', '--role', 'operator', '--subject', 'support'),
    run: randomBytes(3).toString('hex'),
  };
}

/** A field of an answer that must be a text. */
export function textOf(body: Readonly<Record<string, unknown>>, field: string): string {
  const value = body[field];
  if (typeof value !== 'string') throw new Error(`expected "${field}" in ${JSON.stringify(body)}`);
  return value;
}

/** The day stops where a promise is not kept. */
export function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
}

/** Does `work` for each item, a few at a time. */
export async function forEach<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of left) await work(item);
    }),
  );
}
