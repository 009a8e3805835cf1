import type { Operation, ProposedEvent } from './operation.ts';

const one = (id: number): ProposedEvent[] => [{ id, type: 0 }];
const append = (stream: number, id: number, expected: 'any' | 'no_stream' | number = 'any'): Operation => ({
  call: 'append',
  stream,
  expected,
  events: one(id),
});
const whole = (stream: number): Operation => ({ call: 'readStream', stream, from: 'start' });

/** Of one append: bytes of data, its metadata ({}) and twice the length of its type, summed over its events. */
const MAX_APPEND_BYTES = 1_048_576;
/** What an event has beside its data; see `names.ts`. */
const OVERHEAD = 2 * 'differential-0'.length;
const sized = (total: number): ProposedEvent[] => [{ id: 0, type: 0, size: total - OVERHEAD }];

/** Sequences that have once shown a difference, or that chance does not meet. */
export const directed: Readonly<Record<string, readonly Operation[]>> = {
  'an id that another stream uses, too: its first place counts': [
    append(0, 0),
    append(1, 0, 'no_stream'),
    append(0, 0),
    append(1, 0),
    whole(0),
    whole(1),
  ],
  'an id that its stream has twice': [append(0, 0), append(0, 0, 0), append(0, 0), whole(0)],
  'a repeat of the first part of an append, and of all of it with something new': [
    { call: 'append', stream: 0, expected: 'no_stream', events: [...one(0), ...one(1)] },
    append(0, 0, 'no_stream'),
    { call: 'append', stream: 0, expected: 'no_stream', events: [...one(0), ...one(1), ...one(2)] },
    { call: 'append', stream: 0, expected: 'any', events: [...one(1), ...one(2)] },
    whole(0),
  ],
  'options that come again': [
    { call: 'batchAppend', stream: 0, expected: 'no_stream', parts: [one(0), one(1)], optionsAgain: true },
    whole(0),
  ],
  'an append that is too large in its second part': [
    { call: 'batchAppend', stream: 0, expected: 'any', parts: [sized(700_000), sized(700_000)] },
    { call: 'batchAppend', stream: 0, expected: 'any', parts: [one(1)] },
    whole(0),
  ],
  'an append of the largest size, and of one byte more': [
    { call: 'append', stream: 0, expected: 'no_stream', events: sized(MAX_APPEND_BYTES) },
    { call: 'append', stream: 1, expected: 'no_stream', events: sized(MAX_APPEND_BYTES + 1) },
    { call: 'batchAppend', stream: 1, expected: 'no_stream', parts: [sized(MAX_APPEND_BYTES)] },
    { call: 'batchAppend', stream: 2, expected: 'no_stream', parts: [sized(MAX_APPEND_BYTES + 1)] },
    { call: 'readStream', stream: 2, from: 'end', backwards: true, count: 1 },
  ],
  'an append whose last part never comes': [
    { call: 'batchAppend', stream: 0, expected: 'any', parts: [one(0)], unfinished: true },
    {
      call: 'batchAppend',
      stream: 0,
      expected: 'any',
      parts: [one(0)],
      unfinished: true,
      deadline: { field: 'duration', ms: 300 },
    },
    whole(0),
  ],
  'a filtered subscription whose window ends at the end of the log': [
    ...Array.from({ length: 12 }, (_, n) => append(n % 2, n)),
    {
      call: 'subscribeToAll',
      from: 0,
      filter: { on: 'stream', by: 'prefix', numbers: [2], window: 1 },
    },
  ],
  'reads of $all from beyond its end': [
    append(0, 0),
    { call: 'readAll', from: 'beyond' },
    { call: 'readAll', from: 'beyond', backwards: true },
    {
      call: 'readAll',
      from: 'beyond',
      backwards: true,
      filter: { on: 'type', by: 'regex', numbers: [0], window: 32 },
    },
  ],
};
