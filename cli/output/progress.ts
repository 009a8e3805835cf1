/** What a bar draws on: standard error, when it is a terminal. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** Milliseconds, of any origin; a monotonic clock by default. */
  readonly now?: () => number;
}

export interface ProgressState {
  /** Done so far, of `unit`. */
  readonly count: number;
  /** Of the whole, from 0 to 1; undefined if nobody knows the whole. */
  readonly fraction: number | undefined;
}

/** Shows how far a long command is. */
export interface Progress {
  /** Cheap to call often: it draws a few times a second. */
  update(state: ProgressState): void;
  /** Takes the bar away, so that what is said next stands on a line of its own. */
  end(): void;
}

const DRAW_EVERY_MS = 100;
const SAY_EVERY_MS = 5_000;
const BAR_WIDTH = 24;
/** The rate is that of about the last so many milliseconds. */
const RATE_WINDOW_MS = 3_000;

const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** `1:05`, `2:03:09`. */
function duration(seconds: number): string {
  const all = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

function bar(fraction: number): string {
  const full = Math.round(fraction * BAR_WIDTH);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
}

/** Count, share, rate and the time that is left, as one line. */
export function progressLine(
  { count, fraction }: ProgressState,
  unit: string,
  speed: { readonly perSecond: number; readonly fractionPerSecond: number },
): string {
  const parts = [`${whole(count)} ${unit}`, `${whole(speed.perSecond)}/s`];
  if (fraction === undefined) return parts.join(', ');
  const left = speed.fractionPerSecond > 0 ? (1 - fraction) / speed.fractionPerSecond : undefined;
  if (left !== undefined && fraction < 1) parts.push(`${duration(left)} left`);
  return `${String(Math.floor(fraction * 100)).padStart(3)} %  ${parts.join(', ')}`;
}

/** A bar that is redrawn in place on a terminal; elsewhere a line every few seconds, so that a log stays readable. */
export function createProgress({ stream, unit, now = () => performance.now() }: ProgressOptions): Progress {
  const isTerminal = stream.isTTY === true;
  const marks: { at: number; count: number; fraction: number }[] = [];
  let shownAt = now();
  let isDrawn = false;

  function speed(at: number, count: number, fraction: number) {
    marks.push({ at, count, fraction });
    while (marks.length > 2 && at - (marks[1]?.at ?? at) > RATE_WINDOW_MS) marks.shift();
    const first = marks[0] ?? { at, count, fraction };
    const seconds = Math.max(at - first.at, 1) / 1000;
    return {
      perSecond: (count - first.count) / seconds,
      fractionPerSecond: (fraction - first.fraction) / seconds,
    };
  }

  return {
    update(state) {
      const at = now();
      if (marks.length > 0 && at - shownAt < (isTerminal ? DRAW_EVERY_MS : SAY_EVERY_MS)) return;
      const isFirst = marks.length === 0;
      const line = progressLine(state, unit, speed(at, state.count, state.fraction ?? 0));
      if (isFirst && !isTerminal) return;
      shownAt = at;
      if (!isTerminal) {
        stream.write(`${line}\n`);
        return;
      }
      const full = state.fraction === undefined ? line : `${bar(state.fraction)} ${line}`;
      stream.write(`\r\u001b[2K${full.slice(0, (stream.columns ?? 80) - 1)}`);
      isDrawn = true;
    },
    end() {
      if (isDrawn) stream.write('\r\u001b[2K');
      isDrawn = false;
    },
  };
}
