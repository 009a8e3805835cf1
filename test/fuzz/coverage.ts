import { endpoints } from './document.ts';

/** How often each operation was answered with each status. */
export class Coverage {
  readonly #statuses = new Map<string, Map<number, number>>();

  add(operation: string, status: number): void {
    const of = this.#statuses.get(operation) ?? new Map<number, number>();
    this.#statuses.set(operation, of);
    of.set(status, (of.get(status) ?? 0) + 1);
  }

  get requests(): number {
    return this.byStatus().reduce((sum, [, count]) => sum + count, 0);
  }

  /** Over all operations, by status. */
  byStatus(): [status: number, count: number][] {
    const all = new Map<number, number>();
    for (const of of this.#statuses.values())
      for (const [status, count] of of) all.set(status, (all.get(status) ?? 0) + count);
    return [...all].sort(([a], [b]) => a - b);
  }

  /** Operations of the document that no request of this run got through to: what they do was not seen. */
  withoutSuccess(): string[] {
    const succeeded = ({ operationId }: { readonly operationId: string }) =>
      [...(this.#statuses.get(operationId)?.keys() ?? [])].some((status) => status < 400);
    return endpoints.filter((endpoint) => !succeeded(endpoint)).map(({ operationId }) => operationId);
  }

  /** A line an operation: how often each status. */
  lines(): string[] {
    return [...this.#statuses]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([operation, of]) => {
        const counts = [...of].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
        return `${operation.padEnd(28)} ${counts.join(', ')}`;
      });
  }
}
