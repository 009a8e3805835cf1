import type { Scope } from '../../../../shared/tokens/scopes.ts';
import type { Call } from '../../parts/api/call.ts';
import type { FieldSpec, Values } from '../../parts/components/field.ts';
import type { Children } from '../../parts/html.ts';

/** What an action asks the API for, before `If-Match` and the key are added. */
export type Command = Pick<Call, 'method' | 'path' | 'body'>;

/** Something that staff can do, as data: the button, its dialog, the request and the curl for it all come from this. */
export interface Action {
  /** Who has none of these is not offered the action. */
  readonly scopes: readonly Scope[];
  /** On the button, and at the end of the form where `submit` says nothing else. */
  readonly label: string;
  readonly submit?: string;
  /** Over the form; names what it is about. */
  readonly title: string;
  /** What will happen, in a sentence or two. */
  readonly explain?: string;
  readonly danger?: boolean;
  readonly fields: readonly FieldSpec[];
  readonly command: (values: Values) => Command;
  /** Said when it is done; an action with a `result` shows that instead. */
  readonly done: string;
  /** What of the answer is shown. */
  readonly result?: (body: unknown) => Children;
  /** The result can't be looked up later: a secret, a link. */
  readonly isShownOnce?: boolean;
}

/** What the person looked at when they decided: a command for it is refused if that has changed. */
export interface Basis {
  /** For `If-Match`. */
  readonly etag?: string | undefined;
  /** The customer whose events tell what has changed. */
  readonly userId?: string | undefined;
}

const text = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** A field's text; undefined where nothing was typed, so that it is left out of a body. */
export const given = (values: Values, name: string): string | undefined => text(values[name]) || undefined;

export const givenNumber = (values: Values, name: string): number | undefined => {
  const typed = given(values, name);
  return typed === undefined ? undefined : Number(typed);
};

/** A day in the browser's time zone as the instant at which it begins. */
export const givenDay = (values: Values, name: string): string | undefined => {
  const typed = given(values, name);
  return typed === undefined ? undefined : new Date(`${typed}T00:00:00`).toISOString();
};

/** A body without what was left empty; undefined where nothing is left. */
export function body(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const some = Object.entries(fields).filter(([, value]) => value !== undefined);
  return some.length === 0 ? undefined : Object.fromEntries(some);
}
