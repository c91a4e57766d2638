import { expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import { createResponse } from '../../../sip/build.js';
import type { Flow, SendHandlers, Target } from '../../../sip/index.js';
import {
  type ClientTransaction,
  type ClientTransactionHandlers,
  TransactionLayer,
  type TransactionTransport,
} from '../../../sip/transaction/layer.js';
import { ManualClock } from '../../support/manual-clock.js';
import { sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';

function streamTo(port: number): Flow {
  const [local, remote] = [5060, port].map((each) => ({ address: '10.0.0.1', port: each }));
  return { kind: 'tcp', local: local!, remote: remote!, connectionId: `c${port}`, isOpen: true };
}

/** Sends each request over the connection of its port, when told that it is open. */
class Connections implements TransactionTransport {
  readonly flows = new Map<number, Flow>();
  readonly opening: (() => void)[] = [];
  opensAtOnce = true;

  flow(port: number): Flow {
    const flow = this.flows.get(port) ?? streamTo(port);
    this.flows.set(port, flow);
    return flow;
  }

  sendRequest(_request: unknown, { port }: Target, handlers: SendHandlers): void {
    const open = (): void => handlers.onSent({ flow: this.flow(port), data: Buffer.alloc(0) });
    if (this.opensAtOnce) open();
    else this.opening.push(open);
  }

  sendResponse(): never {
    throw new Error('nobody asked');
  }

  resend(): void {}
}

const wire = new Connections();

function createLayer(): TransactionLayer {
  const user = { onRequest: () => undefined, onCancel: () => undefined, onAck: () => undefined };
  return new TransactionLayer(
    { transport: wire, clock: new ManualClock(), random: createSeededRandom(), log: silentLogger },
    user,
  );
}

function ask(layer: TransactionLayer, port: number, heard: string[] = []): ClientTransaction {
  const handlers: ClientTransactionHandlers = {
    onResponse: () => heard.push('response'),
    onTimeout: () => heard.push('timeout'),
    onTransportError: () => heard.push(`${port} closed`),
  };
  return layer.request(sampleRequest('OPTIONS'), { kind: 'tcp', address: '10.0.0.1', port }, handlers);
}

test('RFC 3261 §17.1.4 a closed connection ends what waits on it, in order, and nothing else', () => {
  const layer = createLayer();
  const heard: string[] = [];
  for (const port of [1, 2, 1, 3]) ask(layer, port, heard);
  layer.onFlowClosed(wire.flow(1));
  expect(heard).toEqual(['1 closed', '1 closed']);
  layer.onFlowClosed(wire.flow(1));
  layer.onFlowClosed(wire.flow(2));
  expect(heard).toEqual(['1 closed', '1 closed', '2 closed']);
  expect(layer.counts().client).toBe(1);
});

test('RFC 3261 §17.1.4 one that has had its answer, or was abandoned while it was being connected, hears nothing', () => {
  const layer = createLayer();
  const heard: string[] = [];
  const answered = ask(layer, 1, heard);
  layer.onResponse(createResponse(answered.request, 200, { toTag: 'a' }), wire.flow(1));
  wire.opensAtOnce = false;
  ask(layer, 1, heard).abandon();
  wire.opening.pop()?.();
  wire.opensAtOnce = true;
  layer.onFlowClosed(wire.flow(1));
  expect(heard).toEqual(['response']);
});

test('20,000 connections that close in one moment: each finds its own transactions', () => {
  const layer = createLayer();
  const heard: string[] = [];
  const ports = Array.from({ length: 20_000 }, (_, index) => index + 1);
  for (const port of ports) ask(layer, port, heard);
  for (const port of ports) layer.onFlowClosed(wire.flow(port));
  expect(heard).toEqual(ports.map((port) => `${port} closed`));
  expect(layer.counts().client).toBe(0);
});
