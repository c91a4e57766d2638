import { silentLogger } from '../../base/log.js';
import type { ApiEnv } from '../../gateway/api/auth.js';
import { createRtpApi } from '../../gateway/api/rtp-app.js';
import { createControlClient } from '../../gateway/control/control-client.js';
import type { HttpRequest } from '../../gateway/hooks/transport.js';
import { RtpServer } from '../../gateway/rtp-server/server.js';
import type { CodecName, SampleRateHz } from '../../media/index.js';
import { codecs } from '../../media/index.js';
import { createMediaPool } from '../../rooms/index.js';
import { MediaStage } from './media-stage.js';
import { MemorySounds } from './memory-sounds.js';
import { FakeHost } from './pool-bench.js';
import { createSeededRandom } from './seeded-random.js';
import { levelOf, Voice } from './voice.js';

const payloadOf: Partial<Record<CodecName, number>> = { pcmu: 0, pcma: 8, g722: 9, ilbc: 97 };

export const controlUrl = 'http://control.test:9001';

/** A phone at a channel of the RTP server: its media without SIP. */
export interface RtpPhone {
  readonly uuid: string;
  readonly voice: Voice;
  readonly toneHz: number;
}

/** An RTP server over media hosts on a made-up network and clock, asked through its HTTP API without a socket. */
export class RtpStage {
  readonly media: MediaStage;
  readonly sounds = new MemorySounds();
  readonly server: RtpServer;
  /** What control servers were told, in order. */
  readonly told: { readonly method: string; readonly url: string; readonly body: Record<string, unknown> }[] = [];
  refusal: string | null = null;
  readonly #api: ReturnType<typeof createRtpApi>;
  readonly #random = createSeededRandom(5);
  #phones = 0;

  /** @param hosts  0: one without beats, where hours go by at once; it says nothing by itself */
  constructor(hosts = 1) {
    this.media = new MediaStage(Math.max(1, hosts));
    const { clock, ports } = this.media;
    const random = this.#random;
    const bare = { clock, random, log: silentLogger, hosts: 1, spawn: () => new FakeHost() };
    const pool = hosts === 0 ? createMediaPool(bare) : this.media.pool;
    const transport = async ({ method, url, body }: HttpRequest) => {
      this.told.push({ method, url, body: JSON.parse(body) as Record<string, unknown> });
      return { status: 200, headers: {}, body: '' };
    };
    this.server = new RtpServer({
      clock,
      random,
      log: silentLogger,
      pool,
      ports,
      files: this.sounds,
      control: createControlClient({ clock, transport }),
      address: { bind: '10.0.0.1', published: '192.0.2.1' },
      inbandDtmf: 'off',
      refusal: () => this.refusal,
    });
    const health = { ready: () => true, counters: () => this.server.counters(), histograms: () => ({}) };
    this.#api = createRtpApi(this.server, health, { apiSecret: null, apiAllow: [] });
  }

  get clock(): MediaStage['clock'] {
    return this.media.clock;
  }

  /** The status and, where there is one, the JSON of the answer. */
  async ask(method: string, path: string, body?: unknown): Promise<[number, Record<string, unknown>]> {
    const env: ApiEnv['Bindings'] = { remoteAddress: '127.0.0.1', localAddress: '127.0.0.1' };
    const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const asking = Promise.resolve(this.#api.request(path, { method, headers: { host: '127.0.0.1' }, ...text }, env));
    const response = await this.during(asking);
    const read = await response.text();
    return [response.status, read === '' ? {} : (JSON.parse(read) as Record<string, unknown>)];
  }

  /** Runs the clock until the promise settles. */
  async during<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    await this.clock.until(() => settled);
    return done;
  }

  /** Asks, and throws where the answer is not 200. */
  async must(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const [status, json] = await this.ask(method, path, body);
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  /** Opens a channel and connects a phone to it that says a tone. */
  async phone(toneHz: number, codec: CodecName = 'pcmu', payloads?: readonly number[]): Promise<RtpPhone> {
    this.#phones += 1;
    const address = `10.0.2.${this.#phones}`;
    const rateHz: SampleRateHz = codecs[codec].sampleRateHz;
    const network = this.media.network.host(address);
    const { clock } = this;
    const random = this.#random;
    const voice = new Voice({ clock, network, random, address, rtpPort: 4000, toneHz, codecs: [codec], rateHz });
    await voice.open();
    const { uuid, port } = await this.must('POST', '/', { control: controlUrl });
    voice.session.set(mediaOf(codec, { address: '10.0.0.1', port: Number(port) }));
    const audio = { payloads: payloads ?? [payloadOf[codec], 101] };
    await this.must('PUT', `/channel/${uuid}`, { ip: address, port: 4000, audio });
    return { uuid: String(uuid), voice, toneHz };
  }

  /** Lets `ms` pass, then tells which of the tones each phone heard (above −40 dB). */
  async hears(phones: readonly RtpPhone[], tones: readonly number[], ms = 600): Promise<number[][]> {
    for (const { voice } of phones) voice.takeHeard();
    await this.clock.advance(ms);
    return phones.map(({ voice }) => {
      const heard = voice.takeHeard();
      return tones.filter((hz) => levelOf(heard, hz, voice.rateHz) > -40);
    });
  }

  /** What the control server was told of a channel. */
  eventsOf({ uuid }: Pick<RtpPhone, 'uuid'>): Record<string, unknown>[] {
    return this.told.filter(({ url }) => url === `${controlUrl}/channel/${uuid}`).map(({ body }) => body);
  }
}

function mediaOf(codec: CodecName, { address, port }: { readonly address: string; readonly port: number }) {
  const { clockRateHz } = codecs[codec];
  const parameters = codec === 'ilbc' ? 'mode=20' : codecs[codec].agree(null, null);
  const format = { codec, payloadType: payloadOf[codec] ?? 0, clockRateHz, parameters };
  return {
    remote: { address, rtpPort: port, rtcpPort: port + 1 },
    direction: 'sendrecv',
    held: false,
    send: { ...format, ptimeMs: 20 },
    receive: [format],
    telephoneEvents: [{ sendPayloadType: 101, receivePayloadType: 101, clockRateHz: 8000 }],
    rtcpMux: false,
  } as const;
}
