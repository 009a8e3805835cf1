import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { selectorsOf } from '../../integration/monitoring/expressions.ts';
import { alertRules, dashboards, ROOT } from '../../integration/monitoring/files.ts';

/** As GitHub makes the anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

/** What stands under each heading of a document, up to the next heading, by the heading's anchor. */
const sections = (file: string): Map<string, string> =>
  new Map(
    readFileSync(path.join(ROOT, file), 'utf8')
      .split(/^#+ /m)
      .map((section) => [anchorOf(section.slice(0, section.indexOf('\n'))), section]),
  );

describe('docs/operations.md', () => {
  const text = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
  const anchors = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found as string);

  it('leads to every section from its top, and no link in it leads nowhere', () => {
    const contents = [...text.slice(0, text.indexOf('\n## ')).matchAll(/\(#([^)]+)\)/g)].map(([, to]) => to);
    expect(contents.sort()).toEqual(
      anchors(/^## (.+)$/gm)
        .map(anchorOf)
        .sort(),
    );
    const there = anchors(/^#+ (.+)$/gm).map(anchorOf);
    expect(anchors(/\(#([^)]+)\)/g).filter((to) => !there.includes(to))).toEqual([]);
  });
});

describe('alerts', () => {
  it.each(alertRules().map((rule) => [rule.alert, rule] as const))(
    '%s says how bad it is, what it is, and where it stands what to do',
    (name, { labels, annotations }) => {
      expect(['critical', 'warning']).toContain(labels.severity);
      expect(annotations.summary).toMatch(/^\S.{10,}/);
      expect(annotations.description).toMatch(/\.$/);
      const [file, anchor] = (annotations.runbook_url ?? '').split('#') as [string, string];
      expect(file).toBe('docs/operations.md');
      const section = sections(file).get(anchor);
      expect(section, `a section #${anchor} in ${file}`).toBeDefined();
      expect(section).toContain(`\`${name}\``);
    },
  );

  it('have names of their own', () => {
    const names = alertRules().map(({ alert }) => alert);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe.each(dashboards().map((dashboard) => [dashboard.title, dashboard] as const))(
  '%s',
  (_title, board) => {
    const shown = board.panels.filter(({ type }) => type !== 'row');

    it('every panel says what it shows, in which unit, of the data source that is provisioned', () => {
      for (const panel of shown) {
        expect(panel.description, panel.title).toMatch(/\S/);
        expect(panel.fieldConfig?.defaults.unit, panel.title).toMatch(/\S/);
        expect(panel.datasource).toEqual({ type: 'prometheus', uid: 'prometheus' });
        expect(panel.targets?.length, panel.title).toBeGreaterThan(0);
      }
    });

    it('no panel covers another or reaches out of the page; ids and titles are used once', () => {
      const cells = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
      );
      expect(cells.length).toBe(new Set(cells).size);
      for (const { gridPos } of board.panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (const key of ['id', 'title'] as const) {
        const values = board.panels.map((panel) => panel[key]);
        expect(values).toEqual([...new Set(values)]);
      }
    });
  },
);

it('dashboards have uids of their own', () => {
  const uids = dashboards().map(({ uid }) => uid);
  expect(uids).toEqual([...new Set(uids)]);
});

describe('reading an expression', () => {
  it('finds the metrics and the labels that they are selected by, and nothing else', () => {
    const expr = `histogram_quantile(0.99, sum by (le, job) (rate(a_bucket{x="y",z=~"a|b"}[5m])))
      / on (instance) group_left (pod) max(b:c) > 0.1 and d{} offset 1h or vector(0)`;
    expect(selectorsOf(expr)).toEqual([
      { metric: 'a_bucket', labels: ['x', 'z'] },
      { metric: 'b:c', labels: [] },
      { metric: 'd', labels: [] },
    ]);
  });
});
