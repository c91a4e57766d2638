import { beforeEach, describe, expect, test } from 'vitest';
import type {
  WebSocketConnectOptions,
  WebSocketDoor,
  WebSocketHandlers,
  WebSocketListener,
} from '../../base/web-socket.js';
import { createRemoteHost, type HostEvent, type HostPort } from '../../rooms/index.js';
import { protocolVersion } from '../../rooms/protocol.js';
import { decodeMessage, encodeMessage, MAX_ROOM_QUEUED_BYTES, ROOM_PROTOCOL } from '../../rooms/remote-codec.js';
import { ManualClock } from '../support/manual-clock.js';
import { createSeededRandom } from '../support/seeded-random.js';
import { VirtualNetwork } from '../support/virtual-network.js';
import { type VirtualWebSocket, VirtualWebSockets } from '../support/virtual-web-sockets.js';

const local = { address: '10.0.2.1', port: 9002 };
const url = { text: 'ws://10.0.2.1:9002/room', secure: false, host: local.address, port: local.port, path: '/room' };
let clock: ManualClock;
let network: VirtualNetwork;
let node: Node;

/** A media node made by hand: says what the test has it say. */
class Node {
  readonly heard: { readonly type: string }[] = [];
  readonly authorizations: (string | null)[] = [];
  socket: VirtualWebSocket | null = null;
  isClosed = false;
  hello: object | null = { type: 'hello', version: protocolVersion };
  refuses: number | null = null;
  listener: WebSocketListener | null = null;
  readonly door: WebSocketDoor = {
    protocol: ROOM_PROTOCOL,
    maxMessageBytes: 1000,
    judge: (request) => {
      this.authorizations.push(request.header('authorization'));
      if (this.refuses !== null) return { ok: false, statusCode: this.refuses, reason: 'no' };
      return {
        ok: true,
        abandon: () => undefined,
        adopt: (connection): WebSocketHandlers => {
          this.socket = connection as VirtualWebSocket;
          if (this.hello !== null) this.say(this.hello);
          return {
            onMessage: (data) => void this.heard.push(decodeMessage(data)!),
            onPong: () => undefined,
            onClose: () => {
              this.isClosed = true;
            },
          };
        },
      };
    },
  };

  say(message: object): void {
    this.socket?.send(encodeMessage(message), true);
  }
}

interface Line {
  readonly host: HostPort;
  readonly events: HostEvent[];
  readonly exits: string[];
  readonly asked: WebSocketConnectOptions[];
  readonly connections: VirtualWebSocket[];
}

function connect(secret: string | null = null): Line {
  const webSockets = new VirtualWebSockets(network.host('10.0.0.1'));
  const connections: VirtualWebSocket[] = [];
  const host = createRemoteHost({
    clock,
    url,
    secret,
    webSockets: {
      connect: async (...args) => {
        const connection = await webSockets.connect(...args);
        connections.push(connection);
        return connection;
      },
    },
  });
  const line: Line = { host, events: [], exits: [], asked: webSockets.asked, connections };
  host.onEvent((event) => line.events.push(event));
  host.onExit((reason) => line.exits.push(reason));
  return line;
}

async function connected(): Promise<Line> {
  const line = connect();
  await clock.advance(50);
  node.say({ type: 'ready', version: protocolVersion, wirePort: null });
  await clock.advance(50);
  expect(line.events).toHaveLength(1);
  return line;
}

beforeEach(async () => {
  clock = new ManualClock();
  network = new VirtualNetwork({ clock, random: createSeededRandom() });
  node = new Node();
  node.listener = await new VirtualWebSockets(network.host(local.address)).listen(local, node.door);
});

describe('contract 3.4 a remote media host', () => {
  test('says hello with its version and the secret as a Bearer, passes messages on, and ends in order', async () => {
    const line = connect('s3cret');
    await clock.advance(50);
    expect(line.asked[0]).toMatchObject({ path: '/room', protocol: 'hookline-room', timeoutMs: 3000 });
    expect(node.authorizations).toEqual(['Bearer s3cret']);
    node.say({ type: 'ready', version: protocolVersion, wirePort: 5, wireAddress: '10.0.2.1' });
    line.host.post({ type: 'ping' });
    line.host.post({ type: 'close' });
    await clock.advance(50);
    node.say({ type: 'closed' });
    await clock.advance(50);
    expect(node.heard).toEqual([{ type: 'hello', version: protocolVersion }, { type: 'ping' }, { type: 'close' }]);
    expect(line.events.map(({ type }) => type)).toEqual(['ready', 'closed']);
    expect([line.exits, node.isClosed, clock.pendingTimers]).toEqual([[], true, 0]);
  });

  test('is closed at once where there is no connection yet', async () => {
    const line = connect();
    line.host.post({ type: 'close' });
    await clock.advance(10_000);
    expect(line.events).toEqual([{ type: 'closed' }]);
    expect([line.exits, clock.pendingTimers]).toEqual([[], 0]);
  });

  test.each([
    [401, /^ws:.* does not let us in \(401\): media_secret has to be/],
    [403, /does not let us in \(403\)/],
    [404, /serves no media \(404\)/],
    [503, /^cannot connect to ws:\/\/10\.0\.2\.1:9002\/room: no$/],
  ])('a refusal with %i is told in words, without the secret', async (statusCode, reason) => {
    node.refuses = statusCode;
    const line = connect('s3cret');
    await clock.advance(50);
    expect(line.exits).toEqual([expect.stringMatching(reason)]);
    expect(line.exits[0]).not.toContain('s3cret');
    expect(clock.pendingTimers).toBe(0);
  });

  test('nobody there, and somebody who says nothing', async () => {
    await node.listener!.close();
    const nobody = connect();
    await clock.advance(50);
    expect(nobody.exits).toEqual([expect.stringContaining('cannot connect to ws://10.0.2.1:9002/room')]);
    network.silentTcp.add(local.address);
    const silent = connect();
    await clock.advance(3000);
    expect(silent.exits).toEqual(['no answer of ws://10.0.2.1:9002/room in 3000 ms']);
    expect(clock.pendingTimers).toBe(0);
  });

  test.each([
    [{ type: 'hello', version: protocolVersion + 1 }, `speaks version ${protocolVersion + 1}, not ${protocolVersion}`],
    [{ type: 'hi' }, 'ws://10.0.2.1:9002/room is no media node'],
    [null, 'no answer of ws://10.0.2.1:9002/room in 3000 ms'],
  ])('a node that greets with %j is not used', async (hello, reason) => {
    node.hello = hello;
    const line = connect();
    await clock.advance(3050);
    expect([line.exits, line.events, node.isClosed]).toEqual([[reason], [], true]);
  });

  test.each([
    ['no message', 'x', 'sent what is no message'],
    ['a malformed one', '{"type":"leg-opened"}', 'sent leg-opened is malformed at legId'],
    ['a command', '{"type":"ping"}', 'sent a message of no known type'],
  ])('%s of the node ends the connection', async (_what, text, reason) => {
    const line = await connected();
    node.socket!.send(Buffer.from(text), true);
    await clock.advance(50);
    expect([line.exits, node.isClosed]).toEqual([[reason], true]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('the last words of the node are the reason', async () => {
    const line = await connected();
    node.say({ type: 'failed', reason: 'the media node shuts down' });
    node.socket!.close(1001, 'gone');
    await clock.advance(50);
    expect(line.exits).toEqual(['the media node shuts down']);
  });

  test('it is asked for a sign of life twice a second; after 2 s without one it is lost', async () => {
    const line = await connected();
    await clock.advance(10_000);
    expect(node.socket!.pings).toBeGreaterThanOrEqual(20);
    expect(line.exits).toEqual([]);
    node.socket!.answersPings = false;
    await clock.advance(1500);
    expect(line.exits).toEqual([]);
    await clock.advance(600);
    expect(line.exits).toEqual(['no sign of life in 2000 ms']);
    await clock.advance(50);
    expect([node.isClosed, clock.pendingTimers]).toEqual([true, 0]);
  });

  test('a node that takes too little is lost, outside of the call that found it out', async () => {
    const line = await connected();
    line.connections[0]!.queuedBytes = MAX_ROOM_QUEUED_BYTES + 1;
    line.host.post({ type: 'ping' });
    expect(line.exits).toEqual([]);
    await clock.advance(50);
    expect(line.exits).toEqual(['takes too little of what it is told']);
  });

  test('what is killed while it connects leaves nothing', async () => {
    const line = connect();
    line.host.kill('not up in time');
    await clock.advance(5000);
    expect([line.exits, clock.pendingTimers]).toEqual([['not up in time'], 0]);
    expect(node.socket === null || node.isClosed).toBe(true);
  });
});
