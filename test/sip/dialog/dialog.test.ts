import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRequest, createResponse } from '../../../sip/build.js';
import {
  acceptRequest,
  ackRequest,
  confirmUacDialog,
  createTag,
  createUacDialog,
  createUasDialog,
  initialSequence,
  nextHop,
  nextRequest,
  refreshTarget,
} from '../../../sip/dialog/dialog.js';
import { DialogStore } from '../../../sip/dialog/store.js';
import { nameAddr, parseNameAddr, serializeNameAddr, tagOf } from '../../../sip/header-values.js';
import { parseUri, serializeUri } from '../../../sip/uri.js';
import { createSeededRandom } from '../../support/seeded-random.js';

function uri(text: string) {
  const read = parseUri(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

function address(text: string) {
  const read = parseNameAddr(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

function invite(recordRoutes: readonly string[] = [], contact = '<sip:alice@192.0.2.1:5062>') {
  return createRequest({
    method: 'INVITE',
    uri: uri('sip:bob@example.com'),
    from: address('"Alice" <sip:alice@example.com>;tag=a1'),
    to: address('<sip:bob@example.com>'),
    callId: 'call@example.com',
    cseq: { sequence: 314159 },
    headers: [['Contact', contact], ...recordRoutes.map((value) => ['Record-Route', value] as const)],
  });
}

function ok(recordRoutes: readonly string[] = [], contact = '<sip:bob@192.0.2.4>') {
  return createResponse(invite(), 200, {
    toTag: 'b1',
    headers: [['Contact', contact], ...recordRoutes.map((value) => ['Record-Route', value] as const)],
  });
}

const routesOf = (request: ReturnType<typeof invite>) => request.route.map((route) => serializeUri(route.uri));

test('RFC 3261 §12.1.1 the called side keeps the Record-Route in its order, and the caller as remote target', () => {
  const dialog = createUasDialog(invite(['<sip:p2.example.com;lr>, <sip:p1.example.com;lr>']), 'b1');
  const { request } = nextRequest(dialog, 'BYE');
  expect(routesOf(request)).toEqual(['sip:p2.example.com;lr', 'sip:p1.example.com;lr']);
  expect(serializeUri(request.uri)).toBe('sip:alice@192.0.2.1:5062');
  expect(serializeNameAddr(request.from)).toBe('<sip:bob@example.com>;tag=b1');
  expect(serializeNameAddr(request.to)).toBe('"Alice" <sip:alice@example.com>;tag=a1');
  expect([request.callId, request.cseq.sequence, request.maxForwards]).toEqual(['call@example.com', 1, 70]);
});

test('RFC 3261 §12.1.2 the calling side reverses the Record-Route of the response', () => {
  const dialog = createUacDialog(invite(), ok(['<sip:p2.example.com;lr>', '<sip:p1.example.com;lr>']));
  const { request, dialog: next } = nextRequest(dialog, 'INFO');
  expect(routesOf(request)).toEqual(['sip:p1.example.com;lr', 'sip:p2.example.com;lr']);
  expect(serializeUri(request.uri)).toBe('sip:bob@192.0.2.4');
  expect(serializeUri(nextHop(dialog))).toBe('sip:p1.example.com;lr');
  expect(request.cseq.sequence).toBe(314160);
  expect(nextRequest(next, 'BYE').request.cseq.sequence).toBe(314161);
});

test('RFC 3261 §12.2.1.1 a strict router becomes the Request-URI and the remote target the last route', () => {
  const dialog = createUacDialog(invite(), ok(['<sip:p2.example.com;lr>', '<sip:p1.example.com;method=INVITE?a=b>']));
  const { request } = nextRequest(dialog, 'BYE');
  expect(serializeUri(request.uri)).toBe('sip:p1.example.com');
  expect(routesOf(request)).toEqual(['sip:p2.example.com;lr', 'sip:bob@192.0.2.4']);
  expect(nextHop(dialog)).toMatchObject({ host: 'p1.example.com' });
});

test('RFC 3261 §12.2.1.1 without a route set the request goes to the remote target', () => {
  const dialog = createUacDialog(invite(), ok());
  expect(nextRequest(dialog, 'BYE').request.route).toEqual([]);
  expect(serializeUri(nextHop(dialog))).toBe('sip:bob@192.0.2.4');
});

test('RFC 3261 §13.2.2.4 the 2xx of an early dialog sets the route set anew', () => {
  const early = createUacDialog(invite(), ok(['<sip:p1.example.com;lr>'], '<sip:early@192.0.2.9>'));
  const advanced = nextRequest(early, 'INFO').dialog;
  const dialog = confirmUacDialog(advanced, ok([]));
  expect(dialog.routeSet).toEqual([]);
  expect(serializeUri(dialog.remoteTarget)).toBe('sip:bob@192.0.2.4');
  expect(dialog.localSequence).toBe(314160);
});

test('RFC 3261 §12.2.1.2 a target refresh moves the remote target and leaves the route set', () => {
  const dialog = createUacDialog(invite(), ok(['<sip:p1.example.com;lr>']));
  const moved = refreshTarget(dialog, ok([], '<sip:bob@192.0.2.77>'));
  expect(serializeUri(moved.remoteTarget)).toBe('sip:bob@192.0.2.77');
  expect(moved.routeSet).toHaveLength(1);
  const without = createResponse(invite(), 200);
  expect(refreshTarget(moved, without)).toBe(moved);
});

test('RFC 3261 §12.2.2 sequence numbers of the peer must rise, gaps are no fault', () => {
  const dialog = createUasDialog(invite(), 'b1');
  const request = (sequence: number) => ({ ...invite(), cseq: { sequence, method: 'INFO' } });
  expect(acceptRequest(dialog, request(314159)).ok).toBe(false);
  expect(acceptRequest(dialog, request(1)).ok).toBe(false);
  const later = acceptRequest(dialog, request(314170));
  expect(later.ok).toBe(true);
  expect(acceptRequest(later.dialog, request(314169)).ok).toBe(false);
  expect(acceptRequest(createUacDialog(invite(), ok()), request(5)).ok).toBe(true);
});

test('RFC 3261 §13.2.2.4, §22.1 the ACK has the number and the credentials of its INVITE', () => {
  const request = invite();
  request.headers.append('Authorization', 'Digest a').append('Proxy-Authorization', 'Digest b');
  const dialog = nextRequest(createUacDialog(request, ok()), 'INFO').dialog;
  const ack = ackRequest(dialog, request, { body: Buffer.from('v=0'), contentType: 'application/sdp' });
  expect(ack.cseq).toEqual({ sequence: 314159, method: 'ACK' });
  expect([...ack.headers].map(({ name, value }) => `${name}: ${value}`)).toEqual([
    'Authorization: Digest a',
    'Proxy-Authorization: Digest b',
    'Content-Type: application/sdp',
  ]);
});

test('RFC 3261 §12.1.1 a peer of RFC 2543 without a From tag has the empty one', () => {
  const request = { ...invite(), from: nameAddr(uri('sip:alice@example.com')) };
  const dialog = createUasDialog(request, 'b1');
  expect(dialog.remoteTag).toBe('');
  expect(tagOf(nextRequest(dialog, 'BYE').request.to)).toBeUndefined();
});

test('RFC 3261 §8.1.1.5, §19.3 numbers start small, tags are 64 random bits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seed) => {
      const random = createSeededRandom(seed);
      const sequence = initialSequence(random);
      expect(sequence).toBeGreaterThan(0);
      expect(sequence).toBeLessThan(0x1_0000);
      expect(createTag(random)).toMatch(/^[0-9a-f]{16}$/);
    }),
  );
});

test('RFC 3261 §12 dialogs are found by Call-ID and both tags, and removed by their owner only', () => {
  const store = new DialogStore<string>();
  const dialog = createUasDialog(invite(), 'b1');
  store.add(dialog, 'ours');
  const request = { ...invite(), to: address('<sip:bob@example.com>;tag=b1') };
  expect(store.findForRequest(request)).toBe('ours');
  expect(store.findForRequest(invite())).toBeUndefined();
  expect(store.findForRequest({ ...request, from: address('<sip:alice@example.com>;tag=A1') })).toBeUndefined();
  expect(store.findForRequest({ ...request, callId: 'other' })).toBeUndefined();
  store.remove(dialog, 'theirs');
  expect(store.size).toBe(1);
  store.remove(dialog, 'ours');
  expect(store.size).toBe(0);
});
