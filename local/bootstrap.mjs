// The first thing `npm start`, `npm test` and the tool run. Plain JavaScript without imports from node_modules: it has
// to work in a fresh clone, on whatever Node (20 or newer) the machine has. It installs the packages if they are
// missing or older than the lock file, then runs the given TypeScript file on the Node that package.json pins.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = path.join(root, 'node_modules', '.bin');
const [script, ...args] = process.argv.slice(2);

/** Of the packages' names and versions only: npm leaves the rest of a lock file open. */
function installed() {
  const marker = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(marker) || !existsSync(path.join(bin, 'node'))) return false;
  return (
    statSync(marker).mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs || sameVersions(marker)
  );
}

function sameVersions(marker) {
  const have = JSON.parse(readFileSync(marker, 'utf8')).packages;
  const want = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([name, { version, optional }]) => name === '' || optional || have[name]?.version === version,
  );
}

function install() {
  process.stderr.write('Installing npm packages …\n');
  const result = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status === 0) return;
  process.stderr.write(`npm ci failed${result.error ? `: ${result.error.message}` : ''}\n`);
  process.exit(1);
}

if (!installed()) install();

// The tool finds the stack that `npm start` runs here; settings in the environment come first.
const stackSettings = path.join(root, '.local', 'env');
const settings =
  script.startsWith('cli/') && existsSync(stackSettings) ? [`--env-file=${stackSettings}`] : [];
/*
 * Node keeps what it has made of the source files (types stripped, code compiled), by their content: each process that is started
 * needs half of the processor time. Everything that the child starts inherits it.
 */
const compiled = process.env.NODE_COMPILE_CACHE ?? path.join(root, 'node_modules', '.cache', 'node');
const child = spawn(path.join(bin, 'node'), [...settings, path.join(root, script), ...args], {
  stdio: 'inherit',
  env: {
    ...process.env,
    PATH: `${bin}${path.delimiter}${process.env.PATH}`,
    NODE_COMPILE_CACHE: compiled,
  },
});
// A terminal sends Ctrl-C to the whole group and other senders to this process alone; either way the child decides.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm that is ended by a signal leaves this process without a parent, and everything it started running.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref();
child.on('error', (error) => {
  process.stderr.write(`the pinned Node could not be started: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
