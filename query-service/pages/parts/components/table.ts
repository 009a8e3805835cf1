import type { VNode } from 'preact';
import { type Children, html } from '../html.ts';

export interface Column<Row> {
  readonly label: string;
  readonly cell: (row: Row) => Children;
  /** Numbers stand at the right. */
  readonly numeric?: boolean;
}

export interface TableProps<Row> {
  /** What the table lists; read by screen readers, not shown. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Said instead of a table without rows. */
  readonly empty: string;
}

/** On a narrow screen each row becomes a card whose cells name their columns; the roles keep it a table for screen readers. */
export function Table<Row>({ caption, columns, rows, rowKey, empty }: TableProps<Row>): VNode {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  const side = (column: Column<Row>) => (column.numeric ? 'numeric' : undefined);
  return html`<table role="table">
    <caption class="unseen">${caption}</caption>
    <thead role="rowgroup"><tr role="row">
      ${columns.map((column) => html`<th role="columnheader" scope="col" class=${side(column)}>${column.label}</th>`)}
    </tr></thead>
    <tbody role="rowgroup">${rows.map(
      (row) => html`<tr role="row" key=${rowKey(row)}>
        ${columns.map((column) => html`<td role="cell" data-label=${column.label} class=${side(column)}>${column.cell(row)}</td>`)}
      </tr>`,
    )}</tbody>
  </table>`;
}
