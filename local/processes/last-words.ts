import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes of a log's end that are looked through: several minutes of probes. */
const TAIL = 1024 * 1024;
/** What stands in every line, or says nothing to people. */
const LEFT_OUT = new Set(['level', 'time', 'pid', 'service', 'msg', 'request_id', 'address']);

/**
 * The last lines of a log that tell something, for a message about a process that failed: those of requests that were
 * answered, and of probes (health, metrics), which fill the log of a service that is waited for, are left out. JSON becomes `time level event: fields`.
 */
export function lastWords(file: string, lines = 15): string {
  if (!existsSync(file)) return '';
  return tailOf(file)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => shown(line) ?? [])
    .slice(-lines)
    .map((line) => `  ${line}`)
    .join('\n');
}

function tailOf(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const { size } = fstatSync(handle);
    const buffer = Buffer.alloc(Math.min(size, TAIL));
    readSync(handle, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8');
  } finally {
    closeSync(handle);
  }
}

/** A line as people read it; undefined for one that says nothing of a failure. */
function shown(line: string): string | undefined {
  const entry = parsed(line);
  if (!entry) return line;
  const { msg, route, status, level, time } = entry;
  const isProbe = /^\/(health|metrics)/.test(String(route));
  if (msg === 'request' && (isProbe || Number(status) < 500)) return undefined;
  const fields = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => (name === 'err' ? messageOf(value) : `${name} ${textOf(value)}`));
  return `${String(time).slice(11, 23)} ${level} ${msg}${fields.length > 0 ? `: ${fields.join(', ')}` : ''}`;
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch (error) {
    // Cut off at the tail's beginning or by a kill, or a program's own: shown as it is.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function messageOf(error: unknown): string {
  const { code, message, errors } = error as {
    code?: string;
    message?: string;
    errors?: { message?: string }[];
  };
  const text = message || errors?.map((each) => each.message).join('; ');
  return [code, text].filter(Boolean).join(' ');
}
