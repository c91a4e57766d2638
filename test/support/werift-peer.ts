import {
  MediaStreamTrack,
  type PeerConfig,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  RtpPacket,
} from 'werift';
import { type Codec, type CodecName, codecs, type Encoder } from '../../media/index.js';

const payloadTypes: Partial<Record<CodecName, number>> = { opus: 111, pcmu: 0, pcma: 8, g722: 9 };

export interface WeriftOptions {
  readonly codec: CodecName;
  /** 0: it says nothing. */
  readonly toneHz?: number;
  readonly direction: 'sendonly' | 'recvonly' | 'sendrecv';
  /** Whether it does the lite side of ICE, which waits for checks. */
  readonly isLite?: boolean;
}

/**
 * werift as a second implementation of WebRTC, without a browser: it publishes and plays, and its sound is made and read by
 * our codecs. Its ICE finds us over loopback.
 */
export class WeriftPeer {
  readonly connection: RTCPeerConnection;
  readonly #codec: Codec;
  readonly #track = new MediaStreamTrack({ kind: 'audio' });
  readonly #encoder: Encoder;
  readonly #heard: Int16Array[] = [];
  readonly #toneHz: number;
  readonly #listen: () => void;
  #timer: NodeJS.Timeout | null = null;
  #sequence = 0;
  #sample = 0;

  constructor({ codec: name, toneHz = 0, direction, isLite = false }: WeriftOptions) {
    const codec = codecs[name];
    this.#codec = codec;
    this.#toneHz = toneHz;
    this.#encoder = codec.createEncoder();
    const parameters = new RTCRtpCodecParameters({
      mimeType: `audio/${codec.encodingName}`,
      clockRate: codec.clockRateHz,
      channels: codec.channels,
      payloadType: payloadTypes[name] ?? 96,
    });
    const config: Partial<PeerConfig> = {
      codecs: { audio: [parameters] },
      iceAdditionalHostAddresses: ['127.0.0.1'],
      iceLite: isLite,
    };
    this.connection = new RTCPeerConnection(config);
    const transceiver = this.connection.addTransceiver(this.#track, { direction });
    const decoder = codec.createDecoder();
    // werift gives a track only to what a=ssrc has announced (RFC 5576), which nobody has to: what comes is read before that.
    this.#listen = () => {
      transceiver.dtlsTransport.onRtp.subscribe(({ payload }) => {
        const samples = new Int16Array(codec.sampleRateHz / 10);
        this.#heard.push(samples.slice(0, decoder.decode(payload, 0, payload.length, samples, 0)));
      });
    };
  }

  get rateHz(): number {
    return this.#codec.sampleRateHz;
  }

  /** Its offer with all its candidates. */
  async offer(): Promise<string> {
    await this.connection.setLocalDescription(await this.connection.createOffer());
    return this.connection.localDescription!.sdp;
  }

  async accept(answer: string): Promise<void> {
    await this.connection.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#listen();
  }

  get isConnected(): boolean {
    return this.connection.connectionState === 'connected';
  }

  /** Says its tone from now on, each 20 ms as well as its timer can. */
  speak(): void {
    this.#timer ??= setInterval(() => this.#say(), 20);
  }

  /** Everything heard since the last call. */
  takeHeard(): Int16Array {
    const frames = this.#heard.splice(0);
    const all = new Int16Array(frames.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const frame of frames) {
      all.set(frame, at);
      at += frame.length;
    }
    return all;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.connection.close();
  }

  #say(): void {
    const { sampleRateHz, clockRateHz } = this.#codec;
    const samples = sampleRateHz / 50;
    const pcm = Int16Array.from({ length: samples }, (_, at) =>
      Math.round(8000 * Math.sin((2 * Math.PI * this.#toneHz * (this.#sample + at)) / sampleRateHz)),
    );
    const out = Buffer.alloc(this.#codec.maxPayloadBytes(samples));
    const bytes = this.#encoder.encode(pcm, 0, samples, out, 0);
    const timestamp = Math.round((this.#sample * clockRateHz) / sampleRateHz) >>> 0;
    const header = new RtpHeader({ sequenceNumber: this.#sequence, timestamp, marker: this.#sequence === 0 });
    this.#track.writeRtp(new RtpPacket(header, out.subarray(0, bytes)));
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#sample += samples;
  }
}
