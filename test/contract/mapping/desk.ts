import { expect } from 'vitest';
import { type MemberView, type RoomEventBody, roomEventBody } from '../../../contract/room-events.js';
import { HttpTransportError } from '../../../gateway/hooks/transport.js';
import type { Download } from '../../../gateway/sounds/download.js';
import { createInlineSoundWorld } from '../../../gateway/sounds/sound-world.js';
import { readWav, tone, writeWav } from '../../../media/index.js';
import { RoomWorld } from '../../support/room-world.js';
import { type FakeBot, serveBots } from '../../support/stream-stage.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { steadyLevelOf } from '../../support/voice.js';
import { toHearingRate } from '../../support/wav-file.js';

/** What a row of docs/api-mapping.md does, seen and heard. */
export type RowTest = (desk: Desk) => Promise<void>;

// Answers have many shapes here; what each row expects of them is what it asserts.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Answer = { readonly status: number; readonly json: any };

/** Where the trunk of the settings is. */
export const TRUNK = '10.0.7.1';

/** An application with nothing but the HTTP API and its hooks, and phones that say a tone each: 1001 440 Hz, 1002 800 Hz, 1003 1250 Hz. */
export class Desk {
  readonly world: RoomWorld;
  readonly phones: WorldPhone[] = [];
  /** The application's end of each stream that was connected to `botUrl`. */
  readonly bots: FakeBot[] = [];

  readonly #atEnd: (() => Promise<void>)[] = [];

  private constructor(world: RoomWorld) {
    this.world = world;
  }

  static async open(): Promise<Desk> {
    const sounds = { ...createInlineSoundWorld(), send: web };
    const config = `room_events: on\nservers: [{ alias: pbx, outbound: { proxy: ${TRUNK} }, cidrs: [${TRUNK}], codecs: [pcma] }]`;
    return new Desk(await RoomWorld.start({ config }, 1, sounds));
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.world.gateway.fetch(method, path, body);
  }

  /** A room `r1` made over the API, with so many phones in it. */
  async meet(phones: number, settings: object = {}): Promise<void> {
    await this.ask('POST', '/rooms', { room_id: 'r1', ...settings });
    for (let at = 0; at < phones; at += 1) await this.come();
  }

  /** One more phone calls into r1, or where `reply` says. */
  async come(reply: object = {}): Promise<WorldPhone> {
    const phone = await this.world.come(tones[this.phones.length] ?? 0, reply);
    this.phones.push(phone);
    return phone;
  }

  /** The member of the phone number `at`: 0 is 1001. */
  async member(at: number, roomId = 'r1'): Promise<MemberView> {
    const { json } = await this.ask('GET', `/rooms/${roomId}/members`);
    const found = (json.members as MemberView[]).find(({ peer }) => peer === String(1001 + at));
    if (found === undefined) throw new Error(`${1001 + at} is not in ${roomId}`);
    return found;
  }

  async change(at: number, change: object): Promise<Answer> {
    const { member_id } = await this.member(at);
    return this.ask('PATCH', `/rooms/r1/members/${member_id}`, change);
  }

  async act(at: number, action: object, roomId = 'r1'): Promise<Answer> {
    const { member_id } = await this.member(at, roomId);
    return this.ask('POST', `/rooms/${roomId}/members/${member_id}/actions`, action);
  }

  /** Which phones the phone number `at` hears now, as numbers too. */
  async heardBy(at: number): Promise<number[]> {
    const phone = this.phones[at];
    if (phone === undefined) throw new Error(`there is no phone ${at}`);
    const [heard = []] = await this.world.heard([phone], tones);
    return heard.map((hz) => tones.indexOf(hz));
  }

  /** Which phones are in a recorded WAV file, as numbers. */
  async recorded(recordingId: string, file: string): Promise<number[]> {
    const { bytes } = await this.world.gateway.fetch('GET', `/recordings/${recordingId}/files/${file}`);
    const read = readWav(bytes);
    if (!read.ok) throw new Error(`${file}: ${read.fault}`);
    return heardIn(toHearingRate(read.value));
  }

  /** Waits at `botUrl` for streams. */
  async serveBots(): Promise<void> {
    const listener = await serveBots(this.world.network.host(bot.address), bot, this.bots);
    this.#atEnd.push(() => listener.close());
  }

  /** Which phones the application hears during a second. */
  async heardByBot(): Promise<number[]> {
    const [end] = this.bots;
    if (end === undefined) throw new Error('nobody connected to the application');
    await this.world.clock.advance(500);
    const from = end.heard().length;
    await this.world.clock.advance(1000);
    return heardIn(new Int16Array(new Uint8Array(end.heard().subarray(from)).buffer));
  }

  /** The application says the tone of the phone number `at` from now on. */
  botSays(at: number): void {
    const samples = tone({ frequenciesHz: [tones[at]!], sampleRateHz: 8000, levelDb: -12, durationMs: 10_000 });
    this.bots[0]?.say(new Uint8Array(samples.buffer));
  }

  /** What became of the call of the phone number `at`. */
  isUp(at: number): boolean {
    return this.phones[at]?.call?.ended === null;
  }

  /** What the application was told of by POST {hook_url}/room, so far: of each room in order, and as openapi.yaml says. */
  async told(): Promise<RoomEventBody[]> {
    await this.world.clock.advance(200);
    const told = this.world.hooks.bodies('room').map((body) => roomEventBody.parse(body));
    expect(told).toEqual(this.world.hooks.bodies('room'));
    const seqs = new Map<string, number>();
    for (const { room_id, seq, type } of told) {
      expect([type, seq]).toEqual([type, type === 'room_started' ? 1 : (seqs.get(room_id) ?? 0) + 1]);
      seqs.set(room_id, seq);
    }
    return told;
  }

  /** The member of the newest member_updated. */
  async lastUpdate(): Promise<MemberView | null> {
    const last = (await this.told()).findLast(({ type }) => type === 'member_updated');
    return last?.type === 'member_updated' ? last.member : null;
  }

  async toldTypes(): Promise<string[]> {
    return (await this.told()).map(({ type }) => type);
  }

  async close(): Promise<{ readonly sockets: string[]; readonly timers: number }> {
    for (const end of this.#atEnd) await this.world.while(end());
    return this.world.close();
  }
}

const tones: number[] = [440, 800, 1250];
const bot = { address: '10.0.0.9', port: 9000 };
/** Where `serveBots` waits. */
export const botUrl = 'ws://10.0.0.9:9000/bot';

function heardIn(samples: Int16Array): number[] {
  return tones.flatMap((hz, at) => (steadyLevelOf(samples, hz) > -35 ? [at] : []));
}

/** What is there to be fetched: the tone of 1003, for five seconds. */
export const soundUrl = 'http://sounds.test/long.wav';

const web: Download = async ({ url }) => {
  if (url !== soundUrl) throw new HttpTransportError('connect', `nobody listens at ${url}`);
  const samples = tone({ frequenciesHz: [tones[2]!], sampleRateHz: 8000, levelDb: -12, durationMs: 5000 });
  const file = writeWav({ sampleRateHz: 8000, channels: 1, samples });
  return {
    status: 200,
    headers: { 'content-type': 'audio/wav' },
    body: (async function* () {
      yield file;
    })(),
    leave: () => undefined,
  };
};
