import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { codecs } from '../../../media/index.js';
import { RoomWorld, room } from '../../support/room-world.js';
import { FakeBot } from '../../support/stream-stage.js';
import { VirtualWebSockets } from '../../support/virtual-web-sockets.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { levelOf, steadyLevelOf } from '../../support/voice.js';

/** Applications in rooms with phones, through the whole gateway. */

let world: RoomWorld;
let phones: WorldPhone[];

beforeEach(async () => {
  world = await RoomWorld.start({}, 2);
  await world.gateway.streams.open(world.network.host('10.0.0.1'), { address: '10.0.0.1', port: 8002 });
  phones = [];
});

afterEach(async () => {
  expect(await world.finish(phones)).toEqual([]);
  expect(await world.close()).toMatchObject({ timers: 0 });
});

async function phone(toneHz: number): Promise<WorldPhone> {
  const made = await world.come(toneHz);
  phones.push(made);
  return made;
}

async function dial(query: string): Promise<FakeBot> {
  const bot = new FakeBot();
  const sockets = new VirtualWebSockets(world.network.host('10.0.0.9'));
  const page = { path: `/streams/${room}?${query}`, origin: null, protocols: [], headers: { host: '127.0.0.1' } };
  // Whoever comes from elsewhere needs the secret; the test's gateway has none and lets everybody in.
  bot.socket = await world.while(sockets.dial({ address: '10.0.0.1', port: 8002 }, bot, page));
  await world.clock.advance(20);
  return bot;
}

function tone(hz: number, ms: number): Uint8Array {
  const pcm = Int16Array.from({ length: 8 * ms }, (_, i) => Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / 8000)));
  return new Uint8Array(pcm.buffer);
}

/** What it heard from now on for so long. */
async function hears(bot: FakeBot, ms: number): Promise<Int16Array> {
  const from = bot.heard().length;
  await world.clock.advance(ms);
  return new Int16Array(new Uint8Array(bot.heard().subarray(from)).buffer);
}

async function phoneHears(listener: WorldPhone, hz: number, ms: number): Promise<number> {
  listener.voices.at(-1)?.takeHeard();
  await world.clock.advance(ms);
  return steadyLevelOf(listener.voices.at(-1)?.takeHeard() ?? new Int16Array(), hz);
}

test('it hears the phones and not itself, they hear it, and it is a member with a name', async () => {
  const [ann, bob] = [await phone(500), await phone(700)];
  const bot = await dial('encoding=l16&name=agent');
  expect(world.events().some((event) => event === 'member_joined agent room')).toBe(true);
  bot.say(tone(1100, 3000));
  bot.mark('said');
  await world.clock.advance(500);
  for (const listener of [ann, bob]) expect(await phoneHears(listener, 1100, 400)).toBeGreaterThan(-25);
  const heard = await hears(bot, 1000);
  expect(levelOf(heard, 500)).toBeGreaterThan(-30);
  expect(levelOf(heard, 700)).toBeGreaterThan(-30);
  expect(levelOf(heard, 1100)).toBeLessThan(-50);
  await world.clock.advance(1000);
  expect(bot.of('mark')).toMatchObject([{ mark: { name: 'said' } }]);
  bot.socket.close(1000, '');
  await world.clock.advance(100);
  expect(world.events()).toContain('member_left agent left');
  expect(world.events().filter((event) => event.startsWith('stream_'))).toEqual(['stream_started', 'stream_stopped']);
});

test.each([
  ['mulaw', 8000],
  ['mulaw', 16_000],
  ['mulaw', 24_000],
  ['l16', 8000],
  ['l16', 16_000],
  ['l16', 24_000],
] as const)('%s at %i Hz: it hears the phone, the phone hears it', async (encoding, rateHz) => {
  const ann = await phone(500);
  const bot = await dial(`encoding=${encoding}&rate=${rateHz}`);
  const isMulaw = encoding === 'mulaw';
  const turn = (2 * Math.PI * 1100) / rateHz;
  const said = Int16Array.from({ length: 3 * rateHz }, (_, i) => Math.round(8000 * Math.sin(turn * i)));
  const codes = new Uint8Array(isMulaw ? said.length : 0);
  if (isMulaw) codecs.pcmu.createEncoder().encode(said, 0, said.length, codes, 0);
  bot.say(isMulaw ? codes : new Uint8Array(said.buffer));
  await world.clock.advance(500);
  expect(await phoneHears(ann, 1100, 400)).toBeGreaterThan(-16);
  const from = bot.heard().length;
  await world.clock.advance(1000);
  const bytes = bot.heard().subarray(from);
  expect(bytes.length).toBe(rateHz * (isMulaw ? 1 : 2));
  const heard = isMulaw ? new Int16Array(bytes.length) : new Int16Array(new Uint8Array(bytes).buffer);
  if (isMulaw) codecs.pcmu.createDecoder().decode(bytes, 0, bytes.length, heard, 0);
  expect(steadyLevelOf(heard, 500, rateHz)).toBeGreaterThan(-16);
  expect(levelOf(heard, 1100, rateHz)).toBeLessThan(-50);
});

test('clear: nobody hears it any more from the next beats on', async () => {
  const ann = await phone(500);
  const bot = await dial('encoding=l16');
  bot.say(tone(1100, 20_000));
  await world.clock.advance(1000);
  expect(await phoneHears(ann, 1100, 400)).toBeGreaterThan(-25);
  bot.mark('long');
  bot.send({ event: 'clear', streamSid: bot.sid });
  // Network, jitter buffer and one beat.
  await world.clock.advance(120);
  expect(bot.of('mark')).toHaveLength(1);
  ann.voices.at(-1)?.takeHeard();
  await world.clock.advance(500);
  expect(levelOf(ann.voices.at(-1)?.takeHeard() ?? new Int16Array(), 1100)).toBeLessThan(-50);
});

test('keys of a phone reach it', async () => {
  const ann = await phone(500);
  const bot = await dial('');
  await world.press(ann, '7');
  expect(bot.of('dtmf')).toMatchObject([{ dtmf: { digit: '7', memberId: world.memberOf(ann) } }]);
});

test('muted, it is not heard; kicked, it is told and its connection is closed', async () => {
  const ann = await phone(500);
  const bot = await dial('encoding=l16');
  bot.say(tone(1100, 20_000));
  world.runner().post({ type: 'update-member', id: bot.sid, change: { isMuted: true } });
  await world.clock.advance(500);
  expect(await phoneHears(ann, 1100, 500)).toBeLessThan(-50);
  world.runner().door(bot.sid)?.end('kicked', 'enough');
  await world.clock.advance(50);
  expect(bot.closed).toEqual([1000, 'enough']);
});

test('moved to another room, also of another host, it hears and is heard there', async () => {
  const ann = await phone(500);
  const cid = await world.come(900, { room_id: 'r2' });
  phones.push(cid);
  const bot = await dial('encoding=l16');
  bot.say(tone(1100, 20_000));
  await world.clock.advance(300);
  expect(world.rooms.move(bot.sid, { to: 'r2' as never, isAway: false, origin: null })).toBeNull();
  await world.clock.advance(500);
  expect(await phoneHears(ann, 1100, 400)).toBeLessThan(-50);
  expect(await phoneHears(cid, 1100, 400)).toBeGreaterThan(-25);
  const heard = await hears(bot, 1000);
  expect(levelOf(heard, 900)).toBeGreaterThan(-30);
  expect(levelOf(heard, 500)).toBeLessThan(-50);
  expect((await world.gateway.api('GET', `/streams/${bot.sid}`)).json).toMatchObject({ room_id: 'r2' });
});

test('of one member alone: it hears that phone, that phone hears it, and nobody else does', async () => {
  const [ann, bob] = [await phone(500), await phone(700)];
  const bot = await dial(`encoding=l16&of=${world.memberOf(ann)}`);
  bot.say(tone(1100, 20_000));
  await world.clock.advance(500);
  expect(await phoneHears(ann, 1100, 400)).toBeGreaterThan(-25);
  expect(await phoneHears(bob, 1100, 400)).toBeLessThan(-50);
  const heard = await hears(bot, 1000);
  expect(levelOf(heard, 500)).toBeGreaterThan(-30);
  expect(levelOf(heard, 700)).toBeLessThan(-50);
  ann.call?.hangUp();
  await world.clock.advance(500);
  expect(bot.closed).toEqual([1000, 'member-left']);
});

describe('a caller and an application alone', () => {
  test('it is company: the caller stays, and it goes with him', async () => {
    const ann = await phone(500);
    const bot = await dial('');
    await world.clock.advance(60_000);
    expect(ann.call?.ended).toBeNull();
    expect(bot.isClosed).toBe(false);
    ann.call?.hangUp();
    await world.clock.advance(1000);
    expect(bot.closed).toEqual([1000, 'alone']);
    expect(world.rooms.size).toBe(0);
  });
});
