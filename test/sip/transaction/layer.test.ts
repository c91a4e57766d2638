import { beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { createResponse } from '../../../sip/build.js';
import { tagOf } from '../../../sip/header-values.js';
import type { SipMessage, SipRequest, SipResponse } from '../../../sip/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import {
  type ClientTransactionHandlers,
  type ServerTransaction,
  TransactionLayer,
  type TransactionLimits,
  type TransactionTransport,
  type TransactionUser,
} from '../../../sip/transaction/layer.js';
import type { Flow, SentMessage, Target } from '../../../sip/transport/transport.js';
import { ManualClock, settle } from '../../support/manual-clock.js';
import { messageIn, sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const flow: Flow = {
  kind: 'udp',
  local: { address: '10.0.0.2', port: 5060 },
  remote: { address: '10.0.0.1', port: 5060 },
  connectionId: null,
  isOpen: true,
};
const stream: Flow = { ...flow, kind: 'tcp', connectionId: 'c1' };
const target: Target = { kind: 'udp', address: '10.0.0.1', port: 5060 };
const sentBy = { host: '10.0.0.1', port: 5060 };

/** Keeps what is sent; `over` is the flow that requests get. */
class Wire implements TransactionTransport {
  readonly sent: { readonly message: SipMessage; readonly flow: Flow }[] = [];
  over: Flow = flow;

  get last(): SipMessage {
    return this.sent.at(-1)!.message;
  }

  get statusCodes(): number[] {
    return this.sent.flatMap(({ message }) => (message.kind === 'response' ? [message.statusCode] : []));
  }

  get methods(): string[] {
    return this.sent.flatMap(({ message }) => (message.kind === 'request' ? [message.method] : []));
  }

  sendRequest(request: SipRequest, _target: Target, handlers: { onSent(sent: SentMessage): void }): void {
    const [top] = request.via;
    if (top !== undefined) request.via[0] = { ...top, protocol: 'UDP', host: '10.0.0.2', port: 5060 };
    const sent = { flow: this.over, data: serializeMessage(request) };
    handlers.onSent(sent);
    this.resend(sent);
  }

  sendResponse(response: SipResponse, to: Flow): SentMessage {
    const sent = { flow: to, data: serializeMessage(response) };
    this.resend(sent);
    return sent;
  }

  resend(sent: SentMessage): void {
    this.sent.push({ message: messageIn(sent.data), flow: sent.flow });
  }
}

/** Writes down what the layer tells it; `serve` is what it does with a request. */
class User implements TransactionUser {
  readonly heard: string[] = [];
  readonly transactions: ServerTransaction[] = [];
  serve: (transaction: ServerTransaction) => void = () => undefined;

  onRequest(transaction: ServerTransaction): void {
    this.heard.push(transaction.request.method);
    this.transactions.push(transaction);
    this.serve(transaction);
  }

  onCancel(invite: ServerTransaction, cancel: SipRequest): void {
    this.heard.push(`${cancel.method} of ${invite.request.method}`);
  }

  onAck(request: SipRequest): void {
    this.heard.push(request.method);
  }
}

function answer(transaction: ServerTransaction, statusCode: number): void {
  transaction.respond(createResponse(transaction.request, statusCode, { toTag: transaction.localTag }));
}

function incoming(method: string, options: Parameters<typeof sampleRequest>[1] = {}): SipRequest {
  return sampleRequest(method, { sentBy, ...options });
}

let clock: ManualClock;
let wire: Wire;
let user: User;
let layer: TransactionLayer;

function createLayer(limits: Partial<TransactionLimits> = {}): TransactionLayer {
  const random = createSeededRandom();
  return new TransactionLayer({ transport: wire, clock, random, log: silentLogger, limits }, user);
}

beforeEach(() => {
  clock = new ManualClock();
  wire = new Wire();
  user = new User();
  layer = createLayer();
});

/** Handlers that write down what they hear. */
function listener(heard: string[]): ClientTransactionHandlers {
  return {
    onResponse: (response) => heard.push(String(response.statusCode)),
    onTimeout: () => heard.push('timeout'),
    onTransportError: (error) => heard.push(error.name),
    onTerminated: () => heard.push('terminated'),
  };
}

describe('server side', () => {
  test('RFC 3261 §17.2.3 a request with the same branch, sent-by and method is a retransmission', () => {
    user.serve = (transaction) => answer(transaction, 200);
    layer.onRequest(incoming('OPTIONS'), flow);
    layer.onRequest(incoming('OPTIONS'), flow);
    expect(user.heard).toEqual(['OPTIONS']);
    expect(wire.sent[1]!.message).toEqual(wire.sent[0]!.message);
    expect(layer.counters.retransmissions).toBe(1);
    expect(layer.counts().server).toBe(1);
  });

  test.each([
    ['branch', { branch: 'z9hG4bKother' }],
    ['sent-by host', { sentBy: { host: '10.0.0.9', port: 5060 } }],
    ['sent-by port', { sentBy: { host: '10.0.0.1', port: 5070 } }],
  ])('RFC 3261 §17.2.3 another %s is another transaction', (_what, other) => {
    layer.onRequest(incoming('OPTIONS'), flow);
    layer.onRequest(incoming('OPTIONS', other), flow);
    expect(user.heard).toEqual(['OPTIONS', 'OPTIONS']);
  });

  test('RFC 3261 §17.2.3 branches without the magic cookie are matched as in RFC 2543', () => {
    const old = { branch: '1' };
    layer.onRequest(incoming('OPTIONS', old), flow);
    layer.onRequest(incoming('OPTIONS', old), flow);
    layer.onRequest(incoming('OPTIONS', { ...old, sequence: 2 }), flow);
    layer.onRequest(incoming('OPTIONS', { ...old, callId: 'other@10.0.0.1' }), flow);
    expect(user.heard).toEqual(['OPTIONS', 'OPTIONS', 'OPTIONS']);
    expect(layer.counters.retransmissions).toBe(1);
  });

  test('RFC 3261 §17.2.3 the ACK of an RFC 2543 client, with our To tag, finds its INVITE', async () => {
    user.serve = (transaction) => answer(transaction, 486);
    layer.onRequest(incoming('INVITE', { branch: '1' }), flow);
    layer.onRequest(incoming('ACK', { branch: '1', toTag: tagOf(wire.last.to)! }), flow);
    await clock.advance(5000);
    expect(user.heard).toEqual(['INVITE']);
    expect(wire.statusCodes).toEqual([486]);
    expect(layer.counts().server).toBe(0);
  });

  test('RFC 3261 §13.3.1.4 an ACK that matches no transaction, that of a 2xx, reaches the user', () => {
    user.serve = (transaction) => answer(transaction, 200);
    layer.onRequest(incoming('INVITE'), flow);
    layer.onRequest(incoming('ACK', { branch: 'z9hG4bKack', toTag: 'bob-tag' }), flow);
    expect(user.heard).toEqual(['INVITE', 'ACK']);
  });

  test('RFC 3261 §9.2 CANCEL is answered 200 with the To tag of its INVITE, and told once', () => {
    layer.onRequest(incoming('INVITE'), flow);
    layer.onRequest(incoming('CANCEL'), flow);
    layer.onRequest(incoming('CANCEL'), flow);
    answer(user.transactions[0]!, 487);
    expect(user.heard).toEqual(['INVITE', 'CANCEL of INVITE']);
    expect(wire.statusCodes).toEqual([200, 200, 487]);
    expect(wire.sent.map(({ message }) => message.cseq.method)).toEqual(['CANCEL', 'CANCEL', 'INVITE']);
    expect(new Set(wire.sent.map(({ message }) => tagOf(message.to))).size).toBe(1);
  });

  test('RFC 3261 §9.2 CANCEL after the final response is answered and changes nothing', () => {
    user.serve = (transaction) => answer(transaction, 200);
    layer.onRequest(incoming('INVITE'), flow);
    layer.onRequest(incoming('CANCEL'), flow);
    expect(user.heard).toEqual(['INVITE']);
    expect(wire.statusCodes).toEqual([200, 200]);
  });

  test('RFC 3261 §9.2 CANCEL of nothing is answered 481, each copy alike', () => {
    layer.onRequest(incoming('CANCEL'), flow);
    layer.onRequest(incoming('CANCEL'), flow);
    expect(wire.statusCodes).toEqual([481, 481]);
    expect(tagOf(wire.sent[0]!.message.to)).toMatch(/^[0-9a-f]{16}$/);
    expect(wire.sent[1]!.message).toEqual(wire.sent[0]!.message);
    expect(layer.counters.unmatchedCancels).toBe(2);
    expect(layer.counts().server).toBe(0);
  });

  test('RFC 3261 §8.2.6.1 the 100 has no To tag and repeats the Timestamp', async () => {
    layer.onRequest(incoming('INVITE', { headers: [['Timestamp', '54']] }), flow);
    await clock.advance(200);
    expect(wire.last).toMatchObject({ statusCode: 100, reasonPhrase: 'Trying' });
    expect(tagOf(wire.last.to)).toBeUndefined();
    expect(wire.last.headers.get('Timestamp')).toBe('54');
  });

  test('RFC 3261 §8.2.2.2 a request that came on two ways is merged; its retransmission is not', () => {
    const merged: boolean[] = [];
    user.serve = (transaction) => {
      expect(layer.findMerged(transaction.request)).toBe(transaction.isMerged);
      merged.push(transaction.isMerged);
    };
    layer.onRequest(incoming('INVITE', { branch: 'z9hG4bKone' }), flow);
    layer.onRequest(incoming('INVITE', { branch: 'z9hG4bKone' }), flow);
    layer.onRequest(incoming('INVITE', { branch: 'z9hG4bKtwo' }), flow);
    layer.onRequest(incoming('INVITE', { branch: 'z9hG4bKthree', fromTag: 'carol-tag' }), flow);
    expect(merged).toEqual([false, true, false]);
  });

  test('RFC 3261 §8.2.2.2 requests inside a dialog are never merged, and a finished one is forgotten', async () => {
    user.serve = (transaction) => answer(transaction, 200);
    layer.onRequest(incoming('INFO', { branch: 'z9hG4bKone', toTag: 'bob-tag' }), flow);
    expect(layer.findMerged(incoming('INFO', { branch: 'z9hG4bKtwo', toTag: 'bob-tag' }))).toBe(false);
    layer.onRequest(incoming('MESSAGE', { branch: 'z9hG4bKone' }), flow);
    expect(layer.findMerged(incoming('MESSAGE', { branch: 'z9hG4bKtwo' }))).toBe(true);
    await clock.advance(32_000);
    expect(layer.findMerged(incoming('MESSAGE', { branch: 'z9hG4bKtwo' }))).toBe(false);
    expect(layer.counts().server).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  test('a full layer answers 503 with Retry-After without a transaction; requests in dialogs have a reserve', () => {
    layer = createLayer({ maxServer: 2, inDialogReserve: 1 });
    for (const branch of ['z9hG4bK1', 'z9hG4bK2', 'z9hG4bK3', 'z9hG4bK3']) {
      layer.onRequest(incoming('OPTIONS', { branch }), flow);
    }
    expect(user.heard).toEqual(['OPTIONS', 'OPTIONS']);
    expect(wire.statusCodes).toEqual([503, 503]);
    expect(wire.last.headers.get('Retry-After')).toBe('5');
    expect(wire.sent[1]!.message).toEqual(wire.sent[0]!.message);
    layer.onRequest(incoming('BYE', { branch: 'z9hG4bK4', toTag: 'bob-tag' }), flow);
    layer.onRequest(incoming('BYE', { branch: 'z9hG4bK5', toTag: 'bob-tag' }), flow);
    expect(user.heard).toEqual(['OPTIONS', 'OPTIONS', 'BYE']);
    expect(layer.counters.overloads).toBe(3);
    expect(layer.counts().server).toBe(3);
  });

  test('a user that throws is logged, and the request answered 500', () => {
    user.serve = () => {
      throw new Error('bug');
    };
    layer.onRequest(incoming('OPTIONS'), flow);
    expect(wire.statusCodes).toEqual([500]);
    expect(layer.counters.userFailures).toBe(1);
  });

  test('RFC 3261 §18.2.2 a copy over a new connection is answered there when the first one is gone', () => {
    const first = { ...stream, isOpen: true };
    const second: Flow = { ...stream, connectionId: 'c2' };
    layer.onRequest(incoming('INVITE'), first);
    answer(user.transactions[0]!, 180);
    first.isOpen = false;
    layer.onRequest(incoming('INVITE'), second);
    answer(user.transactions[0]!, 200);
    expect(wire.statusCodes).toEqual([180, 180, 200]);
    expect(wire.sent[2]!.flow).toBe(second);
  });

  test('onTerminated tells when the transaction has left memory, also afterwards', async () => {
    const told: string[] = [];
    user.serve = (transaction) => {
      transaction.onTerminated(() => told.push('first'));
      answer(transaction, 200);
    };
    layer.onRequest(incoming('OPTIONS'), flow);
    await clock.advance(31_999);
    expect(told).toEqual([]);
    await clock.advance(1);
    user.transactions[0]!.onTerminated(() => told.push('second'));
    expect(told).toEqual(['first', 'second']);
    expect(user.transactions[0]!.state).toBe('terminated');
  });
});

describe('client side', () => {
  test('RFC 3261 §8.1.1.7 each request gets a branch of its own, and the given request stays as it was', () => {
    const request = sampleRequest('OPTIONS');
    const first = layer.request(request, target, listener([]));
    const second = layer.request(request, target, listener([]));
    expect(first.branch).toMatch(/^z9hG4bK[0-9a-f]{20}$/);
    expect(second.branch).not.toBe(first.branch);
    expect(wire.last.via[0]!.params.get('branch')).toBe(second.branch);
    expect(request.via).toEqual([]);
  });

  test('RFC 3261 §17.1.3 a response is matched by branch and CSeq method', () => {
    const heard: string[] = [];
    const transaction = layer.request(sampleRequest('OPTIONS'), target, listener(heard));
    const response = createResponse(transaction.request, 200);
    layer.onResponse({ ...response, cseq: { sequence: 1, method: 'INVITE' } }, flow);
    layer.onResponse(createResponse(incoming('OPTIONS', { branch: 'z9hG4bKforeign' }), 200), flow);
    expect(heard).toEqual([]);
    expect(layer.counters.strayResponses).toBe(2);
    layer.onResponse(response, flow);
    expect(heard).toEqual(['200']);
  });

  test('RFC 3261 §17.1.1.3 the ACK of a failure has the top Via, Route and CSeq number of the INVITE, and the To of the response', () => {
    const invite = sampleRequest('INVITE', { sequence: 7 });
    const route = sampleRequest('INVITE').to;
    invite.route = [route];
    const transaction = layer.request(invite, target, listener([]));
    layer.onResponse(createResponse(transaction.request, 486, { toTag: 'bob-tag' }), flow);
    const ack = wire.last as SipRequest;
    expect(ack).toMatchObject({ method: 'ACK', cseq: { sequence: 7, method: 'ACK' }, callId: invite.callId });
    expect(ack.via).toHaveLength(1);
    expect(ack.via[0]!.params.get('branch')).toBe(transaction.branch);
    expect(tagOf(ack.to)).toBe('bob-tag');
    expect(ack.route).toHaveLength(1);
    expect(ack.body).toHaveLength(0);
  });

  test('RFC 3261 §9.1 CANCEL has the branch, To and CSeq number of the INVITE, and the headers asked for', () => {
    const transaction = layer.request(sampleRequest('INVITE', { sequence: 7 }), target, listener([]));
    layer.onResponse(createResponse(transaction.request, 180, { toTag: 'bob-tag' }), flow);
    transaction.cancel([['Reason', 'SIP;cause=200;text="Call completed elsewhere"']]);
    const cancel = wire.last as SipRequest;
    expect(cancel).toMatchObject({ method: 'CANCEL', cseq: { sequence: 7, method: 'CANCEL' } });
    expect(cancel.via[0]!.params.get('branch')).toBe(transaction.branch);
    expect(tagOf(cancel.to)).toBeUndefined();
    expect(cancel.headers.get('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(layer.counts().client).toBe(2);
    layer.onResponse(createResponse(cancel, 200), flow);
    expect(layer.counters.strayResponses).toBe(0);
  });

  test('RFC 3261 §13.2.2.4 the ACK of a 2xx is sent once with a branch of its own, without a transaction', async () => {
    layer.sendStateless(sampleRequest('ACK', { toTag: 'bob-tag' }), target);
    await clock.advance(32_000);
    expect(wire.methods).toEqual(['ACK']);
    expect(wire.last.via[0]!.params.get('branch')).toMatch(/^z9hG4bK/);
    expect(layer.counts().client).toBe(0);
  });

  test('a closed connection ends what waits on it', () => {
    const heard: string[] = [];
    wire.over = stream;
    layer.request(sampleRequest('OPTIONS'), { ...target, kind: 'tcp' }, listener(heard));
    layer.onFlowClosed({ ...stream, connectionId: 'c9' });
    expect(heard).toEqual([]);
    layer.onFlowClosed(stream);
    expect(heard).toEqual(['Error', 'terminated']);
  });

  test('over its limit the layer refuses, after returning', async () => {
    layer = createLayer({ maxClient: 1 });
    const heard: string[] = [];
    layer.request(sampleRequest('OPTIONS'), target, listener([]));
    layer.request(sampleRequest('OPTIONS'), target, listener(heard));
    expect(heard).toEqual([]);
    await settle();
    expect(heard).toEqual(['TransactionRefused']);
    expect(wire.methods).toEqual(['OPTIONS']);
    expect(layer.counters.refused).toBe(1);
  });

  test('a handler that throws harms nobody', async () => {
    const transaction = layer.request(sampleRequest('OPTIONS'), target, {
      ...listener([]),
      onResponse: () => {
        throw new Error('bug');
      },
    });
    layer.onResponse(createResponse(transaction.request, 200), flow);
    await clock.advance(5000);
    expect(layer.counters.userFailures).toBe(1);
    expect(layer.counts().client).toBe(0);
  });
});

test('close ends everything silently, leaves no timer, and refuses what comes after', async () => {
  const heard: string[] = [];
  user.serve = (transaction) => answer(transaction, transaction.request.method === 'INVITE' ? 486 : 200);
  layer.onRequest(incoming('OPTIONS'), flow);
  layer.onRequest(incoming('INVITE', { branch: 'z9hG4bKinvite' }), flow);
  layer.request(sampleRequest('INVITE'), target, listener(heard));
  expect(clock.pendingTimers).toBeGreaterThan(0);
  layer.close();
  layer.close();
  expect(clock.pendingTimers).toBe(0);
  expect(layer.counts()).toEqual({ client: 0, server: 0 });
  expect(heard).toEqual([]);
  layer.request(sampleRequest('OPTIONS'), target, listener(heard));
  layer.onRequest(incoming('OPTIONS', { branch: 'z9hG4bKlate' }), flow);
  await settle();
  expect(heard).toEqual(['TransactionRefused']);
  expect(layer.counts()).toEqual({ client: 0, server: 0 });
});
