import { expect, test } from 'vitest';
import type { Flow } from '../../../sip/index.js';
import { FlowListeners } from '../../../sip/ua/flow-listeners.js';

function flow(connectionId: string | null): Flow {
  const here = { address: '10.0.0.1', port: 5060 };
  return { kind: connectionId === null ? 'udp' : 'tcp', local: here, remote: here, connectionId, isOpen: true };
}

test('RFC 5626 §4.5 the end of a connection is told to who watches it, and to who wants to hear of all', () => {
  const listeners = new FlowListeners();
  const heard: string[] = [];
  listeners.add(({ connectionId }) => heard.push(`all ${connectionId}`));
  listeners.watch(flow('a'), () => heard.push('one'));
  const unwatch = listeners.watch(flow('a'), () => heard.push('two'));
  listeners.watch(flow('b'), () => heard.push('three'));
  listeners.watch(flow(null), () => heard.push('datagrams'));
  listeners.closed(flow('a'));
  unwatch();
  unwatch();
  listeners.closed(flow('a'));
  listeners.closed(flow(null));
  expect(heard).toEqual(['one', 'two', 'all a', 'one', 'all a', 'all null']);
});

test('who unwatches while it is told harms nobody', () => {
  const listeners = new FlowListeners();
  const heard: string[] = [];
  const unwatch = listeners.watch(flow('a'), () => {
    heard.push('first');
    unwatch();
    listeners.watch(flow('a'), () => heard.push('later'));
  });
  listeners.watch(flow('a'), () => heard.push('second'));
  listeners.closed(flow('a'));
  expect(heard).toEqual(['first', 'second']);
});

test('20,000 watched connections that close at once are each found', () => {
  const listeners = new FlowListeners();
  let told = 0;
  const flows = Array.from({ length: 20_000 }, (_, index) => flow(`c${index}`));
  for (const each of flows) {
    listeners.watch(each, () => {
      told += 1;
    });
  }
  for (const each of flows) listeners.closed(each);
  expect(told).toBe(flows.length);
});
