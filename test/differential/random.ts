import fc from 'fast-check';
import type { Filter, Operation, ProposedEvent } from './operation.ts';

/** Few of each, so that they meet: the same ids again, revisions that are right now and then. */
const STREAMS = 3;
const IDS = 6;
const TYPES = 3;

const number = (below: number) => fc.nat({ max: below - 1 });
const stream = number(STREAMS);

const event: fc.Arbitrary<ProposedEvent> = fc.record(
  {
    id: number(IDS),
    type: number(TYPES),
    size: fc.constantFrom(0, 1, 100, 70_000),
    lacks: fc.constantFrom('id', 'type', 'content-type'),
  },
  { requiredKeys: ['id', 'type'] },
);
/** What lacks something is refused, and would keep most appends from being compared any further. */
const wholeEvent = event.map(({ lacks: _, ...whole }) => whole);
const events = fc.oneof(
  { weight: 9, arbitrary: fc.array(wholeEvent, { minLength: 1, maxLength: 4 }) },
  { weight: 1, arbitrary: fc.array(event, { minLength: 1, maxLength: 2 }) },
);

const expected = fc.oneof(
  fc.constantFrom('any' as const, 'no_stream' as const, 'stream_exists' as const),
  number(8),
);

const filter: fc.Arbitrary<Filter> = fc.record({
  on: fc.constantFrom('stream', 'type'),
  by: fc.constantFrom('prefix', 'regex'),
  numbers: fc.uniqueArray(number(3), { minLength: 1, maxLength: 2 }),
  window: fc.constantFrom(1, 2, 32),
});

const deadline = fc.record({
  field: fc.constantFrom('instant' as const, 'duration' as const),
  // Nothing near the time that a call takes: which of the two is first would be chance.
  ms: fc.constantFrom(-60_000, 60_000),
});

const count = fc.constantFrom(0, 1, 2, 5, 1_000);
const fromInStream = fc.oneof(fc.constantFrom('start' as const, 'end' as const), number(10));
const fromInAll = fc.oneof(fc.constantFrom('end' as const, 'beyond' as const), number(10));

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ call: fc.constant('append' as const), stream, expected, events }),
  },
  {
    weight: 4,
    arbitrary: fc.record(
      {
        call: fc.constant('batchAppend' as const),
        stream,
        expected,
        parts: fc.array(events, { minLength: 1, maxLength: 3 }),
        deadline,
        optionsAgain: fc.boolean(),
      },
      { requiredKeys: ['call', 'stream', 'expected', 'parts'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        call: fc.constant('readStream' as const),
        stream,
        from: fromInStream,
        backwards: fc.boolean(),
        count,
      },
      { requiredKeys: ['call', 'stream', 'from'] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { call: fc.constant('readAll' as const), from: fromInAll, backwards: fc.boolean(), count, filter },
      { requiredKeys: ['call', 'from'] },
    ),
  },
  fc.record({ call: fc.constant('subscribeToStream' as const), stream, from: fromInStream }),
  fc.record(
    {
      call: fc.constant('subscribeToAll' as const),
      from: fc.oneof(fc.constant('end' as const), number(10)),
      filter,
    },
    { requiredKeys: ['call', 'from'] },
  ),
);

/** Sequences of calls to one store, for fast-check, which shortens one that shows a difference. */
export const sequences: fc.Arbitrary<Operation[]> = fc.array(operation, { minLength: 1, maxLength: 25 });
