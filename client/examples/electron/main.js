// The main process of an Electron program that shows its window only where it is licensed.
import { hostname } from 'node:os';
import path from 'node:path';
import { createLicensing } from '@license-system/client';
import { fileStore } from '@license-system/client/node';
import { app, BrowserWindow, ipcMain } from 'electron';

const here = import.meta.dirname;
await app.whenReady();
const window = new BrowserWindow({ webPreferences: { preload: path.join(here, 'preload.cjs') } });

const licensing = createLicensing({
  url: process.env.LICENSE_URL ?? 'http://localhost:8080',
  product: 'app',
  store: fileStore(path.join(app.getPath('userData'), 'license.json')),
});
let running = false;
const show = ({ allowed, code }) => {
  // A renewed license is no reason to load the page again that somebody works in.
  if (allowed && running) return;
  running = allowed;
  window.loadFile(path.join(here, allowed ? 'program.html' : 'locked.html'), { query: { code } });
};
licensing.onChange(show);
ipcMain.handle('activate', (_event, key) => licensing.activate(key, { clientName: hostname() }));
// Whoever comes back after hours, or after the machine has slept, need not wait for the next look.
app.on('browser-window-focus', () => licensing.check());
await licensing.check();
