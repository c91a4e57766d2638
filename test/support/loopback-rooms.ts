import type { MemberView } from '../../contract/room-events.js';
import type { MemberActionBody, UpdateMemberBody } from '../../contract/rooms.js';
import type { InviteHookReply } from '../../contract/v1.js';
import { eventually } from './eventually.js';
import type { GatewayProcess, ProcessOptions } from './gateway-process.js';
import { type LoopbackPhone, type LoopbackPhoneOptions, LoopbackWorld, reached } from './loopback-world.js';
import type { PhoneCall } from './phone.js';
import { levelOf, steadyLevelOf } from './voice.js';

/** A phone says its tone at −12 dB. */
const HEARD_DB = -24;
const UNHEARD_DB = -35;

/** What an answer of the API is. */
export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what each test asserts
  readonly json: any;
  readonly bytes: Buffer;
}

/** Rooms of one gateway process, phones over real UDP that a scripted hook sends there, and the API over HTTP. */
export class LoopbackRooms {
  readonly world: LoopbackWorld;
  readonly gateway: GatewayProcess;
  readonly #phones: LoopbackPhone[] = [];
  #rooms = 0;

  private constructor(world: LoopbackWorld, gateway: GatewayProcess) {
    this.world = world;
    this.gateway = gateway;
  }

  static async start(options: Partial<ProcessOptions> = {}): Promise<LoopbackRooms> {
    const world = new LoopbackWorld();
    const hookUrl = await world.serveHooks();
    const drain = ['--drain-ms', '0'];
    const gateway = await world.startGateway({ hookUrl, ...options, args: [...drain, ...(options.args ?? [])] });
    return new LoopbackRooms(world, gateway);
  }

  close(): Promise<void> {
    return this.world.close();
  }

  /** A name that no other room here has, nor this one when its test is tried again. */
  name(name: string): string {
    this.#rooms += 1;
    return `${name}-${this.#rooms}`;
  }

  /** All phones hang up, and nothing is left. */
  async over(): Promise<void> {
    for (const call of this.#phones.flatMap(({ calls }) => calls)) if (call.ended === null) call.hangUp();
    await this.gateway.idle();
  }

  /** Where the hook sends who calls from now on. */
  answer(room: string, reply: Partial<InviteHookReply> = {}): void {
    this.world.hooks.on('invite', { json: { strategy: 'Accept', room_id: room, ...reply } });
  }

  /** A registered phone with a tone, which calls no one yet. */
  async phone(toneHz: number, options: LoopbackPhoneOptions = {}): Promise<LoopbackPhone> {
    const user = String(1001 + this.#phones.length);
    const phone = await this.world.addRegistered(this.gateway.sip, user, { toneHz, ...options });
    this.#phones.push(phone);
    return phone;
  }

  /** Calls into a room; up when this returns. */
  async call(phone: LoopbackPhone, room: string, reply: Partial<InviteHookReply> = {}): Promise<PhoneCall> {
    this.answer(room, reply);
    return reached(await phone.dial('9000'), 'answered');
  }

  /** A new phone in the room. */
  async come(room: string, toneHz: number, reply: Partial<InviteHookReply> = {}): Promise<LoopbackPhone> {
    const phone = await this.phone(toneHz);
    await this.call(phone, room, reply);
    return phone;
  }

  /** The status code by which the phone is refused. */
  async refused(phone: LoopbackPhone, room: string, reply: Partial<InviteHookReply> = {}): Promise<number | null> {
    this.answer(room, reply);
    const call = await reached(await phone.dial('9000'), 'ended rejected');
    return call.ended?.statusCode ?? null;
  }

  async api(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answered> {
    const isBytes = body instanceof Uint8Array;
    const type: Record<string, string> = body === undefined || isBytes ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${this.gateway.apiUrl}${path}`, {
      method,
      headers: { ...type, ...headers },
      ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, json: isJson ? JSON.parse(bytes.toString()) : null, bytes };
  }

  /** As the API, for what must be taken. */
  async ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const { status, json } = await this.api(method, path, body, headers);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  members(room: string): Promise<MemberView[]> {
    return this.ask('GET', `/rooms/${room}/members`).then(({ members }) => members);
  }

  /** The phone as a member, once it is one. */
  member(room: string, { options: { user } }: LoopbackPhone): Promise<MemberView> {
    return eventually(`${user} in ${room}`, async () => (await this.members(room)).find(({ peer }) => peer === user));
  }

  async change(room: string, phone: LoopbackPhone, body: UpdateMemberBody): Promise<void> {
    const { member_id } = await this.member(room, phone);
    await this.ask('PATCH', `/rooms/${room}/members/${member_id}`, body);
  }

  async act(room: string, phone: LoopbackPhone, action: MemberActionBody) {
    const { member_id } = await this.member(room, phone);
    return this.ask('POST', `/rooms/${room}/members/${member_id}/actions`, action);
  }

  /** Presses keys as telephone-events (RFC 4733), after those that it presses already. */
  press(phone: LoopbackPhone, keys: string): void {
    phone.voices.at(-1)?.session.dtmf(keys, 100);
  }

  /** Types of a room's events so far. */
  async events(room: string): Promise<{ readonly type: string; readonly [more: string]: unknown }[]> {
    return (await this.ask('GET', `/rooms/${room}/events`)).events;
  }
}

/** A phone, and which of the tones it is to hear. */
export type Row = readonly [LoopbackPhone, readonly number[]];

/**
 * Waits until within the same half second each phone hears its tones and none of the others; what was on its way when something
 * changed is let run out.
 */
export async function hear(rows: readonly Row[], tones: readonly number[]): Promise<void> {
  const wanted = rows.map(([, hears]) => tones.filter((hz) => hears.includes(hz)));
  let heard: (number | string)[][] = [];
  const isRight = async (): Promise<boolean> => {
    const windows = await Promise.all(rows.map(([phone]) => listenMs(phone, 500)));
    heard = windows.map((window) =>
      tones.flatMap((hz): (number | string)[] => {
        if (steadyLevelOf(window, hz) > HEARD_DB) return [hz];
        return levelOf(window, hz) > UNHEARD_DB ? [`a little ${hz}`] : [];
      }),
    );
    return JSON.stringify(heard) === JSON.stringify(wanted);
  };
  await eventually('all is heard as it should be', isRight).catch((error: unknown) => {
    throw new Error(`wanted ${JSON.stringify(wanted)}, heard ${JSON.stringify(heard)}: ${String(error)}`);
  });
}

/** Waits until a tone is that loud for a phone, within 100 ms of what it hears from now on. */
export async function hearsPeak({ options, voices }: LoopbackPhone, hz: number, db = HEARD_DB): Promise<void> {
  const voice = voices.at(-1)!;
  voice.takeHeard();
  let before: Int16Array = new Int16Array(0);
  await eventually(`${options.user} hears ${hz} Hz for a moment`, () => {
    const taken = voice.takeHeard();
    const heard = new Int16Array(before.length + taken.length);
    heard.set(before);
    heard.set(taken, before.length);
    for (let from = 0; from + 800 <= heard.length; from += 160) {
      if (levelOf(heard.subarray(from, from + 800), hz) > db) return true;
    }
    before = heard.slice(-800);
    return false;
  });
}

/** What a phone hears from now on, so much of it. */
export async function listenMs({ options, voices }: LoopbackPhone, ms: number): Promise<Int16Array> {
  const voice = voices.at(-1);
  if (voice === undefined) throw new Error(`${options.user} has no voice`);
  const window = new Int16Array(8 * ms);
  voice.takeHeard();
  let filled = 0;
  await eventually(`${ms} ms of sound`, () => {
    const part = voice.takeHeard().subarray(0, window.length - filled);
    window.set(part, filled);
    filled += part.length;
    return filled === window.length;
  });
  return window;
}
