import { z } from 'zod';
import { uuid } from './fields.ts';

const MAX_PAGE = 100;

export const pageQuery = {
  limit: z
    .string()
    .regex(/^(100|[1-9]\d?)$/, { error: `expected a whole number from 1 to ${MAX_PAGE}` })
    .transform(Number)
    .optional()
    .meta({ description: `At most so many items on the page: 1 to ${MAX_PAGE}; 50 unless given.` }),
  cursor: uuid.optional().meta({ description: 'The `next_cursor` of the page before.' }),
};

export interface Page {
  readonly after: string | undefined;
  readonly limit: number;
}

export interface PageQuery {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export const pageSize = ({ limit }: Pick<PageQuery, 'limit'>): number => limit ?? 50;

/** One more than is shown is read, to know whether there is a next page. */
export const pageOf = (query: PageQuery) => {
  const size = pageSize(query);
  return { size, page: { after: query.cursor, limit: size + 1 } satisfies Page };
};

/** A page of items; in the API's document it is named after them: `SubscriptionList`. */
export const listOf = <S extends z.ZodType>(item: S) =>
  z
    .strictObject({
      items: z.array(item),
      next_cursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
    })
    .meta({ id: `${item.meta()?.id}List` });

export interface List<I> {
  items: I[];
  next_cursor: string | null;
}

/** @param cursorOf what the next page continues behind */
export function showPage<R, I>(
  rows: readonly R[],
  size: number,
  show: (row: R) => I,
  cursorOf: (row: R) => string,
): List<I> {
  const shown = rows.slice(0, size);
  const last = shown.at(-1);
  return {
    items: shown.map(show),
    next_cursor: rows.length > size && last !== undefined ? cursorOf(last) : null,
  };
}
