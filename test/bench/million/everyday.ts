import { randomUUID } from 'node:crypto';
import type { BenchmarkContext } from '../benchmark.ts';
import { changing } from '../load/changes.ts';
import { type WrkRequest, type WrkResult, wrk } from '../load/wrk.ts';
import { figure, target } from '../report/row.ts';
import { inTurn } from '../rounds.ts';
import { median, percentile, ratios } from '../statistics.ts';
import { type CpuUse, withCpu } from '../system/cpu.ts';
import type { Side } from './side.ts';
import { ACTIVATING, customersOf, validationsOf } from './subjects.ts';

/** Of the two sizes, measured in turn. */
export interface Sides {
  readonly large: Side;
  readonly small: Side;
}

const KEYS = 10_000;
const COLD_KEYS = 20_000;
const CONNECTIONS = 64;
const SECONDS = 8;
/** Customers who are suspended and reinstated. */
const CHANGING = 500;
const CHANGES_PER_SECOND = 200;
/** DESIGN, section 12: within 10 %. */
const AT_LEAST = 0.9;
const AT_MOST = 1.1;

type Asked = WrkResult & { readonly cpu: CpuUse };

/** What customers and their programs do all day, at both sizes in turn. */
export async function everyday(sides: Sides, context: BenchmarkContext): Promise<void> {
  await cold(sides, context);
  await warm(sides, context);
  await activations(sides, context);
  await lags(sides, context);
}

function load(side: Side, requests: readonly WrkRequest[], seconds: number): Promise<Asked> {
  const { stack } = side;
  return withCpu({ processes: stack.processes() }, async () => {
    const asked = await wrk({ url: stack.url, connections: CONNECTIONS, seconds, requests });
    if (asked.errors > 0)
      throw new Error(`${asked.errors} of ${asked.operations} requests failed: ${requests[0]?.path}`);
    return asked;
  });
}

/** Both sizes at the same, in turn, after a warm-up of each. */
async function compared(
  sides: Sides,
  { rounds, sized, report }: BenchmarkContext,
  what: string,
  requestsOf: (side: Side) => Promise<WrkRequest[]>,
) {
  const [large, small] = [await requestsOf(sides.large), await requestsOf(sides.small)];
  await load(sides.large, large, Math.ceil(sized(SECONDS) / 2));
  await load(sides.small, small, Math.ceil(sized(SECONDS) / 2));
  const measured = await inTurn(rounds, {
    small: () => load(sides.small, small, sized(SECONDS)),
    large: () => load(sides.large, large, sized(SECONDS)),
  });
  const rates = (name: keyof typeof measured) => measured[name].map(({ rate }) => rate);
  const p99 = (name: keyof typeof measured) => measured[name].map(({ p99Ms }) => p99Ms);
  const ratio = ratios(rates('large'), rates('small'));
  report({
    what,
    figure: figure(rates('large'), '/s'),
    beside: { what: sides.small.name, figure: figure(rates('small'), '/s') },
    ratio,
    target: target(`at least ${AT_LEAST}`, median(ratio) >= AT_LEAST),
    cpu: measured.large.map(({ cpu }) => cpu),
  });
  report({
    what: `${what}, p99`,
    figure: figure(p99('large'), ' ms'),
    beside: { what: sides.small.name, figure: figure(p99('small'), ' ms') },
    ratio: ratios(p99('large'), p99('small')),
  });
}

/** Each asked for once, soon after the start: no node has it in memory. */
async function cold({ large, small }: Sides, { sized, report }: BenchmarkContext): Promise<void> {
  const one = async (side: Side) => {
    const requests = await validationsOf(side, sized(COLD_KEYS), '8');
    // Not longer than it takes to ask for each: then they would be known.
    return load(side, requests, Math.max(1, Math.min(4, Math.floor(requests.length / 8_000))));
  };
  const [ofSmall, ofLarge] = [await one(small), await one(large)];
  report({
    what: 'validations of licenses that nobody has asked for since the start',
    figure: figure([ofLarge.rate], '/s'),
    beside: { what: small.name, figure: figure([ofSmall.rate], '/s') },
    ratio: [ofLarge.rate / ofSmall.rate],
    cpu: [ofLarge.cpu],
  });
  report({
    what: 'the same, p99',
    figure: figure([ofLarge.p99Ms], ' ms'),
    beside: { what: small.name, figure: figure([ofSmall.p99Ms], ' ms') },
    ratio: [ofLarge.p99Ms / ofSmall.p99Ms],
  });
}

const warm = (sides: Sides, context: BenchmarkContext) =>
  compared(sides, context, `validations, warm, ${KEYS.toLocaleString('en')} keys`, (side) =>
    validationsOf(side, context.sized(KEYS)),
  );

const activations = (sides: Sides, context: BenchmarkContext) =>
  compared(sides, context, `activations of ${ACTIVATING} customers, all readers running`, async (side) => {
    const body = JSON.stringify({ client_id: `${randomUUID()}-{n}` });
    const tokens = await customersOf(side, context.sized(ACTIVATING));
    return tokens.map((token) => ({ path: '/v1/activations', token, body }));
  });

async function lags(sides: Sides, { rounds, sized, say, report }: BenchmarkContext): Promise<void> {
  const { name } = sides.small;
  using large = await changing(sides.large.stack, sized(CHANGING), say);
  using small = await changing(sides.small.stack, sized(CHANGING), say);
  await large.at(CHANGES_PER_SECOND, Math.ceil(sized(SECONDS) / 2));
  await small.at(CHANGES_PER_SECOND, Math.ceil(sized(SECONDS) / 2));
  const measured = await inTurn(rounds, {
    small: () => small.at(CHANGES_PER_SECOND, sized(SECONDS)),
    large: () => large.at(CHANGES_PER_SECOND, sized(SECONDS)),
  });
  for (const p of [0.5, 0.99]) {
    const of = (side: keyof typeof measured) => measured[side].map((each) => percentile(each.lags, p));
    const ratio = ratios(of('large'), of('small'));
    report({
      what: `from a command's answer to its effect in validation at ${CHANGES_PER_SECOND} commands/s, p${p * 100}`,
      figure: figure(of('large'), ' ms'),
      beside: { what: name, figure: figure(of('small'), ' ms') },
      ratio,
      target: target(`at most ${AT_MOST}`, median(ratio) <= AT_MOST),
    });
  }
}
