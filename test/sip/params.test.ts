import { expect, test } from 'vitest';
import { Params } from '../../sip/params.js';

test('RFC 3261 §7.3.1 names compare without case, order and spelling are kept', () => {
  const params = Params.of({ Tag: '1', lr: null, q: '0.5' });
  expect(params.get('TAG')).toBe('1');
  expect(params.get('LR')).toBeNull();
  expect(params.get('x')).toBeUndefined();
  params.set('tag', '2').set('x', '');
  expect([...params]).toEqual([
    ['Tag', '2'],
    ['lr', null],
    ['q', '0.5'],
    ['x', ''],
  ]);
});

test('a parameter can be taken away; a copy does not follow its original', () => {
  const params = Params.of({ a: '1', b: null });
  const copy = params.clone();
  expect(params.delete('A')).toBe(true);
  expect(params.delete('A')).toBe(false);
  expect([...params]).toEqual([['b', null]]);
  expect(params.has('a')).toBe(false);
  expect(copy.size).toBe(2);
});
