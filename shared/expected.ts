import type { z } from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  undefined: 'nothing: leave it out',
};

const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an email address',
  url: 'a URL',
  datetime: 'a date and time with a time zone, such as 2030-01-31T00:00:00Z',
  date: 'a date such as 2030-01-31',
};

const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' items', set: ' items' };

const list = (values: readonly unknown[]): string => values.map(String).join(', ');

/**
 * What was expected, in plain words, where a schema has none of its own: for whoever sent a request or wrote a setting, in
 * place of zod's. A value that is missing is `required`.
 */
export const expected: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'required' : `expected ${TYPES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      if (issue.input === undefined) return 'required';
      return issue.values.length === 1
        ? `expected ${list(issue.values)}`
        : `expected one of ${list(issue.values)}`;
    case 'invalid_format':
      return FORMATS[issue.format]
        ? `expected ${FORMATS[issue.format]}`
        : 'it does not have the expected form';
    case 'too_small':
      return `expected at least ${issue.minimum}${UNITS[issue.origin] ?? ''}`;
    case 'too_big':
      return `expected at most ${issue.maximum}${UNITS[issue.origin] ?? ''}`;
    case 'unrecognized_keys':
      return 'unknown field';
    default:
      return 'not valid';
  }
};
