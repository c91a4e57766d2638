import type { Timer } from '../../base/clock.js';
import type { Network, UdpHandlers, UdpSocket } from '../../base/network.js';
import { attribute, isIntegral, readStun, stunType, writeStun, xorMappedAddress } from '../../media/ice/stun.js';
import type { CodecName, Direction } from '../../media/index.js';
import { identityOf } from './dtls-pair.js';
import type { VirtualWorld, WorldGateway } from './virtual-world.js';
import { steadyLevelOf, Voice } from './voice.js';

/** A browser checks so often once it is connected. */
const CHECK_MS = 2500;
/** And before it is. */
const FIRST_CHECK_MS = 50;
const FIRST_CHECKS = 10;
const password = 'p'.repeat(24);
const PORT = 40_000;
let made = 0;

export interface WebPageOptions {
  /** 0: it says nothing. */
  readonly toneHz?: number;
  readonly direction?: Direction;
  readonly codecs?: readonly CodecName[];
  /** It does the lite side of ICE: tells where it is, and waits for checks. */
  readonly isLite?: boolean;
  /** Changes its offers on their way out. */
  readonly edit?: (sdp: string) => string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/**
 * A page with a voice on the virtual network: makes offers as browsers do, trickling and behind mDNS, checks, handshakes, and may go
 * without a word. It is a real browser to the gateway's side; Chromium itself is in test/interop.
 */
export class WebPage {
  readonly voice: Voice;
  readonly world: VirtualWorld;
  readonly gateway: WorldGateway;
  location = '';
  /** By which it came. */
  token = '';
  etag = '';
  ufrag = 'page';
  /** Good checks of ours that it answered, as a lite client. */
  answered = 0;
  #socket: UdpSocket | null = null;
  #timer: Timer | null = null;
  #isCut = false;
  readonly #isLite: boolean;
  readonly #address: string;
  #offers = 0;

  private constructor(world: VirtualWorld, gateway: WorldGateway, options: WebPageOptions) {
    made += 1;
    this.world = world;
    this.gateway = gateway;
    this.#isLite = options.isLite === true;
    const address = `10.0.3.${(made % 250) + 1}`;
    this.#address = address;
    const { clock, random } = world;
    const { toneHz = 0, codecs = ['pcmu'], direction = 'sendrecv', edit = (sdp: string) => sdp } = options;
    this.voice = new Voice({
      ...{ clock, random, address, toneHz, codecs },
      network: this.#tapped(world.network.host(address)),
      rtpPort: PORT,
      identity: identityOf(made),
      srtp: 'required',
      edit: (sdp) => edit(this.#asBrowser(sdp)),
    });
    this.voice.direction = direction;
  }

  static async open(world: VirtualWorld, gateway: WorldGateway, options: WebPageOptions = {}): Promise<WebPage> {
    const page = new WebPage(world, gateway, options);
    await page.voice.open();
    return page;
  }

  async request(
    method: string,
    path: string,
    { body, headers = {} }: { readonly body?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<HttpAnswer> {
    const init = { method, headers: { host: '127.0.0.1', ...headers }, ...(body === undefined ? {} : { body }) };
    const env = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    const response = await this.world.while(Promise.resolve(this.gateway.gateway.api.request(path, init, env)));
    return { status: response.status, text: await response.text(), headers: response.headers };
  }

  /** POST of its offer; when it is taken, the connection is made, checks and all. */
  async connect(path: string, token: string): Promise<HttpAnswer> {
    const offer = this.voice.offer().toString();
    const headers = { 'content-type': 'application/sdp', authorization: `Bearer ${token}` };
    const answer = await this.request('POST', path, { body: offer, headers });
    if (answer.status !== 201) return answer;
    this.token = token;
    this.location = answer.headers.get('location') ?? '';
    this.etag = answer.headers.get('etag') ?? '';
    this.use(answer.text);
    await this.world.clock.advance(500);
    return answer;
  }

  /** What it says of itself is sent as a fragment or an offer. */
  patch(body: string, headers: Record<string, string> = {}): Promise<HttpAnswer> {
    const usual = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': this.etag };
    return this.request('PATCH', this.location, { body, headers: { ...usual, ...headers } });
  }

  /** An answer: where to, and with which password it checks. */
  use(answer: string): void {
    this.voice.accept(Buffer.from(answer));
    if (!this.#isLite) this.check(answer);
  }

  /** Checks with the credentials and towards the first candidate of a text of the gateway. */
  check(text: string): void {
    const local = /a=ice-ufrag:(\S+)/.exec(text)?.[1] ?? '';
    const key = /a=ice-pwd:(\S+)/.exec(text)?.[1] ?? '';
    const [, address = '', port = '0'] = /a=candidate:\S+ 1 UDP \d+ (\S+) (\d+)/.exec(text) ?? [];
    this.#timer?.cancel();
    let sent = 0;
    const send = (): void => {
      sent += 1;
      const attributes = [
        [attribute.username, Buffer.from(`${local}:${this.ufrag}`)],
        [attribute.priority, Buffer.from([0x6e, 0, 1, 0xff])],
        [attribute.iceControlling, Buffer.alloc(8, 1)],
        [attribute.useCandidate, Buffer.alloc(0)],
      ] as const;
      const check = writeStun(stunType.request, this.world.random.bytes(12), attributes, key);
      this.#socket?.send(check, 0, check.length, Number(port), address);
      this.#timer = this.world.clock.setTimer(sent < FIRST_CHECKS ? FIRST_CHECK_MS : CHECK_MS, send);
    };
    send();
  }

  /** The tab is closed, or the machine is switched off: nothing leaves it any more. */
  cut(): void {
    this.#isCut = true;
    this.#timer?.cancel();
  }

  /** What it hears of these tones within a second. */
  async hears(...tones: readonly number[]): Promise<number[]> {
    await this.world.clock.advance(500);
    this.voice.takeHeard();
    await this.world.clock.advance(1000);
    const heard = this.voice.takeHeard();
    return tones.filter((hz) => steadyLevelOf(heard, hz, this.voice.rateHz) > -35);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.world.while(this.voice.close());
  }

  /** As Chromium writes it before its candidates are known. */
  #asBrowser(sdp: string): string {
    this.#offers += 1;
    const where = this.#isLite ? [`a=candidate:1 1 UDP 2130706431 ${this.#address} ${PORT} typ host`] : [];
    const session = this.#isLite ? 'a=ice-lite\r\n' : '';
    const audio = [...where, `a=mid:0`, `a=ice-ufrag:${this.ufrag}`, `a=ice-pwd:${password}`, 'a=ice-options:trickle'];
    return sdp
      .replace(/^c=.*$/gm, 'c=IN IP4 0.0.0.0')
      .replace(/^m=audio \d+ /m, 'm=audio 9 ')
      .replace(/^(t=.*)$/m, `$1\r\n${session}a=group:BUNDLE 0`)
      .replace(/\r\n$/, `\r\n${audio.join('\r\n')}\r\n`);
  }

  /** A check of the gateway: RFC 8445 §7.3. */
  #answers(data: Buffer, address: string, port: number): boolean {
    const message = data[0]! < 4 ? readStun(data) : null;
    if (message?.type !== stunType.request) return false;
    const isControlling = message.attributes.has(attribute.iceControlling);
    const name = message.attributes.get(attribute.username)?.toString() ?? '';
    if (!isControlling || !name.startsWith(`${this.ufrag}:`) || !isIntegral(message, password)) return true;
    this.answered += 1;
    const mapped = [attribute.xorMappedAddress, xorMappedAddress(address, port, message.transactionId)] as const;
    const answer = writeStun(stunType.success, message.transactionId, [mapped], password);
    if (!this.#isCut) this.#socket?.send(answer, 0, answer.length, port, address);
    return true;
  }

  /** The network, but for what leaves after a cut. */
  #tapped(network: Network): Network {
    const bindUdp: Network['bindUdp'] = async (at, handlers) => {
      const { onMessage } = handlers;
      const { onPacket = (data, length, address, port) => onMessage(data.subarray(0, length), address, port) } =
        handlers;
      const taken: UdpHandlers = {
        ...handlers,
        onMessage: (data, ...from) => this.#answers(data, ...from) || onMessage(data, ...from),
        onPacket: (data, length, ...from) =>
          this.#answers(data.subarray(0, length), from[0], from[1]) || onPacket(data, length, ...from),
      };
      const socket = await network.bindUdp(at, this.#isLite ? taken : handlers);
      const tapped: UdpSocket = {
        local: socket.local,
        get queuedBytes() {
          return socket.queuedBytes;
        },
        send: (...args) => (this.#isCut ? args[5]?.(null) : socket.send(...args)),
        close: () => socket.close(),
      };
      this.#socket ??= tapped;
      return tapped;
    };
    return new Proxy(network, { get: (target, key) => (key === 'bindUdp' ? bindUdp : Reflect.get(target, key)) });
  }
}
