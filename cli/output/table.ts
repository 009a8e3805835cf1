import type { Io } from '../command-line/command.ts';

/** A tab or a line break in a value would be one of the table's, and nothing of it may steer a terminal. */
const field = (value: unknown): string => String(value ?? '').replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ');

/**
 * Writes a table to `out`: with columns that line up on a terminal, else tab-separated.
 * @param header undefined for rows alone
 */
export function writeTable(
  io: Io,
  header: readonly string[] | undefined,
  rows: readonly (readonly unknown[])[],
): void {
  const lines = [...(header ? [header] : []), ...rows].map((row) => row.map(field));
  if (!io.isTerminal) {
    for (const line of lines) io.out(line.join('\t'));
    return;
  }
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => [...(line[column] ?? '')].length)),
  );
  const padded = (text: string, column: number) =>
    text + ' '.repeat(Math.max(0, (widths[column] ?? 0) - [...text].length));
  for (const line of lines) io.out(line.map(padded).join('  ').trimEnd());
}
