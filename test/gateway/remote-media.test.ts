import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { CallMedia, type CallMediaSettings } from '../../gateway/calls/call-media.js';
import type { SrtpPolicy } from '../../media/index.js';
import { createMediaPool, type LegEvent } from '../../rooms/index.js';
import type { PhoneCall } from '../support/phone.js';
import type { VirtualMediaNode } from '../support/virtual-media-node.js';
import { VirtualWorld, type WorldGateway, type WorldPhone } from '../support/virtual-world.js';
import { levelOf, Voice } from '../support/voice.js';

let world: VirtualWorld;

beforeEach(() => {
  world = new VirtualWorld();
  world.hooks.on('invite', ({ body }) => ({ json: { strategy: 'Accept', room_id: `r${String(body.to_number)}` } }));
});

afterEach(async () => {
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

const tones = [440, 800, 1250] as const;
let made = 0;

interface Talker {
  readonly phone: WorldPhone;
  readonly call: PhoneCall;
  readonly toneHz: number;
}

async function talker(room: string, toneHz: number, srtp: SrtpPolicy = 'off'): Promise<Talker> {
  made += 1;
  const phone = await world.addPhone(`1${made}`, { toneHz, srtp });
  const call = await world.while(phone.dial(room));
  await world.clock.until(() => call.log.includes('answered'), 8000);
  return { phone, call, toneHz };
}

/** Which of the tones each of them hears. */
async function heard(...talkers: readonly Talker[]): Promise<number[][]> {
  await world.clock.advance(500);
  for (const { phone } of talkers) phone.voices.at(-1)!.takeHeard();
  await world.clock.advance(500);
  return talkers.map(({ phone }) => hearing(phone.voices.at(-1)!));
}

function hearing(voice: Voice): number[] {
  const sound = voice.takeHeard();
  return tones.filter((hz) => levelOf(sound, hz) > -24);
}

/** Where a phone was told to send its sound. */
const soundAt = ({ call }: Talker): string | undefined => /c=IN IP4 (\S+)/.exec(call.remote[0] ?? '')?.[1];
const logged = (gateway: WorldGateway, event: string): Record<string, unknown>[] =>
  gateway.log.filter((line) => line.event === event).map(({ fields }) => fields);

async function twoNodes(options: { hasWire?: boolean } = {}): Promise<[VirtualMediaNode, VirtualMediaNode]> {
  return [await world.addMediaNode('10.0.2.1', options), await world.addMediaNode('10.0.2.2', options)];
}

describe('contract 3.4 rooms in media nodes', () => {
  test('sound goes both ways between phones and the node, and nothing of it touches the gateway', async () => {
    const mediaNodes = await twoNodes();
    const gateway = await world.addGateway({ mediaNodes });
    const [a, b] = [await talker('1', 440), await talker('1', 800, 'required')];
    const c = await talker('2', 1250);
    expect(await heard(a, b, c)).toEqual([[800], [440], []]);
    expect([a, b, c].map(soundAt)).toEqual(['10.0.2.1', '10.0.2.1', '10.0.2.2']);
    expect(mediaNodes.map(({ ports }) => ports.inUse)).toEqual([2, 1]);
    expect(gateway.gateway.leftovers()).toMatchObject({ mediaLegs: 3, portsInUse: 0 });
    const request = gateway.gateway.api.request('/metrics', { headers: { host: '127.0.0.1' } }, local);
    const body = await (await request).text();
    expect(body).toContain('hookline_media_host_up{host="ws://10.0.2.1:9002/room"} 1\n');
    expect(body).toContain('hookline_media_host_legs{host="ws://10.0.2.2:9002/room"} 1\n');
    for (const { call } of [a, b, c]) call.hangUp();
    await world.clock.advance(40_000);
    expect(Object.values(gateway.gateway.leftovers()).every((count) => count === 0)).toBe(true);
    expect(mediaNodes.map(({ ports, door }) => [ports.inUse, door.legs])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test.each([
    [true, [[800], [440]], null],
    [false, [[], []], 'hosts 1 and 0 have no way for sound between them'],
  ])(
    'a leg that enters a room of another node is heard there through wires (%s), else is told so',
    async (hasWire, sounds, lost) => {
      const nodes = await twoNodes({ hasWire });
      const { clock, random } = world;
      const network = world.network.host('10.0.0.9');
      const remotes = nodes.map((node) => node.placeFor(network));
      const spawn = (): never => expect.unreachable();
      const pool = createMediaPool({ clock, random, log: silentLogger, hosts: 0, spawn, remotes });
      await world.while(pool.ready());
      const news: (string | null)[] = [null, null];
      const voices: Voice[] = [];
      const legs: CallMedia[] = [];
      for (const [index, toneHz] of [440, 800].entries()) {
        const address = `10.0.3.${index}`;
        const voice = new Voice({
          clock,
          random,
          network: world.network.host(address),
          address,
          rtpPort: 20_000,
          toneHz,
        });
        await voice.open();
        const leg = new CallMedia({ pool, ports: nodes[0].ports, random, settings, cname: 'c' });
        const path = { bindAddress: '10.0.0.9', advertisedAddress: '10.0.0.9' };
        const onEvent = (event: LegEvent): void => {
          if (event.type === 'lost') news[index] = event.reason;
        };
        const [legId, roomId] = [`leg${index}` as LegId, `r${index}` as RoomId];
        const opening = leg.open({ legId, roomId, path, onEvent });
        await world.while(opening);
        const answer = leg.answer(voice.offer());
        if (answer.ok) voice.accept(answer.body);
        leg.leg?.join('r0' as RoomId, { echo: false });
        voices.push(voice);
        legs.push(leg);
      }
      await clock.advance(500);
      for (const voice of voices) voice.takeHeard();
      await clock.advance(500);
      expect(voices.map((voice) => hearing(voice))).toEqual(sounds);
      expect(news).toEqual([null, lost]);
      for (const leg of legs) leg.close(String, () => undefined);
      for (const voice of voices) await world.while(voice.close());
      await world.while(pool.close(1000));
      expect(nodes.map(({ ports }) => ports.inUse)).toEqual([0, 0]);
    },
  );
});

describe('contract 3.4 a media node is lost', () => {
  test.each([
    ['killed', (node: VirtualMediaNode) => node.kill(), 100],
    ['cut off without a word', async (node: VirtualMediaNode) => node.silence(), 2700],
  ] as const)(
    '%s: its calls end with a Reason within 3 s, others go on, new ones go elsewhere',
    async (_how, lose, ms) => {
      const mediaNodes = await twoNodes();
      const gateway = await world.addGateway({ mediaNodes });
      const [a, b] = [await talker('1', 440), await talker('1', 800)];
      const other = await talker('2', 1250);
      await lose(mediaNodes[0]);
      await world.clock.advance(ms);
      expect([a, b].map(({ call }) => call.ended?.reason)).toEqual(
        [0, 1].map(() => [{ protocol: 'Q.850', cause: 41, text: 'Media host lost' }]),
      );
      expect(logged(gateway, 'call.ended').map(({ cause }) => cause)).toEqual(['media-host-lost', 'media-host-lost']);
      expect(logged(gateway, 'media-host.lost')).toMatchObject([{ url: mediaNodes[0].url, legs: 2 }]);
      expect(other.call.ended).toBeNull();
      const [c, d] = [await talker('1', 440), await talker('1', 800)];
      expect([c, d].map(soundAt)).toEqual(['10.0.2.2', '10.0.2.2']);
      expect(await heard(c, d, other)).toEqual([[800], [440], []]);
      for (const { call } of [c, d, other]) call.hangUp();
      await world.clock.advance(8000);
      expect(gateway.gateway.leftovers()).toMatchObject({ calls: 0, mediaLegs: 0, portsInUse: 0 });
      // What had been cut off has noticed it too.
      expect(mediaNodes.map(({ door }) => door.legs)).toEqual([0, 0]);
    },
  );

  test('one that comes back is used again', async () => {
    const [node] = await twoNodes();
    const gateway = await world.addGateway({ mediaNodes: [node] });
    node.connections[0]!.destroy();
    await world.clock.advance(1000);
    expect(logged(gateway, 'media-host.up')).toHaveLength(2);
    expect(node.door.connections).toBe(1);
    const [a, b] = [await talker('1', 440), await talker('1', 800)];
    expect(await heard(a, b)).toEqual([[800], [440]]);
  });

  test('none is there at the start: not ready and 503, until one appears', async () => {
    const node = await world.addMediaNode('10.0.2.1');
    await node.close();
    const gateway = await world.addGateway({ mediaNodes: [node] });
    expect((await gateway.api('GET', '/ready')).status).toBe(503);
    expect((await gateway.api('GET', '/health')).status).toBe(200);
    const refused = await world.addPhone('1999');
    const call = await world.while(refused.dial('1'));
    await world.clock.until(() => call.ended !== null, 10_000);
    expect(call.ended).toMatchObject({ statusCode: 503 });
    expect(logged(gateway, 'media-host.unreachable')[0]).toMatchObject({ url: node.url });
    const next = await world.addMediaNode('10.0.2.1');
    await world.clock.advance(4000);
    expect((await gateway.api('GET', '/ready')).status).toBe(200);
    expect(soundAt(await talker('1', 440))).toBe('10.0.2.1');
    expect(next.door.connections).toBe(1);
  });

  test('a gateway that is gone leaves no leg and no port behind', async () => {
    const [node] = await twoNodes();
    await world.addGateway({ mediaNodes: [node] });
    await talker('1', 440);
    expect([node.door.legs, node.ports.inUse]).toEqual([1, 1]);
    node.connections[0]!.gone(new Error('reset'));
    await world.clock.advance(2000);
    expect([node.door.legs, node.ports.inUse]).toEqual([0, 0]);
    expect(node.log.map(({ event }) => event)).toContain('media-door.closed');
  });
});

const local = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };

const settings: CallMediaSettings = {
  codecs: ['pcmu'],
  answerOrder: 'offer',
  rtpTimeoutMs: 0,
  consentTimeoutMs: 0,
  rtcpXr: 'off',
  inbandDtmf: 'off',
  comfortNoise: 'off',
  srtp: { policy: 'off', suites: [] },
};
