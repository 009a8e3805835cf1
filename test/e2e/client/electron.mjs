// Stands in for Electron's shell: windows that say what they would show, and a person and a clock that a test plays.
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const handlers = new Map();
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead;

const say = (message) => void process.stdout.write(`${JSON.stringify(message)}\n`);

export const app = Object.assign(new EventEmitter(), {
  whenReady: async () => undefined,
  getPath: () => process.env.USER_DATA,
});

export class BrowserWindow {
  async loadFile(file, { query }) {
    say({ page: path.basename(file), code: query.code });
  }
}

export const ipcMain = { handle: (channel, handler) => void handlers.set(channel, handler) };

const acts = {
  /** Seconds that the clock is ahead of the real one. */
  clock: async (seconds) => {
    ahead = seconds * 1_000;
  },
  focus: async () =>
    (await Promise.all(app.listeners('browser-window-focus').map((listener) => listener())))[0],
  activate: (key) => handlers.get('activate')({}, key),
};

createInterface({ input: process.stdin }).on('line', async (line) => {
  const { act, value } = JSON.parse(line);
  say({ act, result: await acts[act](value) });
});
