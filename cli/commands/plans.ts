import { loadCatalogue } from '../../shared/catalogue/read.ts';
import { type ShownCatalogue, showCatalogue } from '../../shared/catalogue/shown.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { settingSources } from '../config.ts';
import { formatMoney } from '../output/money.ts';
import { writeTable } from '../output/table.ts';
import { differences } from '../plans/differences.ts';
import { runningCatalogue } from '../plans/running.ts';

const HEADER = ['product', 'plan', 'clients', 'entitlements', 'grace', 'on expiry', 'lease'];
const MORE = ['replacements', 'price', 'trial', 'started by'];

/** The file of the settings; undefined for the default one. */
const fileInUse = (): string | undefined => settingSources().env.PLAN_CATALOGUE_FILE || undefined;

const money = ({
  amount,
  currency,
  months,
}: NonNullable<ShownCatalogue['products'][0]['plans'][0]['price']>) =>
  `${formatMoney(amount, currency)} ${months === 1 ? 'a month' : `for ${months} months`}`;

function show({ products }: ShownCatalogue, io: Io): void {
  const rows = products.flatMap(({ product, plans }) =>
    plans.map((plan) => [
      product,
      plan.plan,
      plan.max_clients.toLocaleString('en'),
      plan.entitlements.join(','),
      `${plan.grace_days} d`,
      plan.on_expiry,
      `${plan.lease_hours} h`,
      plan.replacements_per_month === null ? 'no limit' : `${plan.replacements_per_month} a month`,
      plan.price ? money(plan.price) : '',
      plan.trial_days === null ? '' : `${plan.trial_days} d`,
      plan.started_by,
    ]),
  );
  writeTable(io, [...HEADER, ...MORE], rows);
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

function check(file: string | undefined, io: Io): void {
  const { catalogue, newForm } = loadCatalogue(file);
  const { products } = catalogue;
  const plans = [...products.values()].reduce((sum, product) => sum + product.plans.size, 0);
  const what = `${count(products.size, 'product')}, ${count(plans, 'plan')}`;
  io.err(`${file ?? 'The default catalogue'} is good: ${what}.`);
  if (!newForm) return;
  io.err(
    'It has the form from before there were products, which the next release will no longer read. Its new form:',
  );
  io.out(JSON.stringify(newForm, null, 2));
}

async function compare(file: string, url: string | undefined, io: Io): Promise<void> {
  const after = showCatalogue(loadCatalogue(file).catalogue);
  const inUse = fileInUse();
  const before =
    url === undefined ? showCatalogue(loadCatalogue(inUse).catalogue) : await runningCatalogue(url);
  const rows = differences(before, after).map((one) => [one.place, one.before ?? '-', one.after ?? '-']);
  const other = url ?? inUse ?? 'the default catalogue';
  if (rows.length === 0) return io.err(`${file} sells what ${other} sells.`);
  writeTable(io, ['what', 'in use', 'in the file'], rows);
  io.err(
    'Subscriptions that have started keep their terms: only those that start, or change to a plan, from now on get the new ones.',
  );
}

function onlyFile(files: readonly string[]): string | undefined {
  if (files.length > 1) throw new UsageError('name one file');
  return files[0];
}

/** Checks, shows and compares catalogues of products and plans. */
export const plans: Command = {
  name: 'plans',
  summary: 'check, show or compare the products and plans that are sold',
  usage: `plans check [FILE]
       plans show [FILE | --url URL] [--json]
       plans compare FILE [--url URL]

  check    say whether the services would start with a catalogue, or what is wrong with it and where
  show     what is sold, as a table (--json: as GET /v1/plans answers it)
  compare  how FILE differs from the catalogue in use: what customers are shown, so validationsPerMinute is not compared

Without FILE it is the catalogue that the settings name (PLAN_CATALOGUE_FILE), or the default one. With --url it is the
one that a running system sells from: --url http://localhost:8080. docs/plans.md describes the file.

Settings: PLAN_CATALOGUE_FILE.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: { url: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const { url, json } = values;
    if (url !== undefined && !URL.canParse(url)) throw new UsageError(`--url ${url} is no URL`);
    const [action, ...files] = positionals;
    const file = onlyFile(files);
    if (json && action !== 'show') throw new UsageError('--json is for show');
    switch (action) {
      case 'check':
        if (url !== undefined) throw new UsageError('a running system has checked its own: name a file');
        return check(file ?? fileInUse(), io);
      case 'show': {
        if (url !== undefined && file !== undefined) throw new UsageError('give a file or --url, not both');
        const shown =
          url === undefined
            ? showCatalogue(loadCatalogue(file ?? fileInUse()).catalogue)
            : await runningCatalogue(url);
        return json ? io.out(JSON.stringify(shown, null, 2)) : show(shown, io);
      }
      case 'compare':
        if (file === undefined) throw new UsageError('name the file to compare with the catalogue in use');
        return compare(file, url, io);
      default:
        throw new UsageError('say what to do: check, show or compare');
    }
  },
};
