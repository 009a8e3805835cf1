import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPrograms } from '../../../local/servers/programs.ts';

export interface WrkResult {
  /** Answers. */
  readonly operations: number;
  /** Answers a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and socket errors of every kind. */
  readonly errors: number;
}

export interface WrkRequest {
  readonly path: string;
  readonly token: string;
  /** JSON that is posted. `{n}` in it is another number in each request. Without it the request is a GET. */
  readonly body?: string;
}

export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** After which an answer that has not come is an error; default 2 s. */
  readonly timeoutSeconds?: number;
  /** Sent in turn. */
  readonly requests: readonly WrkRequest[];
}

/**
 * Puts load on a server of this machine with one thread of wrk: each connection asks as soon as it is answered. Installs it where
 * it may.
 * @throws ProgramsMissing, Error it failed
 */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-bench-wrk-'));
  try {
    const file = path.join(directory, 'requests.txt');
    const lines = options.requests.map(
      (request) => `${request.path} ${request.token} ${request.body ?? ''}\n`,
    );
    writeFileSync(file, lines.join(''));
    writeFileSync(path.join(directory, 'requests.lua'), script(file));
    const { wrk: program } = findPrograms(['wrk'], (line) => void process.stderr.write(`${line}\n`));
    const { stdout } = await promisify(execFile)(program, [
      '-t1',
      `-c${options.connections}`,
      `-d${options.seconds}s`,
      `--timeout=${options.timeoutSeconds ?? 2}s`,
      '-s',
      path.join(directory, 'requests.lua'),
      options.url,
    ]);
    const [operations, rate, p50Ms, p99Ms, errors] = JSON.parse(stdout.trim().split('\n').at(-1) as string);
    return { operations, rate, p50Ms, p99Ms, errors };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Requests without a body are made before the load starts, so that wrk's own work is the same for each. */
const script = (file: string) => `
local requests = {}
local bodies = {}
local headers = {}
function init(args)
  for line in io.lines("${file}") do
    local path, token, body = line:match("(%S+) (%S+) (.*)")
    local head = { Authorization = "Bearer " .. token }
    if body == "" then
      requests[#requests + 1] = wrk.format("GET", path, head)
    else
      head["Content-Type"] = "application/json"
      requests[#requests + 1] = path
      bodies[#requests] = body
      headers[#requests] = head
    end
  end
end
local i = 0
local n = 0
function request()
  i = i % #requests + 1
  if not bodies[i] then return requests[i] end
  n = n + 1
  return wrk.format("POST", requests[i], headers[i], (bodies[i]:gsub("{n}", n)))
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("\\n[%d,%.1f,%.3f,%.3f,%d]\\n", summary.requests, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;
