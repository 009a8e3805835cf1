const CHECK_EVERY_MS = 1_000;

/**
 * For a process that was asked to end: ends it with `code` if what it wrote to its standard output or error stands
 * there for a second and nobody takes it (a pipe whose reader has stopped). Otherwise it ends as it will.
 */
export function exitIfOutputIsStuck(code: number): void {
  let before = 0;
  setInterval(() => {
    const waiting = process.stdout.writableLength + process.stderr.writableLength;
    if (waiting > 0 && waiting === before) process.exit(code);
    before = waiting;
  }, CHECK_EVERY_MS).unref();
}
