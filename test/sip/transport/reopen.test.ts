import { expect, test } from 'vitest';
import { parseVia } from '../../../sip/header-values.js';
import { reopenFlow, type SentByLocator } from '../../../sip/transport/reopen.js';
import { type Flow, type Target, TransportError, type TransportKind } from '../../../sip/transport/transport.js';

const closed = (kind: TransportKind): Flow => ({
  kind,
  local: { address: '10.0.0.2', port: 5060 },
  remote: { address: '10.0.0.1', port: 40_123 },
  connectionId: 'c1',
  isOpen: false,
});

/** What is dialled for a response whose request had that Via; only `alive` answers. */
async function dialled(via: string, options: { alive?: string; kind?: TransportKind; locate?: SentByLocator } = {}) {
  const read = parseVia(via);
  if (!read.ok) throw new Error(via);
  const { kind = 'tcp', alive, locate } = options;
  const tried: Target[] = [];
  const connect = async (target: Target): Promise<Flow> => {
    tried.push(target);
    if (target.address !== alive) throw new TransportError('connect-failed', target.address);
    return { ...closed(target.kind), remote: target, isOpen: true };
  };
  const result = await reopenFlow(closed(kind), read.value, connect, locate).then(
    ({ remote }) => remote.address,
    (error: Error) => error.message,
  );
  return { result, tried: tried.map(({ address, port }) => `${address}:${port}`) };
}

const two: SentByLocator = async ({ kind }) => [
  { kind, address: '192.0.2.1', port: 5070 },
  { kind, address: '192.0.2.2', port: 5070 },
];

test('RFC 3261 §18.2.2 a response whose connection is gone goes to where the request came from, at the port of its sent-by', async () => {
  const { result, tried } = await dialled('SIP/2.0/TCP pbx.example:5070;branch=z9hG4bK1', {
    alive: '10.0.0.1',
    locate: two,
  });
  expect(result).toBe('10.0.0.1');
  expect(tried).toEqual(['10.0.0.1:5070']);
});

test('RFC 3263 §5 when nobody answers there the servers of the sent-by name are dialled, one after another', async () => {
  const via = 'SIP/2.0/TCP pbx.example:5070;branch=z9hG4bK1';
  expect(await dialled(via, { alive: '192.0.2.2', locate: two })).toEqual({
    result: '192.0.2.2',
    tried: ['10.0.0.1:5070', '192.0.2.1:5070', '192.0.2.2:5070'],
  });
  expect((await dialled(via, { locate: two })).result).toBe('10.0.0.1');
  const failing: SentByLocator = () => Promise.reject(new Error('no name server'));
  expect(await dialled(via, { locate: failing })).toEqual({ result: '10.0.0.1', tried: ['10.0.0.1:5070'] });
  expect((await dialled(via)).tried).toEqual(['10.0.0.1:5070']);
});

test('RFC 3263 §5 an address in a sent-by is not dialled beside the one that the request came from', async () => {
  const { tried } = await dialled('SIP/2.0/TCP 203.0.113.66:22;branch=z9hG4bK1', { locate: two });
  expect(tried).toEqual(['10.0.0.1:22']);
});

test('RFC 7118 a WebSocket client is not dialled', async () => {
  const { result, tried } = await dialled('SIP/2.0/WS x.invalid;branch=z9hG4bK1', { kind: 'ws', locate: two });
  expect(tried).toEqual([]);
  expect(result).toBe('a WebSocket client cannot be dialled');
});
