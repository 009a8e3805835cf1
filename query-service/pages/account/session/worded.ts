import type { Problem } from '../../parts/api/problem.ts';
import { texts } from '../texts/texts.ts';

/** What is wrong with a field, in the customer's words and language where there are some. */
export const worded = (problem: Problem): Problem =>
  problem.errors
    ? {
        ...problem,
        errors: problem.errors.map((error) => ({
          ...error,
          detail: texts.details[error.detail] ?? error.detail,
        })),
      }
    : problem;
