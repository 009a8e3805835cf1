import { useState } from 'preact/hooks';
import { Button } from '../../parts/components/button.ts';
import { type Loaded, Show, useLoaded } from '../../parts/components/load.ts';
import { Table, type TableProps } from '../../parts/components/table.ts';
import { type Children, html } from '../../parts/html.ts';
import type { List } from '../customers/resources.ts';
import { api } from '../session/session.ts';
import { texts } from '../texts/texts.ts';

interface PagedProps<Row> extends Omit<TableProps<Row>, 'rows'> {
  /** The list's address with its filters, without a cursor. */
  readonly path: string;
  /** Counts changes that were made here: the list is asked for again. */
  readonly turn?: number;
  /** Stands for the list where it can't be had because there is none. */
  readonly missing?: Children;
}

/** A list of the API, a page after the other at the reader's wish. */
export function Paged<Row>({ path, turn = 0, missing, ...table }: PagedProps<Row>) {
  const [cursors, setCursors] = useState<readonly (string | undefined)[]>([undefined]);
  return html`<section class="card">${cursors.map(
    (cursor, index) => html`<${OnePage} key=${cursor ?? 'first'} ...${{ path, turn, cursor, table, missing }}
      onMore=${index === cursors.length - 1 ? (next: string) => setCursors([...cursors, next]) : undefined} />`,
  )}</section>`;
}

interface OnePageProps<Row> {
  readonly path: string;
  readonly turn: number;
  readonly cursor: string | undefined;
  readonly table: Omit<TableProps<Row>, 'rows'>;
  readonly missing: Children;
  readonly onMore: ((cursor: string) => void) | undefined;
}

function OnePage<Row>({ path, turn, cursor, table, missing, onMore }: OnePageProps<Row>) {
  const at =
    cursor === undefined
      ? path
      : `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
  const loaded: Loaded<List<Row>> = useLoaded(at, () => api<List<Row>>({ method: 'GET', path: at }), turn);
  if (missing !== undefined && loaded.problem?.status === 404) return missing;
  return html`<${Show} loaded=${loaded}>${({ items, next_cursor: next }: List<Row>) => html`
    <${Table} ...${table} rows=${items} />
    ${next !== null && onMore && html`<div><${Button} onClick=${() => onMore(next)}>${texts.lists.more}<//></div>`}
  `}<//>`;
}
