import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../../cli/command-line/command.ts';
import { dispatch } from '../../../../cli/command-line/dispatch.ts';
import { replay } from '../../../../cli/commands/replay.ts';
import { parseReplayOptions } from '../../../../cli/replay/options/options.ts';

const USER = '01935e22-ca9d-79eb-bd2b-30f05c70710a';

function refusal(...args: string[]): string {
  try {
    parseReplayOptions(args);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error('it was expected to be refused');
}

describe('the options of replay', () => {
  it('mean all events as NDJSON on standard output, if there are none', () => {
    expect(parseReplayOptions([])).toEqual({
      target: { kind: 'stdout' },
      criteria: { format: 'ndjson', types: [], users: [], plans: [], withPersonal: false },
    });
  });

  it('are read into criteria: each value once, times in milliseconds', () => {
    const options = parseReplayOptions([
      ...['--user', USER.toUpperCase(), '--user', USER, '--type', 'UserErased', '--type', 'LoggedOut'],
      ...['--plan', 'pro', '--since', '2026-01-02', '--until', '2026-01-02T03:04:05.006+01:00'],
      ...['--after', '12/12', '--to', '13/13', '--out', 'events.csv', '--format', 'csv'],
    ]);
    expect(options).toEqual({
      target: { kind: 'file', file: 'events.csv' },
      criteria: {
        format: 'csv',
        types: ['UserErased', 'LoggedOut'],
        users: [USER],
        plans: ['pro'],
        since: Date.parse('2026-01-02T00:00:00Z'),
        until: Date.parse('2026-01-02T02:04:05.006Z'),
        after: { commit: 12n, prepare: 12n },
        to: { commit: 13n, prepare: 13n },
        withPersonal: false,
      },
    });
  });

  it('name a topic', () => {
    expect(parseReplayOptions(['--topic', 'copy'])).toMatchObject({
      target: { kind: 'topic', topic: 'copy' },
    });
  });

  it.each([
    ['--format', 'xml'],
    ['--type', 'userErased'],
    ['--type', 'toString'],
    ['--user', 'ada'],
    ['--plan', ''],
    ['--since', 'yesterday'],
    ['--since', '2026-02-30'],
    ['--until', '2026-13-01T00:00:00Z'],
    ['--from', '12'],
    ['--after', '-1/0'],
    ['--to', '99999999999999999999/0'],
    ['--out', ''],
    ['--topic', 'a b'],
  ])('refuse %s %s, naming the option', (option, value) => {
    expect(refusal(option, value)).toContain(option);
  });

  it.each(['2026-01-01T10:00', '2026-01-01 10:00', '2026-01-01T10:00:00.123'])(
    'refuse a time without a zone: %s',
    (text) => {
      for (const option of ['--since', '--until']) {
        expect(refusal(option, text)).toContain(
          `${option}: ${text} names no time zone: write 2026-01-01T10:00`,
        );
      }
    },
  );

  it('refuse to begin at a time that lies ahead; to end there is as good as not to end', () => {
    const now = Date.parse('2026-06-01T00:00:00Z');
    expect(() => parseReplayOptions(['--since', '2026-06-02'], now)).toThrow(
      '--since: 2026-06-02 lies ahead: on this machine it is 2026-06-01T00:00:00.000Z',
    );
    expect(
      parseReplayOptions(['--since', '2026-06-01', '--until', '2026-06-02'], now).criteria,
    ).toMatchObject({
      until: Date.parse('2026-06-02'),
    });
  });

  it.each([
    ['--until', ['--since', '2026-01-02', '--until', '2026-01-02']],
    ['--to', ['--from', '9/9', '--to', '8/8']],
    ['--after', ['--from', '1/1', '--after', '1/1']],
    ['--topic', ['--topic', 't', '--out', 'f']],
    ['--format', ['--topic', 't', '--format', 'csv']],
    ['--with-personal', ['--topic', 't', '--with-personal']],
    ['--into', ['--into', 's']],
    [
      '--user',
      Array.from({ length: 101 }, (_, n) => ['--user', USER.replace(/^.{3}/, String(100 + n))]).flat(),
    ],
  ])('refuse what does not go together, naming %s: %j', (option, args) => {
    expect(refusal(...args)).toContain(option);
  });

  it('end with exit code 2 when they are wrong, before anything is connected to', async () => {
    const said: string[] = [];
    const io = { out: () => {}, err: (line: string) => void said.push(line) };
    expect(await dispatch([replay], ['replay', '--format', 'xml'], io)).toBe(2);
    expect(said.join('\n')).toMatch(/^--format: expected ndjson, csv or parquet, not "xml"\n\nUsage: /);
  });
});
