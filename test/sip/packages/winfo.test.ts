import { expect, test } from 'vitest';
import type { Watcher, WatcherList } from '../../../sip/packages/package.js';
import { watcherInfoPackage } from '../../../sip/packages/winfo.js';
import { acrossTheWire, afterChange, documentContext } from '../../support/event-document.js';

const winfo = watcherInfoPackage('presence');
const watcher = (id: string, given: Partial<Watcher> = {}): Watcher => ({
  id,
  uri: `sip:${id}@example.net`,
  displayName: undefined,
  status: 'active',
  event: 'approved',
  sinceMs: 0,
  expiresAtMs: null,
  ...given,
});
const list = (...watchers: Watcher[]): WatcherList => ({
  resource: 'sip:professor@example.net',
  package: 'presence',
  watchers,
});

/** RFC 3858 §5. */
const example = `<?xml version="1.0"?>
<watcherinfo xmlns="urn:ietf:params:xml:ns:watcherinfo" version="0" state="full">
  <watcher-list resource="sip:professor@example.net" package="presence">
    <watcher status="active" id="8ajksjda7s" duration-subscribed="509" event="approved">sip:userA@example.net</watcher>
    <watcher status="pending" id="hh8juja87s997-ass7" display-name="Mr. Subscriber" event="subscribe">sip:userB@example.org</watcher>
  </watcher-list>
</watcherinfo>`;

test('RFC 3858 §5 the example is read', () => {
  expect(winfo.parse(Buffer.from(example), winfo.contentType)).toMatchObject({
    ok: true,
    value: {
      full: true,
      version: 0,
      state: list(
        watcher('8ajksjda7s', { uri: 'sip:userA@example.net', sinceMs: -509_000 }),
        watcher('hh8juja87s997-ass7', {
          uri: 'sip:userB@example.org',
          displayName: 'Mr. Subscriber',
          status: 'pending',
          event: 'subscribe',
          sinceMs: -0,
        }),
      ),
    },
  });
});

test('RFC 3857 §4.1 it is the template package of what it watches, itself included', () => {
  expect(winfo).toMatchObject({ name: 'presence.winfo', watches: 'presence' });
  expect(watcherInfoPackage('presence.winfo')).toMatchObject({
    name: 'presence.winfo.winfo',
    watches: 'presence.winfo',
  });
});

test('RFC 3858 §3 durations count to the moment of writing', () => {
  const state = list(watcher('a', { sinceMs: 10_000, expiresAtMs: 70_400 }));
  const read = acrossTheWire(winfo, state, { nowMs: 30_000 });
  expect(read.watchers[0]).toMatchObject({ sinceMs: -20_000, expiresAtMs: 41_000 });
});

test('RFC 3858 §4 a watcher that is gone is told once as terminated, and then forgotten', () => {
  const from = list(watcher('a'), watcher('b'));
  const to = list(watcher('b'), watcher('c', { status: 'pending', event: 'subscribe' }));
  const change = winfo.changes?.(from, to);
  expect(change).toMatchObject({ partial: { watchers: [{ id: 'c' }, { id: 'a', status: 'terminated' }] } });
  expect(afterChange(winfo, from, to).watchers.map(({ id }) => id)).toEqual(['b', 'c']);
  expect(winfo.changes?.(to, to)).toBe('none');
});

test('RFC 3857 §4.10 an end that waits for the throttle is not lost', () => {
  const waiting = list(watcher('a', { status: 'terminated', event: 'rejected' }), watcher('b'));
  expect(winfo.coalesce?.(waiting, list(watcher('b'))).watchers.map(({ id, event }) => [id, event])).toEqual([
    ['b', 'approved'],
    ['a', 'rejected'],
  ]);
});

test('RFC 3858 §4 a document without a list of our package tells of no watchers', () => {
  const other = example.replace('package="presence"', 'package="dialog"');
  expect(winfo.parse(Buffer.from(other), winfo.contentType)).toMatchObject({ value: { state: { watchers: [] } } });
});

test.each([
  [example.replace('version="0"', 'version="x"'), 'a version that is no number'],
  [example.replace('status="active"', 'status="here"'), 'an unknown status'],
  [example.replace('event="approved"', ''), 'no event'],
  [example.replace('sip:userA@example.net', ''), 'a watcher without a URI'],
  ['<x/>', 'another document'],
])('RFC 3858 §3 refused: %#: %s', (body) => {
  expect(winfo.parse(Buffer.from(body), winfo.contentType)).toMatchObject({ ok: false, fault: 'bad-body' });
});

test('RFC 3857 §4.7 somebody who is not to know sees a list without watchers', () => {
  const blank = winfo.blank?.('sip:alice@example.com') ?? list(watcher('a'));
  expect(winfo.serialize(blank, documentContext(winfo)).toString()).not.toContain('<watcher ');
});
