import { readFileSync } from 'node:fs';

/*
 * Loaded ahead of a service (`node --import`), it sets the clock of that process alone wrong, by as many milliseconds as
 * stand in a file, from the moment on at which they do: as if somebody set it on a running machine. The monotonic clock
 * goes on as it is, as it does there.
 */
const LOOK_EVERY_MS = 20;
const file = process.env.CLOCK_SHIFT_FILE ?? '';
const right = Date.now;
let shift = 0;

function look(): void {
  try {
    shift = Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    shift = 0;
  }
}

look();
setInterval(look, LOOK_EVERY_MS).unref();
Date.now = () => right() + shift;
globalThis.Date = new Proxy(Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
  apply: (target) => new target(target.now()).toString(),
});
