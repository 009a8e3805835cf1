/** A parameter's kind. `month` is any day of the month that is meant. */
export type ParameterType = 'timestamptz' | 'date' | 'month';

export interface Column<Type extends string = string> {
  readonly name: string;
  readonly type: Type;
  readonly meaning: string;
}

/** What a file of a metric says: its documentation, and one SELECT that PostgreSQL and DuckDB understand alike. */
export interface Definition {
  readonly name: string;
  readonly title: string;
  readonly grain: string;
  readonly formula: string;
  readonly counts: string | undefined;
  readonly leavesOut: string | undefined;
  readonly parameters: readonly Column<ParameterType>[];
  /** The table whose rows it gives; else it has columns of its own. */
  readonly rowsOf: string | undefined;
  readonly columns: readonly Column[];
  /** Parameters stand in it as `:name`, tables without their schema. */
  readonly sql: string;
}

/** A file of a metric is not written as the others are. */
export class MetricMalformed extends Error {
  readonly code = 'metric_malformed';
  constructor(name: string, problem: string) {
    super(`${name}.sql: ${problem}`);
    this.name = 'MetricMalformed';
  }
}

const ENTRY =
  /^(title|grain|formula|counts|leaves out|returns|parameter (?:\w+) (?:\w+)|column (?:\w+) (?:[a-z ]+?))(?:: (.*))?$/;
const TYPES: readonly string[] = ['timestamptz', 'date', 'month'] satisfies ParameterType[];

/**
 * Reads a file: a comment of one line an entry, then the query.
 * @throws MetricMalformed an entry that is not known or not there
 */
export function parseDefinition(name: string, text: string): Definition {
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('-- '));
  const entries = lines.slice(0, end).map((line) => {
    const match = ENTRY.exec(line.slice(3));
    if (!match) throw new MetricMalformed(name, `${JSON.stringify(line)} is none of its entries`);
    return { key: match[1] ?? '', value: match[2] ?? '' };
  });
  const find = (key: string) => entries.find((entry) => entry.key === key)?.value;
  const required = (key: string) => {
    const value = find(key);
    if (!value) throw new MetricMalformed(name, `it has no ${key}`);
    return value;
  };
  const named = (kind: string): Column[] =>
    entries
      .filter(({ key }) => key.startsWith(`${kind} `))
      .map(({ key, value }) => {
        const [, column = '', ...type] = key.split(' ');
        return { name: column, type: type.join(' '), meaning: value };
      });
  const isParameter = (column: Column): column is Column<ParameterType> => {
    if (TYPES.includes(column.type)) return true;
    throw new MetricMalformed(
      name,
      `${column.name} is of no type that a parameter has (${TYPES.join(', ')})`,
    );
  };
  const columns = named('column');
  const rowsOf = find('returns');
  if (columns.length > 0 === (rowsOf !== undefined))
    throw new MetricMalformed(name, 'it has either columns or the table that it returns rows of');
  return {
    name,
    title: required('title'),
    grain: required('grain'),
    formula: required('formula'),
    counts: find('counts'),
    leavesOut: find('leaves out'),
    parameters: named('parameter').filter(isParameter),
    rowsOf,
    columns,
    sql: lines.slice(end).join('\n').trim(),
  };
}
