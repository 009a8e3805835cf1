#!/usr/bin/env node
// A program for the command line that does its work only where it is licensed.
import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { createLicensing } from '@license-system/client';
import { fileStore } from '@license-system/client/node';

const licensing = createLicensing({
  url: process.env.LICENSE_URL ?? 'http://localhost:8080',
  product: 'app',
  store: fileStore(path.join(process.env.ACME_HOME ?? path.join(homedir(), '.acme'), 'license.json')),
});

/** What went wrong with a place, or with a key. */
function refusal({ code, problem }) {
  if (code === 'unreachable')
    return 'The license server could not be reached. Try again when you are online.';
  if (code !== 'client_limit_reached') return problem.detail ?? problem.title;
  const places = problem.active_clients.map(
    (client) =>
      `  ${client.client_id}  ${client.client_name ?? ''}  last seen ${client.last_seen_on ?? 'never'}`,
  );
  return [
    `All ${problem.limit} places are taken:`,
    ...places,
    'Take one over: acme activate KEY --replace ID',
  ].join('\n');
}

async function main([command, key, option, replaces]) {
  if (command === 'activate' && key) {
    const choice = option === '--replace' && replaces ? { replaces } : {};
    const result = await licensing.activate(key, { clientName: hostname(), ...choice });
    if (!result.activated) return [1, refusal(result)];
  } else if (command === 'deactivate') {
    const result = await licensing.deactivate();
    return result.deactivated ? [0, 'This machine has given its place back.'] : [1, refusal(result)];
  }
  const { allowed, code, source, until } = await licensing.check();
  return allowed
    ? [0, `Licensed (${code}, by ${source}); works offline until ${until}.`]
    : [1, `Not licensed: ${code}. Type: acme activate LICENSE-KEY`];
}

const [exitCode, message] = await main(process.argv.slice(2));
console.log(message);
process.exitCode = exitCode;
