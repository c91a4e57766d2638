import { expect, test } from 'vitest';
import { Announcements } from '../../../gateway/rooms/announcements.js';

/** Sounds begun, in order, and the end of the one that is heard. */
function desk(isThere = (_sound: string): boolean => true) {
  const begun: string[] = [];
  let end: (() => void) | null = null;
  const announcements = new Announcements((sound, onEnded) => {
    if (!isThere(sound)) return false;
    begun.push(sound);
    end = onEnded;
    return true;
  });
  const finish = (): void => {
    const ended = end;
    end = null;
    ended?.();
  };
  return { announcements, begun, finish };
}

test('twenty who come while the entry sound is heard are one sound, which is neither cut nor begun again', () => {
  const { announcements, begun, finish } = desk();
  for (let i = 0; i < 20; i += 1) announcements.play('entry');
  expect([begun, announcements.collapsed]).toEqual([['entry'], 19]);
  finish();
  expect(begun).toEqual(['entry']);
  announcements.play('entry');
  expect(begun).toEqual(['entry', 'entry']);
});

test('the exit sound follows the entry sound that is heard, once', () => {
  const { announcements, begun, finish } = desk();
  for (const sound of ['entry', 'exit', 'entry', 'exit', 'exit']) announcements.play(sound);
  expect(begun).toEqual(['entry']);
  finish();
  expect(begun).toEqual(['entry', 'exit']);
  finish();
  expect([begun.length, announcements.collapsed]).toEqual([2, 3]);
});

test('a sound that is not there holds up nothing; after the end of the room nothing follows', () => {
  const { announcements, begun, finish } = desk((sound) => sound !== 'gone');
  announcements.play('gone');
  announcements.play('entry');
  announcements.play('exit');
  announcements.close();
  finish();
  expect(begun).toEqual(['entry']);
});
