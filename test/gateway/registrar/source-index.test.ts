import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BindingFlow, BindingRecord } from '../../../gateway/registrar/bindings.js';
import { SourceIndex } from '../../../gateway/registrar/source-index.js';

function flowOf(port: number, connectionId: string | null = null): BindingFlow {
  const local = { address: '10.0.0.1', port: 5060 };
  return { kind: connectionId === null ? 'udp' : 'tcp', local, remote: { address: '10.0.1.1', port }, connectionId };
}

function record(username: string, domain: string | null, flow = flowOf(5060)): BindingRecord {
  return { username, domain, flow } as BindingRecord;
}

const any = (): boolean => true;

describe('contract 2.4 who is behind a source', () => {
  test('nobody, the only one, or of several the one that the From names', () => {
    const sources = new SourceIndex();
    expect(sources.ownerAt(flowOf(5060), 'anna', any)).toBeUndefined();
    sources.add(record('anna', null));
    expect(sources.ownerAt(flowOf(5060), 'carl', any)).toEqual({ username: 'anna', domain: null });
    sources.add(record('bob', null));
    expect(sources.ownerAt(flowOf(5060), 'bob', any)).toEqual({ username: 'bob', domain: null });
    expect(sources.ownerAt(flowOf(5060), 'carl', any)).toBeNull();
    expect(sources.ownerAt(flowOf(5060), null, any)).toBeNull();
  });

  test('a domain that does not count is as if nobody of it were there', () => {
    const sources = new SourceIndex();
    sources.add(record('anna', 'lab.example'));
    expect(sources.ownerAt(flowOf(5060), 'anna', (domain) => domain === null)).toBeUndefined();
    sources.add(record('bob', null));
    expect(sources.ownerAt(flowOf(5060), 'anna', (domain) => domain === null)).toEqual({
      username: 'bob',
      domain: null,
    });
    expect(sources.ownerAt(flowOf(5060), 'anna', any)).toEqual({ username: 'anna', domain: 'lab.example' });
  });

  test('design §6 another flow from the same address and port is another source', () => {
    const sources = new SourceIndex();
    sources.add(record('anna', null, flowOf(5060, 'c1')));
    expect(sources.isKnown(flowOf(5060))).toBe(false);
    expect(sources.isKnown(flowOf(5060, 'c2'))).toBe(false);
    expect(sources.isAt({ username: 'anna', domain: null }, flowOf(5060, 'c1'))).toBe(true);
    expect(sources.isAt({ username: 'anna', domain: 'lab.example' }, flowOf(5060, 'c1'))).toBe(false);
  });
});

test('whatever is added and removed, it says what a list of the bindings would', () => {
  const binding = fc.record({
    username: fc.constantFrom('a', 'b', 'c'),
    domain: fc.constantFrom(null, 'x', 'y'),
    port: fc.constantFrom(1, 2),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), binding)), (steps) => {
      const sources = new SourceIndex();
      const list: BindingRecord[] = [];
      for (const [isAdded, { username, domain, port }] of steps) {
        const index = list.findIndex(
          (one) => one.username === username && one.domain === domain && one.flow.remote.port === port,
        );
        if (isAdded) {
          list.push(record(username, domain, flowOf(port)));
          sources.add(record(username, domain, flowOf(port)));
        } else if (index >= 0) {
          list.splice(index, 1);
          sources.remove(record(username, domain, flowOf(port)));
        }
      }
      for (const port of [1, 2]) {
        const here = list.filter(({ flow }) => flow.remote.port === port);
        const owners = new Set(here.map(({ username, domain }) => `${username}@${domain}`));
        expect(sources.isKnown(flowOf(port))).toBe(here.length > 0);
        expect(sources.isAt({ username: 'a', domain: 'x' }, flowOf(port))).toBe(owners.has('a@x'));
        const owner = sources.ownerAt(flowOf(port), 'a', any);
        if (owners.size === 0) expect(owner).toBeUndefined();
        else if (owners.size === 1) expect(owners).toContain(`${owner?.username}@${owner?.domain}`);
        else if (here.some(({ username }) => username === 'a')) expect(owner?.username).toBe('a');
        else expect(owner).toBeNull();
      }
    }),
  );
});
