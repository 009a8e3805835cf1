import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Command, Interrupted, parseOptions } from '../../../cli/command-line/command.ts';
import { dispatch } from '../../../cli/command-line/dispatch.ts';

const greet: Command = {
  name: 'greet',
  summary: 'greet somebody',
  usage: 'greet --name <name>',
  async run(args, io) {
    const { values } = parseOptions(args, { options: { name: { type: 'string' } } });
    if (values.name === 'nobody') throw Object.assign(new Error('nobody is there'), { code: 'absent' });
    if (values.name === 'slowly') throw new Interrupted('interrupted: half a greeting', 143);
    if (values.name === 'file') await readFile('/no/such/folder/x');
    if (values.name === 'bug') throw new TypeError('a bug');
    io.out(`hello ${values.name}`);
  },
};

async function run(...args: string[]) {
  const lines = { out: '', err: '' };
  const code = await dispatch([greet], args, {
    out: (line) => {
      lines.out += `${line}\n`;
    },
    err: (line) => {
      lines.err += `${line}\n`;
    },
  });
  return { code, ...lines };
}

describe('the tool', () => {
  it('prints a result alone', async () => {
    expect(await run('greet', '--name', 'ada')).toEqual({ code: 0, out: 'hello ada\n', err: '' });
  });

  it.each([[[]], [['gret']], [['greet', '--nam', 'x']], [['greet', 'x']], [['greet', '--name']]])(
    'answers a wrong command line with 2 and the usage: %j',
    async (args) => {
      const { code, out, err } = await run(...args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain('Usage:');
    },
  );

  it.each([
    [['gret'], 'there is no command gret. Did you mean "greet"?'],
    [['greet', '--nmae', 'x'], 'there is no option --nmae. Did you mean "--name"?'],
    [['greet', '--colour'], 'there is no option --colour.'],
    [['greet', '--name'], '--name needs a value'],
    [['greet', 'x'], 'unexpected argument x'],
  ])('says in a few lines what was wrong, and what was meant: %j', async (args, said) => {
    const { err } = await run(...args);
    expect(err).toContain(said);
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(4);
  });

  it('names the file that it can’t read or write, and why', async () => {
    const { code, err } = await run('greet', '--name', 'file');
    expect({ code, err }).toEqual({ code: 1, err: '/no/such/folder/x: there is no such file or folder\n' });
  });

  it('helps, with each command and with all', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('greet somebody'),
      err: '',
    });
    expect(await run('greet', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--name <name>'),
    });
  });

  it('answers a failure with 1: its message if it was foreseen, its stack if it was not', async () => {
    expect(await run('greet', '--name', 'nobody')).toEqual({ code: 1, out: '', err: 'nobody is there\n' });
    const bug = await run('greet', '--name', 'bug');
    expect(bug.code).toBe(1);
    expect(bug.err).toContain('dispatch.unit.test.ts');
  });

  it('answers a signal with the shell’s code for it', async () => {
    expect(await run('greet', '--name', 'slowly')).toEqual({
      code: 143,
      out: '',
      err: 'interrupted: half a greeting\n',
    });
  });
});
