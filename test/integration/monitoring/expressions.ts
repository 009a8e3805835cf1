/** A selector of an expression: the metric's name, and the labels that it is selected by. */
export interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What follows these in parentheses are labels, not metrics. */
const LABEL_LISTS = /\b(by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/**
 * The selectors of a PromQL expression. No parser, but enough for expressions whose label values contain neither
 * braces nor quotes; Prometheus itself checks the grammar.
 */
export function selectorsOf(expr: string): Selector[] {
  const plain = expr.replace(LABEL_LISTS, ' ').replace(/\[[^\]]*\]/g, ' ');
  return [...plain.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)].flatMap(
    ([, name, behind]) => {
      const metric = name as string;
      if (behind === '(' || WORDS.has(metric.toLowerCase())) return [];
      const labels = [...(behind ?? '').matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(
        ([, label]) => label,
      );
      return [{ metric, labels: labels as string[] }];
    },
  );
}

/** The labels that an expression groups or joins by. */
export const groupingLabels = (expr: string): string[] =>
  [...expr.matchAll(LABEL_LISTS)].flatMap(([, , list]) =>
    (list ?? '')
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== ''),
  );
