import { expect } from 'vitest';
import type { SipMessage, SipResponse } from '../../sip/message.js';
import { parseMessage } from '../../sip/parse/message.js';
import { challengeAt } from './challenge.js';
import type { HookCall } from './hook-server.js';
import { type DialOptions, type PhoneCall, type PhoneOptions, silentMedia } from './phone.js';
import {
  type GatewayOptions,
  VirtualWorld,
  type WorldGateway,
  type WorldOptions,
  type WorldPhone,
} from './virtual-world.js';

/** One SIP message on the wire. */
export interface WireLine {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  /** `INVITE` or `180 INVITE`. */
  readonly text: string;
  readonly message: SipMessage;
}

/** What a bridging hook server did, as the sample one of the contract does it. */
export interface BridgeOptions {
  /** How long the hook server thinks after it has dialled, before it answers the hook. */
  readonly answerAfterMs?: number;
  readonly roomId?: string;
}

const sipPort = 5060;

/** A world with one gateway, a hook server that keeps whom it was told of, and every SIP datagram written down. */
export class ContractWorld extends VirtualWorld {
  readonly gatewayAddress = '10.0.0.1';
  readonly wire: WireLine[] = [];
  /** Loses the SIP messages for which it is true. */
  lose: (line: WireLine) => boolean = () => false;
  #gateway: WorldGateway | null = null;
  #rooms = 0;

  private constructor(options: WorldOptions) {
    super(options);
    this.network.filter = ({ from, to, data }) => {
      if (from.port !== sipPort && to.port !== sipPort) return true;
      const read = parseMessage(data);
      if (!read.ok) return true;
      const message = read.value;
      const text = message.kind === 'request' ? message.method : `${message.statusCode} ${message.cseq.method}`;
      const line = { atMs: this.clock.nowMs(), from: from.address, to: to.address, text, message };
      this.wire.push(line);
      return !this.lose(line);
    };
  }

  static async start(config = '', options: WorldOptions = {}, gateway: GatewayOptions = {}): Promise<ContractWorld> {
    const world = new ContractWorld({ ...options, config });
    world.#gateway = await world.addGateway(gateway);
    return world;
  }

  get gateway(): WorldGateway {
    if (this.#gateway === null) throw new Error('no gateway yet');
    return this.#gateway;
  }

  /** A phone that says nothing: enough for tests of signalling. */
  addQuietPhone(
    user: string,
    options: { readonly address?: string } & Partial<PhoneOptions> = {},
  ): Promise<WorldPhone> {
    const phone = this.addPhone(user, {
      createMedia: (call) => silentMedia(call.phone.options.address),
      ...options,
    });
    return phone;
  }

  async register(phone: WorldPhone, expiresS?: number): Promise<SipResponse> {
    return this.while(phone.register(expiresS));
  }

  /** A registered quiet phone. */
  async addRegistered(user: string, options: Partial<PhoneOptions> & { readonly address?: string } = {}) {
    const phone = await this.addQuietPhone(user, options);
    expect((await this.register(phone)).statusCode).toBe(200);
    return phone;
  }

  /** Dials and waits for the given line of the call's log: `answered`, `180`, `ended rejected` … */
  async dial(
    phone: WorldPhone,
    number: string,
    until: string | null = null,
    options: DialOptions = {},
  ): Promise<PhoneCall> {
    const call = await this.while(phone.dial(number, options));
    if (until !== null) await this.until(() => call.log.includes(until), `${phone.options.user} ${until}: ${call.log}`);
    return call;
  }

  /** Waits for the phone's next incoming call. */
  async rung(phone: WorldPhone, count = 1): Promise<PhoneCall> {
    await this.until(() => phone.calls.filter(({ direction }) => direction === 'in').length >= count, 'rung');
    await this.clock.advance(5);
    return phone.calls.filter(({ direction }) => direction === 'in').at(-1)!;
  }

  async until(condition: () => boolean, what: string, limitMs = 70_000): Promise<void> {
    await this.clock.until(condition, limitMs, 5).catch(() => {
      throw new Error(`not reached within ${limitMs} ms: ${what}`);
    });
  }

  /** `session_id` of the newest register hook of a user. */
  sessionOf(username: string): string {
    const told = this.hooks.bodies('register').filter((body) => body.username === username);
    return String(told.at(-1)?.session_id ?? 'never registered');
  }

  /** POST to the API from inside a hook: the clock is moved by somebody else meanwhile. */
  async post(
    path: string,
    body: unknown,
  ): Promise<{ status: number; json: { status: boolean; error?: string; data?: { session_id: string } } }> {
    const response = await this.gateway.gateway.api.request(
      path,
      {
        method: 'POST',
        headers: { host: '127.0.0.1', 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' },
    );
    return { status: response.status, json: (await response.json()) as never };
  }

  inviteClient(user: string, roomId: string, more: Record<string, unknown> = {}) {
    return this.gateway.api('POST', '/sip/invite/client', {
      room_id: roomId,
      dest_session_id: this.sessionOf(user),
      from_number: '1000',
      ...more,
    });
  }

  /** The hook server of the contract's §1: rings the callee inside the invite hook, then WaitOtherPeers. */
  bridge(options: BridgeOptions = {}): void {
    this.hooks.on('invite', async (call: HookCall) => {
      this.#rooms += 1;
      const roomId = options.roomId ?? `bridge-${this.#rooms}`;
      const rung = await this.post('/sip/invite/client', {
        room_id: roomId,
        dest_session_id: this.sessionOf(String(call.body.to_number)),
        from_number: call.body.from_number,
        server_alias: null,
        hook_uri: null,
      });
      if (!rung.json.status) return { json: { strategy: 'Reject' } };
      return { json: { strategy: 'WaitOtherPeers', room_id: roomId }, delayMs: options.answerAfterMs ?? 0 };
    });
  }

  /** Makes a phone a server that asks every INVITE for digest credentials (407) before its own policy applies. */
  challengeAt(phone: WorldPhone, account: { readonly username: string; readonly password: string }): void {
    challengeAt(phone, { clock: this.clock, random: this.random, ...account });
  }

  /** States of the call-event hook per call, in order of arrival: `Rejected 486`. */
  histories(): Map<string, string[]> {
    const all = new Map<string, string[]>();
    for (const { body } of this.hooks.calls) {
      if (body.type !== 'call') continue;
      const id = String(body.session_id);
      const code = body.code === null ? '' : ` ${body.code}`;
      all.set(id, [...(all.get(id) ?? []), `${body.state}${code}`]);
    }
    return all;
  }

  /** The histories alone, of one direction. */
  stories(direction: 'in' | 'out'): string[][] {
    const ids = new Set(
      this.hooks.calls.filter(({ body }) => body.direction === direction).map(({ body }) => String(body.session_id)),
    );
    return [...ids].map((id) => this.histories().get(id) ?? []);
  }

  /** SIP messages between the gateway and one phone, as `> INVITE` (from the phone) and `< 180 INVITE`. */
  ladder(phone: WorldPhone, method?: string): string[] {
    const { address } = phone.options;
    return this.wire
      .filter(
        ({ from, to, message }) =>
          (from === address || to === address) && (method ?? message.cseq.method) === message.cseq.method,
      )
      .map(({ from, text }) => `${from === address ? '>' : '<'} ${text}`);
  }

  /** Requests or responses that the gateway sent to the phone, by text. */
  sentTo(phone: WorldPhone, text: string): SipMessage[] {
    return this.wire
      .filter((line) => line.to === phone.options.address && line.text === text)
      .map(({ message }) => message);
  }

  leftovers(gateway: WorldGateway = this.gateway): Record<string, number> {
    return Object.fromEntries(Object.entries(gateway.gateway.leftovers()).filter(([, count]) => count !== 0));
  }

  /** Nothing is left once every timer of a finished call has run out. */
  async expectNothingLeft(): Promise<void> {
    await this.clock.advance(40_000);
    expect(this.leftovers()).toEqual({});
  }

  /** Ends the world; afterwards nothing may be open or armed, and every call has had exactly one terminal event. */
  async finish(): Promise<void> {
    for (const [id, story] of this.histories()) {
      expect([id, story.filter((state) => /^(Rejected|Canceled|Failed|Ended)/.test(state)).length]).toEqual([id, 1]);
      expect(story.at(-1)).toMatch(/^(Rejected|Canceled|Failed|Ended)/);
    }
    expect(await this.close()).toEqual({ sockets: [], timers: 0 });
  }
}
