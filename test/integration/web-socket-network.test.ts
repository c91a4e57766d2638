import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { UpgradeRequest, WebSocketConnection, WebSocketDoor } from '../../base/web-socket.js';
import { createRealWebSockets } from '../../base/web-socket-network.js';
import { eventually } from '../support/eventually.js';

const HOST = '127.0.0.1';
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Taken {
  readonly requests: UpgradeRequest[];
  readonly connections: WebSocketConnection[];
  readonly heard: [string, boolean][];
  readonly closed: (Error | null)[];
  readonly port: number;
}

async function serve(): Promise<Taken> {
  const taken = { requests: [], connections: [], heard: [], closed: [] } as unknown as Taken;
  const door: WebSocketDoor = {
    protocol: 'test',
    maxMessageBytes: 1000,
    judge: (request) => {
      taken.requests.push(request);
      const adopt = (connection: WebSocketConnection) => {
        taken.connections.push(connection);
        return {
          onMessage: (data: Buffer, isText: boolean) => void taken.heard.push([data.toString(), isText]),
          onPong: () => undefined,
          onClose: (error: Error | null) => void taken.closed.push(error),
        };
      };
      return { ok: true, adopt, abandon: () => undefined };
    },
  };
  const listener = await createRealWebSockets().listen({ address: HOST, port: 0 }, door, { maxSockets: 10 });
  closers.push(() => listener.close());
  return Object.assign(taken, { port: listener.local.port });
}

const deaf = { onMessage: () => undefined, onPong: () => undefined, onClose: () => undefined };
const usual = { secure: false, protocol: null, maxMessageBytes: 1000, timeoutMs: 5000 };

describe('a connection', () => {
  test('RFC 6455 §1.9 is made without a subprotocol, and the query of its path arrives', async () => {
    const taken = await serve();
    const connection = await createRealWebSockets().connect({ address: HOST, port: taken.port }, deaf, {
      ...usual,
      path: '/bot?name=a%20b&x=1?2',
    });
    closers.push(() => connection.destroy());
    expect(taken.requests).toMatchObject([{ path: '/bot', query: 'name=a%20b&x=1?2', protocols: [] }]);
  });

  test('RFC 6455 §5.6 tells text from binary', async () => {
    const taken = await serve();
    const connection = await createRealWebSockets().connect({ address: HOST, port: taken.port }, deaf, {
      ...usual,
      path: '/',
    });
    closers.push(() => connection.destroy());
    connection.send(Buffer.from('text'), true);
    connection.send(Buffer.from('bytes'), false);
    await eventually('both messages', () => taken.heard.length === 2);
    expect(taken.heard).toEqual([
      ['text', true],
      ['bytes', false],
    ]);
  });

  test('RFC 6455 §7.1.2 an orderly end arrives after what was sent before, also where the peer floods', async () => {
    const taken = await serve();
    const peer = new WebSocket(`ws://${HOST}:${taken.port}/`);
    const got: string[] = [];
    let closed: [number, string] | null = null;
    peer.on('message', (data) => got.push(String(data)));
    peer.on('close', (code, reason) => {
      closed = [code, String(reason)];
    });
    await new Promise((resolve) => peer.once('open', resolve));
    for (let count = 0; count < 2000; count += 1) peer.send(Buffer.alloc(1000));
    await eventually('the flood', () => taken.heard.length > 100);
    taken.connections[0]!.send(Buffer.from('last'), true);
    taken.connections[0]!.end(1008, 'too much');
    await eventually('its end', () => closed !== null);
    expect({ got, closed }).toEqual({ got: ['last'], closed: [1008, 'too much'] });
    await eventually('our end', () => taken.closed.length === 1);
  });

  test.each(['127.0.0.1', 'localhost'])(
    'to %s is refused before it is made, where the address is denied',
    async (host) => {
      const taken = await serve();
      const asked: string[] = [];
      const permits = (address: string): boolean => {
        asked.push(address);
        return false;
      };
      const dial = createRealWebSockets().connect({ address: host, port: taken.port }, deaf, {
        ...usual,
        path: '/',
        permits,
      });
      await expect(dial).rejects.toMatchObject({ code: 'ADDRESS_DENIED' });
      expect(asked).toContain('127.0.0.1');
      expect(taken.requests).toEqual([]);
    },
  );
});
