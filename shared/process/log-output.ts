import { fstatSync, write } from 'node:fs';

/** More than this does not wait to be written (16-bit characters); what comes on top is lost. */
const MAX_WAITING = 1 << 20;
/** Longer than this an ending process does not wait for its last lines. */
const FLUSH_MS = 500;

type Send = (text: string, done: (error?: Error | null) => void) => void;

/**
 * Where log lines go. `write` never throws and never blocks: a line that can't be written (disk full, reader gone, a
 * pipe that nobody empties) is lost and counted. pino's own destination would end the process instead, or wait for
 * ever: its flush repeats a write that failed until it succeeds, without giving the event loop back.
 */
export class LogOutput {
  readonly #send: Send;
  readonly #idle = new Set<() => void>();
  #waiting: string[] = [];
  #length = 0;
  #isSending = false;
  #lost = 0;
  #lostUnsaid = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Lines lost since the process began. */
  get lost(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#length + line.length > MAX_WAITING) {
      this.#lose(1);
      return;
    }
    this.#waiting.push(line);
    this.#length += line.length;
    this.#next();
  }

  /** Calls `done` once everything is written or lost, but after half a second at the latest. */
  flush(done: () => void): void {
    if (!this.#isSending) {
      done();
      return;
    }
    const finish = () => {
      clearTimeout(timer);
      if (this.#idle.delete(finish)) done();
    };
    const timer = setTimeout(finish, FLUSH_MS);
    this.#idle.add(finish);
  }

  #next(): void {
    if (this.#isSending) return;
    if (this.#waiting.length === 0) {
      for (const finish of this.#idle) finish();
      return;
    }
    const lines = this.#waiting;
    const said = this.#lostUnsaid;
    this.#waiting = [];
    this.#length = 0;
    this.#isSending = true;
    this.#send(`${said > 0 ? lossLine(said) : ''}${lines.join('')}`, (error) => {
      this.#isSending = false;
      if (error) this.#lose(lines.length);
      else this.#lostUnsaid -= said;
      this.#next();
    });
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#lostUnsaid += lines;
  }
}

/** Begins on a line of its own: the write that failed may have left half a line. */
function lossLine(lines: number): string {
  const time = new Date().toISOString();
  return `\n${JSON.stringify({ level: 'warn', time, pid: process.pid, lines, msg: 'log_lines_lost' })}\n`;
}

/**
 * Pipes and sockets by Node's stream, which never blocks. A file by a thread: a write to one is never held up by a
 * reader. (A thread that waits on a full pipe can't be ended: `process.exit` would wait for it for ever.)
 */
function sendTo(fd: 1 | 2): Send {
  if (isFile(fd)) {
    return (text, done) => {
      const bytes = Buffer.from(text);
      const from = (offset: number): void =>
        write(fd, bytes, offset, (error, written) => {
          if (error || offset + written === bytes.length) done(error);
          else from(offset + written);
        });
      from(0);
    };
  }
  const stream = fd === 1 ? process.stdout : process.stderr;
  // The error comes to the callback of the write, too; without a listener it would end the process.
  stream.on('error', () => {});
  return (text, done) => stream.write(text, done);
}

function isFile(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFile() || stat.isCharacterDevice();
  } catch (error) {
    // Closed by whoever started the process: Node has a stream for that, too.
    if ((error as NodeJS.ErrnoException).code === 'EBADF') return false;
    throw error;
  }
}

const outputs = new Map<1 | 2, LogOutput>();

/** The process's standard output (1) or standard error (2), for log lines. One each, so that their lines don't mix. */
export function logOutput(fd: 1 | 2): LogOutput {
  const known = outputs.get(fd);
  if (known) return known;
  const output = new LogOutput(sendTo(fd));
  outputs.set(fd, output);
  return output;
}

/** Calls `done` once both outputs are flushed; see {@link LogOutput.flush}. */
export function flushLogs(done: () => void): void {
  let open = 1;
  const one = () => {
    open -= 1;
    if (open === 0) done();
  };
  for (const output of outputs.values()) {
    open += 1;
    output.flush(one);
  }
  one();
}

/** Log lines that this process lost, on both outputs. */
export const logLinesLost = (): number => [...outputs.values()].reduce((sum, { lost }) => sum + lost, 0);
