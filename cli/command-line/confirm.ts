import { createInterface } from 'node:readline/promises';

/** A question was not answered with yes: nothing was done. */
export class Declined extends Error {
  readonly code = 'declined';
  constructor(how: string) {
    super(`${how}; nothing was changed`);
    this.name = 'Declined';
  }
}

/**
 * Asks on the terminal, or whoever writes to standard input, for a yes.
 * @throws Declined any other answer, and none
 */
export async function confirm(question: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const silence = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
    const answer = await Promise.race([lines.question(`${question} [yes/no] `), silence]);
    if (answer === undefined) throw new Declined('Nobody answered (--yes does it without a question)');
    if (!/^y(es)?$/i.test(answer.trim())) throw new Declined('Not confirmed');
  } finally {
    lines.close();
  }
}
