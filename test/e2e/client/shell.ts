import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../../support/eventually.ts';
import { type Project, someNode } from './project.ts';

/** What the program's window shows. */
export interface Page {
  readonly page: string;
  readonly code: string;
}

/** Puts the stand-in where the project's programs find Electron. */
export function installShell({ folder }: Project): void {
  const place = path.join(folder, 'node_modules/electron');
  mkdirSync(place, { recursive: true });
  writeFileSync(
    path.join(place, 'package.json'),
    JSON.stringify({ name: 'electron', version: '0.0.0', type: 'module', exports: './index.mjs' }),
  );
  cpSync(path.join(import.meta.dirname, 'electron.mjs'), path.join(place, 'index.mjs'));
}

/** The Electron example, as it stands, with somebody before it. */
export class Shell {
  readonly #process: ChildProcess;
  readonly #results: { readonly act: string; readonly result: Record<string, unknown> }[] = [];
  readonly #pages: Page[] = [];
  #answered = 0;
  #errors = '';

  constructor({ folder }: Project, env: Readonly<Record<string, string>>) {
    this.#process = spawn(someNode(), ['examples/electron/main.js'], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#process;
    if (!stdout || !stderr) throw new Error('the program has no outputs');
    createInterface({ input: stdout }).on('line', (line) => {
      const said = JSON.parse(line);
      if ('page' in said) this.#pages.push(said);
      else this.#results.push(said);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  /** What the window shows now, once it shows anything. */
  shown(): Promise<Page> {
    return eventually(`a page; it said: ${this.#errors}`, () => this.#pages.at(-1));
  }

  /** The window comes to the front: what the program then finds. */
  focus = () => this.#act('focus');
  /** The person types a license key in. */
  activate = (key: string) => this.#act('activate', key);
  /** Sets the clock so many seconds ahead of the real one. */
  setClock = (seconds: number) => this.#act('clock', seconds);

  async #act(act: string, value?: unknown): Promise<Record<string, unknown>> {
    this.#answered += 1;
    const index = this.#answered - 1;
    this.#process.stdin?.write(`${JSON.stringify({ act, value })}\n`);
    const { result } = await eventually(`${act}; it said: ${this.#errors}`, () => this.#results[index]);
    return result ?? {};
  }

  /** As a crash ends it, or a power failure. */
  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}
