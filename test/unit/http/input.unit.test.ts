import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { duplicateMember } from '../../../shared/http/input/duplicate-member.ts';
import { parseQuery } from '../../../shared/http/input/query.ts';

describe('a member given twice', () => {
  it.each([
    ['{"a":1,"b":2}', undefined],
    ['{"a":1,"a":1}', ['a']],
    ['[{"a":1},{"a":1}]', undefined],
    ['{"a":{"a":{"a":1}}}', undefined],
    ['{"a":"\\"a\\":1,","b":{"c":["{","}",{"d":1,"\\u0064":1}]}}', ['b', 'c', 2, 'd']],
    ['{"x":["a","a"],"y":{"a":"a"}}', undefined],
    [' { "a" : [ ] , "a" : { } } ', ['a']],
    ['"a"', undefined],
  ])('%s', (text, found) => {
    expect(duplicateMember(text)).toEqual(found);
  });

  it('is found wherever it stands, and nowhere else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (inner, other, name) => {
        const [text, more, key] = [inner, other, name].map((value) => JSON.stringify(value));
        expect(duplicateMember(text as string)).toBeUndefined();
        const twice = `[${text},{${key}:${text},"${name.length}x":${more},${key}:${more}}]`;
        if (name === `${name.length}x`) return;
        expect(duplicateMember(twice)).toEqual([1, name]);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a query', () => {
  it('means what encodeURIComponent writes, and a raw plus means a plus', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' })),
        (fields) => {
          const write = (text: string) => encodeURIComponent(text).replaceAll('%2B', '+');
          const search = Object.entries(fields).map(([name, value]) => `${write(name)}=${write(value)}`);
          expect(Object.entries(parseQuery(search.join('&')))).toEqual(
            expect.arrayContaining(Object.entries(fields)),
          );
        },
      ),
    );
  });

  it.each([
    ['', {}],
    ['&&', {}],
    ['a', { a: '' }],
    ['a=1&a=2&a=3', { a: ['1', '2', '3'] }],
    ['email=ada+x@example.com', { email: 'ada+x@example.com' }],
    ['a==b=', { a: '=b=' }],
  ])('%s', (search, fields) => {
    expect(parseQuery(search)).toEqual(fields);
  });

  it('as long as a URL may be costs next to nothing, however often a field is given', () => {
    const values = 8_000;
    const began = performance.now();
    const { a } = parseQuery('a&'.repeat(values));
    // 4 ms; half a second where each value copies those before it.
    expect(performance.now() - began).toBeLessThan(150);
    expect(a).toHaveLength(values);
  });
});
