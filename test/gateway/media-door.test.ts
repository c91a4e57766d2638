import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import type { WebSocketHandlers } from '../../base/web-socket.js';
import type { HostEvent } from '../../rooms/index.js';
import { type HostCommand, protocolVersion } from '../../rooms/protocol.js';
import { decodeMessage, encodeMessage, MAX_ROOM_QUEUED_BYTES, ROOM_PROTOCOL } from '../../rooms/remote-codec.js';
import type { VirtualMediaNode } from '../support/virtual-media-node.js';
import { type VirtualWebSocket, VirtualWebSockets } from '../support/virtual-web-sockets.js';
import { VirtualWorld } from '../support/virtual-world.js';

const address = '10.0.2.1';
let world: VirtualWorld;

beforeEach(() => {
  world = new VirtualWorld();
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

/** A gateway made by hand. */
class Client {
  readonly events: (HostEvent | { type: 'hello'; version: number })[] = [];
  isClosed = false;
  socket: VirtualWebSocket | null = null;
  readonly handlers: WebSocketHandlers = {
    onMessage: (data) => void this.events.push(decodeMessage(data) as HostEvent),
    onPong: () => undefined,
    onClose: () => {
      this.isClosed = true;
    },
  };

  send(message: HostCommand | { type: 'hello'; version: number }): void {
    this.socket?.send(encodeMessage(message), true);
  }

  sendText(text: string): void {
    this.socket?.send(Buffer.from(text), true);
  }

  types(): string[] {
    return this.events.map(({ type }) => type).filter((type) => type !== 'load' && type !== 'applied');
  }

  get reason(): string | undefined {
    return this.events.find((event) => event.type === 'failed')?.reason;
  }
}

interface Handshake {
  readonly origin?: string;
  readonly protocols?: string[];
  readonly headers?: Readonly<Record<string, string>>;
}

async function dial({ origin, protocols = [ROOM_PROTOCOL], headers }: Handshake = {}): Promise<Client> {
  const client = new Client();
  const sockets = new VirtualWebSockets(world.network.host('10.0.0.9'));
  const page = { path: '/room', origin: origin ?? null, protocols, headers };
  client.socket = await world.while(sockets.dial({ address, port: 9002 }, client.handlers, page));
  return client;
}

/** The HTTP status of a refusal. */
async function refused(handshake: Handshake): Promise<unknown> {
  return dial(handshake).then(
    () => 'let in',
    (error: { statusCode?: number }) => error.statusCode,
  );
}

async function open(): Promise<Client> {
  const client = await dial();
  client.send({ type: 'hello', version: protocolVersion });
  await world.clock.advance(50);
  return client;
}

const openLeg = (name: string, at = '10.0.0.9'): HostCommand => ({
  type: 'open-leg',
  legId: name as LegId,
  address: at,
  rtpPort: 0,
  rtcpPort: 0,
  ssrc: 1,
  sequence: 1,
  timestamp: 1,
  cname: 'c',
  rtpTimeoutMs: 0,
});

const idle = (node: VirtualMediaNode): readonly number[] => [node.door.connections, node.door.legs, node.ports.inUse];

describe('contract 3.4 who may come in at /room', () => {
  test('the bearer of the secret, and nobody else', async () => {
    const node = await world.addMediaNode(address, { door: { apiSecret: 's3cret' } });
    expect(await refused({})).toBe(401);
    expect(await refused({ headers: { authorization: 'Bearer wrong' } })).toBe(401);
    expect(await refused({ headers: { authorization: 'Bearer s3cret' } })).toBe('let in');
    expect(node.door.counters).toEqual({ accepted: 1, refused: 2 });
    expect(JSON.stringify(node.log)).not.toContain('s3cret');
  });

  test('an address of api_allow; another is refused', async () => {
    await world.addMediaNode(address, { door: { apiAllow: ['10.0.0.8/32'] } });
    expect(await refused({})).toBe(403);
  });

  test('no web page, whatever it knows: same-origin rules do not hold it back', async () => {
    await world.addMediaNode(address, { door: { apiSecret: 's3cret' } });
    const headers = { authorization: 'Bearer s3cret' };
    expect(await refused({ origin: 'http://127.0.0.1:9002', headers })).toBe(403);
    expect(await refused({ origin: 'null', headers })).toBe(403);
  });

  test('nobody of another subprotocol', async () => {
    await world.addMediaNode(address);
    expect(await refused({ protocols: ['sip'] })).toBe(400);
  });

  test('as many as may, one more gets 503; one that goes makes room', async () => {
    const node = await world.addMediaNode(address, { door: { maxConnections: 1 } });
    const first = await open();
    expect(await refused({})).toBe(503);
    first.socket?.destroy();
    await world.clock.advance(100);
    expect(await refused({})).toBe('let in');
    expect(node.log.find(({ event }) => event === 'media-door.refused')?.fields).toMatchObject({ statusCode: 503 });
  });
});

describe('contract 3.4 messages at /room', () => {
  test('both say hello; then the host is ready, and a leg gets an address and ports of the node', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    client.send(openLeg('a'));
    await world.clock.advance(50);
    expect(client.events.slice(0, 3)).toEqual([
      { type: 'hello', version: protocolVersion },
      { type: 'ready', version: protocolVersion, wirePort: null },
      { type: 'leg-opened', legId: 'a', beat: 0, at: { address, rtpPort: 30_000, rtcpPort: 30_001 } },
    ]);
    client.send({ type: 'close-leg', legId: 'a' as LegId });
    await world.clock.advance(50);
    expect(client.types().at(-1)).toBe('leg-closed');
    expect(idle(node)).toEqual([1, 0, 0]);
  });

  test('ports that others have are passed over, and commands are counted as the gateway does', async () => {
    const node = await world.addMediaNode(address);
    const network = world.network.host(address);
    const others = { onMessage: () => undefined, onError: () => undefined };
    const taken = [await network.bindUdp({ address, port: 30_000 }, others)];
    taken.push(await network.bindUdp({ address, port: 30_003 }, others));
    const client = await open();
    client.send(openLeg('a'));
    client.send({ type: 'ping' });
    await world.clock.advance(100);
    expect(client.events.find(({ type }) => type === 'leg-opened')).toMatchObject({ at: { rtpPort: 30_004 } });
    const applied = client.events.flatMap((event) => (event.type === 'applied' ? [event.commands] : []));
    expect(applied.at(-1)).toBe(2);
    expect(Math.max(...applied)).toBe(2);
    expect(node.ports.inUse).toBe(1);
    for (const socket of taken) await socket.close();
  });

  test('a family that the node has no address of, and a range that is used up', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    client.send(openLeg('six', '2001:db8::1'));
    for (let leg = 0; leg <= node.ports.capacity; leg += 1) client.send(openLeg(`leg${leg}`));
    await world.clock.advance(100);
    const failed = client.events.flatMap((event) => (event.type === 'leg-failed' ? [event.code] : []));
    expect(failed).toEqual(['EADDRNOTAVAIL', 'NO_PORT']);
    const applied = client.events.flatMap((event) => (event.type === 'applied' ? [event.commands] : []));
    expect(applied.at(-1)).toBe(node.ports.capacity + 2);
  });

  test.each([
    ['another version', 'x', 'no hello'],
    ['nothing at all', null, 'no hello in 5000 ms'],
  ])('%s in place of a hello ends the connection', async (_what, text, reason) => {
    const node = await world.addMediaNode(address);
    const client = await dial();
    if (text !== null) client.sendText(text);
    await world.clock.advance(6000);
    expect([client.isClosed, client.reason]).toEqual([true, reason]);
    expect([idle(node), node.hosts.length]).toEqual([[0, 0, 0], 0]);
  });

  test('a gateway of another version is told both, and gets no host', async () => {
    const node = await world.addMediaNode(address);
    const client = await dial();
    client.send({ type: 'hello', version: protocolVersion + 1 });
    await world.clock.advance(50);
    expect(client.reason).toBe(`speaks version ${protocolVersion + 1}, not ${protocolVersion}`);
    expect([client.isClosed, node.hosts.length]).toEqual([true, 0]);
    expect(node.log.at(-1)?.fields.reason).toBe(client.reason);
  });

  test.each([
    ['no JSON', '{"type":', 'sent no message'],
    ['a type of nobody', '{"type":"constructor"}', 'sent a message of no known type'],
    ['a leg without an address', '{"type":"open-leg","legId":"b"}', 'sent open-leg is malformed at address'],
    ['an event', '{"type":"leg-closed","legId":"a"}', 'sent a message of no known type'],
    ['a leg twice', JSON.stringify(openLeg('a')), 'sent an open-leg of a leg that is there'],
  ])('%s ends this connection with a reason, closes its legs, and touches no other', async (_what, text, reason) => {
    const node = await world.addMediaNode(address);
    const other = await open();
    other.send(openLeg('o'));
    const client = await open();
    client.send(openLeg('a'));
    await world.clock.advance(50);
    expect(idle(node)).toEqual([2, 2, 2]);
    client.sendText(text);
    await world.clock.advance(50);
    expect([client.isClosed, client.reason, other.isClosed]).toEqual([true, reason, false]);
    expect(idle(node)).toEqual([1, 1, 1]);
    other.send({ type: 'close-leg', legId: 'o' as LegId });
    await world.clock.advance(50);
    expect(other.types().at(-1)).toBe('leg-closed');
  });

  test('a gateway that takes too little of what it is told is dropped', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    node.connections[0]!.queuedBytes = MAX_ROOM_QUEUED_BYTES + 1;
    client.send(openLeg('a'));
    await world.clock.advance(100);
    expect([client.isClosed, client.reason, idle(node)]).toEqual([
      true,
      'takes too little of what it is told',
      [0, 0, 0],
    ]);
  });

  test('a gateway that shows no sign of life for 5 s leaves no leg behind', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    client.send(openLeg('a'));
    client.socket!.answersPings = false;
    await world.clock.advance(4500);
    expect(idle(node)).toEqual([1, 1, 1]);
    await world.clock.advance(1000);
    expect(idle(node)).toEqual([0, 0, 0]);
  });

  test('a host that fails is told of, and its connection ends', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    client.send(openLeg('a'));
    await world.clock.advance(50);
    node.hosts[0]!.kill('a fault in the test');
    await world.clock.advance(50);
    expect([client.isClosed, client.reason, idle(node)]).toEqual([true, 'a fault in the test', [0, 0, 0]]);
  });

  test('a node that shuts down says so and closes its legs', async () => {
    const node = await world.addMediaNode(address);
    const client = await open();
    client.send(openLeg('a'));
    await world.clock.advance(50);
    await world.while(node.door.close());
    await world.clock.advance(50);
    expect([client.reason, idle(node)]).toEqual(['the media node shuts down', [0, 0, 0]]);
    expect(await refused({})).toBe(503);
  });
});
