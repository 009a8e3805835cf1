import type { z } from 'zod';

type Fits = (value: unknown) => boolean;
type Schema = z.core.$ZodType;
type Check = z.core.$ZodCheck;

/**
 * Whether a value fits a schema that would give it back as it is: nothing is copied and no problem named, which is most of
 * what zod's own parsing costs. False also where only zod can tell: then it has to be asked.
 */
export function fits<T>(schema: z.ZodType<T>, value: unknown): value is T {
  let known = compiled.get(schema);
  if (!known) {
    known = compile(schema) ?? NEVER;
    compiled.set(schema, known);
  }
  return known(value);
}

const NEVER: Fits = () => false;
const compiled = new WeakMap<Schema, Fits>();

/** Undefined where the schema, or a part of it, is of no kind that is known here, or may change the value. */
function compile(schema: Schema): Fits | undefined {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return objectFits(def);
    case 'string':
      return stringFits(schema as z.core.$ZodString);
    case 'number':
      return numberFits(schema as z.core.$ZodNumber);
    case 'boolean':
      return def.coerce || def.checks?.length ? undefined : (value) => typeof value === 'boolean';
    case 'enum':
    case 'literal': {
      const values = new Set<unknown>(def.type === 'enum' ? Object.values(def.entries) : def.values);
      return def.checks?.length ? undefined : (value) => values.has(value);
    }
    case 'array': {
      const [element, lengths] = [compile(def.element), all(def.checks ?? [], lengthFits)];
      return (
        element && lengths && ((value) => Array.isArray(value) && lengths(value) && value.every(element))
      );
    }
    case 'optional':
    case 'nullable': {
      const [inner, other] = [compile(def.innerType), def.type === 'optional' ? undefined : null];
      return inner && ((value) => value === other || inner(value));
    }
    case 'union': {
      const options = def.options.map(compile).filter((option) => option !== undefined);
      if (options.length < def.options.length || def.checks?.length) return undefined;
      return (value) => options.some((option) => option(value));
    }
    default:
      return undefined;
  }
}

interface Field {
  readonly fits: Fits;
  readonly required: boolean;
}

/** An object that is strict or loose: one that only leaves out what it doesn't know changes the value. */
function objectFits(def: z.core.$ZodObjectDef): Fits | undefined {
  const others = def.catchall?._zod.def.type;
  if ((others !== 'never' && others !== 'unknown') || def.checks?.length) return undefined;
  const fields = new Map<string, Field>();
  for (const [name, schema] of Object.entries(def.shape)) {
    const inner = compile(schema);
    if (!inner) return undefined;
    fields.set(name, { fits: inner, required: schema._zod.def.type !== 'optional' });
  }
  const required = [...fields.values()].filter((field) => field.required).length;
  const isLoose = others === 'unknown';
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    let found = 0;
    for (const name in value) {
      const field = fields.get(name);
      // JSON can have it as a name, and a copy would lose it.
      if (!field ? !isLoose || name === '__proto__' : !field.fits(value[name as keyof typeof value]))
        return false;
      if (field?.required) found += 1;
    }
    return found === required;
  };
}

/** Formats that are a pattern and nothing more. */
const PATTERNS: ReadonlySet<string> = new Set(['uuid', 'datetime', 'regex']);

function stringFits({ _zod: { def } }: z.core.$ZodString): Fits | undefined {
  if (def.coerce) return undefined;
  const own = 'format' in def ? patternFits(def) : () => true;
  const checks = all(def.checks ?? [], (check) => lengthFits(check) ?? patternFits(check._zod.def));
  return own && checks && ((value) => typeof value === 'string' && own(value) && checks(value));
}

function patternFits(def: object): ((text: string) => boolean) | undefined {
  const { format, pattern } = def as Partial<z.core.$ZodStringFormatDef>;
  if (!format || !PATTERNS.has(format) || !pattern || pattern.global || pattern.sticky) return undefined;
  return (text) => pattern.test(text);
}

function lengthFits(check: Check): ((value: { readonly length: number }) => boolean) | undefined {
  const { def } = (check as z.core.$ZodChecks)._zod;
  if (def.check === 'min_length') return ({ length }) => length >= def.minimum;
  return def.check === 'max_length' ? ({ length }) => length <= def.maximum : undefined;
}

function numberFits({ _zod: { def } }: z.core.$ZodNumber): Fits | undefined {
  const checks = all(def.checks ?? [], rangeFits);
  if (def.coerce || !('format' in def) || def.format !== 'safeint' || !checks) return undefined;
  return (value) => Number.isSafeInteger(value) && checks(value as number);
}

function rangeFits(check: Check): ((value: number) => boolean) | undefined {
  const { def } = (check as z.core.$ZodChecks)._zod;
  if (def.check !== 'greater_than' && def.check !== 'less_than') return undefined;
  const bound = Number(def.value);
  if (!def.inclusive) return undefined;
  return def.check === 'greater_than' ? (value) => value >= bound : (value) => value <= bound;
}

/** Every one of the checks; undefined if one of them is not known. */
function all<T>(
  checks: readonly Check[],
  compileOne: (check: Check) => ((value: T) => boolean) | undefined,
): ((value: T) => boolean) | undefined {
  const known = checks.map(compileOne).filter((check) => check !== undefined);
  if (known.length < checks.length) return undefined;
  const [first, second] = known;
  // Most have one or none, and the loop costs more than they do.
  if (!second) return first ?? (() => true);
  return (value) => known.every((check) => check(value));
}
