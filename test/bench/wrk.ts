import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { findPrograms } from '../../local/servers/programs.ts';

export interface WrkResult {
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers other than 2xx and 3xx, and socket errors of every kind. */
  readonly errors: number;
}

export interface WrkOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  /** After which an answer that has not come is an error; default 2 s. */
  readonly timeoutSeconds?: number;
  /** Requests sent in turn: path and bearer token of each. */
  readonly requests: readonly { readonly path: string; readonly token: string }[];
}

/** Puts load on a server of this machine with wrk. Installs it where it may. @throws ProgramsMissing, Error it failed */
export async function wrk(options: WrkOptions): Promise<WrkResult> {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-bench-'));
  try {
    writeFileSync(
      path.join(directory, 'requests.txt'),
      options.requests.map(({ path: p, token }) => `${p} ${token}\n`).join(''),
    );
    writeFileSync(path.join(directory, 'requests.lua'), script(path.join(directory, 'requests.txt')));
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
    const [rate, p50Ms, p99Ms, errors] = JSON.parse(stdout.trim().split('\n').at(-1) as string) as [
      number,
      number,
      number,
      number,
    ];
    return { rate, p50Ms, p99Ms, errors };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The requests are made before the load starts, so that wrk's own work is the same for each. */
const script = (file: string) => `
local requests = {}
function init(args)
  for line in io.lines("${file}") do
    local path, token = line:match("(%S+) (%S+)")
    requests[#requests + 1] = wrk.format("GET", path, { Authorization = "Bearer " .. token })
  end
end
local i = 0
function request()
  i = i % #requests + 1
  return requests[i]
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("\\n[%.1f,%.3f,%.3f,%d]\\n", summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;
