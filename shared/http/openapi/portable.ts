import type { z } from 'zod';

type Part = z.core.JSONSchema.BaseSchema;

/** What Go, Rust and Python have no word for: Unicode properties in one spelling for all, and looking ahead or behind. */
const ONLY_HERE = /\\[pP]\{|\(\?[=!<]/;

/**
 * Makes a schema's patterns such that every tool reads them as this server does: control characters and halves of
 * surrogate pairs by their numbers (no JSON text of a well-behaved tool has the latter), and a pattern that can't be said
 * so is left out: the description says it.
 */
export function portable(part: Part): void {
  if (part.pattern !== undefined) {
    const pattern = part.pattern.replaceAll('\\p{Cc}', '\\x00-\\x1f\\x7f-\\x9f').replaceAll('\\p{Cs}', '');
    if (ONLY_HERE.test(pattern)) delete part.pattern;
    else part.pattern = pattern;
  }
  if (!part.allOf) return;
  for (const each of part.allOf) portable(each as Part);
  part.allOf = part.allOf.filter((each) => Object.keys(each as object).length > 0);
  if (part.allOf.length === 0) delete part.allOf;
}
