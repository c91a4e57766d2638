import { createServer } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TestAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import { freePort, type GatewayProcess, rtpBase } from '../support/gateway-process.js';
import { type LoopbackPhone, LoopbackWorld, listen, reached } from '../support/loopback-world.js';
import type { PhoneCall } from '../support/phone.js';
import { Program } from '../support/program.js';

/** What the issue allows for the calls of a media node that died. */
const ENDED_MS = 3000;
const SECRET = 'a secret of the nodes';
let world: LoopbackWorld;
let hookUrl: string | null = null;

beforeEach(() => {
  world = new LoopbackWorld();
  hookUrl = null;
});

afterEach(() => world.close());

/** A media node in a process of its own. */
class Node {
  readonly port: number;
  readonly rtp: number;
  readonly program: Program;

  constructor(port: number) {
    this.port = port;
    this.rtp = rtpBase();
    const listen = ['--rtp-http-listen', `127.0.0.1:${port}`, '--sip-listen', '127.0.0.1'];
    const patient = ['--media-workers', '0', '--max-lateness-ms', '0'];
    this.program = new Program(
      'gateway/main.js',
      ['--role', 'media', ...listen, '--rtp-ports', `${this.rtp}-${this.rtp + 99}`, ...patient],
      { HOOKLINE_API_SECRET: SECRET },
    );
    world.closeLater(() => this.program.kill());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The call's sound goes to this node. */
  has({ call }: Talker): boolean {
    const port = Number(/m=audio (\d+)/.exec(call.remote[0] ?? '')?.[1]);
    return port >= this.rtp && port < this.rtp + 100;
  }

  /** No leg has a socket here, and every port is given back. */
  async idle(): Promise<void> {
    const headers = { authorization: `Bearer ${SECRET}` };
    await eventually('an idle node', async () => {
      const metrics = await (await fetch(`${this.url}/metrics`, { headers })).text();
      return /^hookline_media_gateway_legs 0$/m.test(metrics) && /^hookline_rtp_ports_in_use 0$/m.test(metrics);
    });
  }
}

async function startNode(port?: number): Promise<Node> {
  const node = new Node(port ?? (await freePort()));
  await node.program.event('ready');
  return node;
}

interface Talker {
  readonly phone: LoopbackPhone;
  readonly call: PhoneCall;
  readonly toneHz: number;
}

let user = 1000;

async function talker(gateway: GatewayProcess, room: string, toneHz: number): Promise<Talker> {
  user += 1;
  const phone = await world.addPhone(gateway.sip, String(user), { toneHz });
  return { phone, call: await reached(await phone.dial(room), 'answered'), toneHz };
}

/** Each of them hears exactly the others. */
async function expectMutual(here: readonly Talker[], elsewhere: readonly Talker[]): Promise<void> {
  for (const { phone, toneHz } of here) {
    const hears = here.map((other) => other.toneHz).filter((hz) => hz !== toneHz);
    await listen(phone, { hears, not: elsewhere.map((other) => other.toneHz) });
  }
}

async function startGateway(nodes: readonly { readonly url: string }[], secret = SECRET): Promise<GatewayProcess> {
  hookUrl ??= await world.serveHooks();
  world.hooks.on('invite', ({ body }) => ({ json: { strategy: 'Accept', room_id: `r${String(body.to_number)}` } }));
  return world.startGateway({
    hookUrl,
    mediaWorkers: null,
    args: nodes.flatMap(({ url }) => ['--media-url', url]),
    variables: { HOOKLINE_MEDIA_SECRET: secret },
  });
}

const loggedMs = (gateway: GatewayProcess, event: string): number[] =>
  gateway.logged(event).map(({ time }) => Date.parse(String(time)));

describe('contract 3.4 media nodes in processes of their own', () => {
  test('one is killed: its calls end within 3 s, new ones go elsewhere, it comes back, and nothing is left', async () => {
    const nodes = [await startNode(), await startNode()] as const;
    const gateway = await startGateway(nodes);
    expect((await fetch(`${gateway.apiUrl}/ready`)).status).toBe(200);
    const here = [await talker(gateway, '1', 500), await talker(gateway, '1', 900)];
    const there = [await talker(gateway, '2', 1300), await talker(gateway, '2', 1900)];
    await expectMutual(here, there);
    await expectMutual(there, here);
    const doomedNode = nodes.find((node) => node.has(here[0]!))!;
    const otherNode = nodes.find((node) => node.has(there[0]!))!;
    expect(doomedNode).not.toBe(otherNode);

    await doomedNode.program.kill();
    for (const { call } of here) await reached(call, 'ended bye');
    await eventually('the lines of both', () => gateway.logged('call.ended').length === 2);
    const [lostMs] = loggedMs(gateway, 'media-host.lost');
    for (const endedMs of loggedMs(gateway, 'call.ended')) expect(endedMs - lostMs!).toBeLessThan(ENDED_MS);
    expect(gateway.logged('call.ended').map(({ cause }) => cause)).toEqual(['media-host-lost', 'media-host-lost']);
    expect(here[0]!.call.ended?.reason).toEqual([{ protocol: 'Q.850', cause: 41, text: 'Media host lost' }]);
    const next = [await talker(gateway, '1', 600), await talker(gateway, '1', 2400)];
    expect(next.every((each) => otherNode.has(each))).toBe(true);
    await expectMutual(next, there);
    await expectMutual(there, next);

    const back = await startNode(doomedNode.port);
    await eventually('it is used again', () => gateway.logged('media-host.up').length === 3);
    const late = await talker(gateway, '3', 700);
    expect(back.has(late)).toBe(true);
    for (const { call } of [...there, ...next, late]) call.hangUp();
    await gateway.idle();
    await otherNode.idle();
    await back.idle();
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  });

  test('a gateway that is killed leaves no leg behind; with the wrong secret it is told so', async () => {
    const node = await startNode();
    const gateway = await startGateway([node]);
    const { call } = await talker(gateway, '1', 500);
    expect(call.ended).toBeNull();
    await gateway.program.kill();
    await node.program.event('media-door.closed');
    await node.idle();
    const stranger = await startGateway([node], 'another secret');
    const line = await stranger.program.event('media-host.unreachable');
    expect(line.reason).toMatch(/does not let us in \(401\): media_secret/);
    expect((await fetch(`${stranger.apiUrl}/ready`)).status).toBe(503);
    expect(stranger.program.stderr + node.program.stderr).not.toMatch(/secret of the nodes|another secret/);
  });

  test('a certificate that nobody vouches for is refused in words', async () => {
    const authority = await TestAuthority.create();
    const { cert, key } = await authority.issue({ ip: ['127.0.0.1'] });
    const server = createServer({ cert, key });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    world.closeLater(async () => void server.close());
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const gateway = await startGateway([{ url: `wss://127.0.0.1:${port}` }]);
    const line = await gateway.program.event('media-host.unreachable');
    expect(line.reason).toMatch(/^the certificate of wss:.* is not accepted: /);
  });
});
