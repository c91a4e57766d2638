import type { NativeSrtp } from '../../base/native-srtp.js';
import type { LegSrtp } from '../sdp/leg-media.js';
import type { LegPort } from '../transport/leg-port.js';
import type { SendBuffer } from '../transport/send-buffers.js';
import { SrtpReceiver, SrtpSender } from './context.js';
import type { SrtpKeying } from './keyed-streams.js';
import { SrtpKeyError } from './keys.js';

type Out = Pick<LegPort, 'acquire' | 'acquireRtcp' | 'send' | 'sendRtcp'>;

/**
 * Stands between one leg and its sockets: protects what goes out and opens what comes in, RTP and RTCP (RFC 3711), or hands
 * both through as they are while the leg is in the clear. A packet that cannot be protected is not sent. Rollover
 * counters and replay windows live as long as the leg: hold and re-INVITE with the same keys change nothing, and
 * neither does a while in the clear between. Hot path, no allocation here.
 */
export class SrtpPath implements Out {
  readonly #out: Out;
  readonly #sender: SrtpSender;
  readonly #receiver: SrtpReceiver;
  #isOn = false;
  #isClosed = false;
  #hasRtcpPort = true;

  /** @param native  does the work where there is one, else node:crypto */
  constructor(out: Out, native: NativeSrtp | null = null) {
    this.#out = out;
    this.#sender = new SrtpSender({ native });
    this.#receiver = new SrtpReceiver({ native });
  }

  /** Packets whose tag was wrong, RTP and RTCP; what came in the clear is among them, what is neither is not. */
  get authFailures(): number {
    return this.#receiver.stats.badAuth;
  }

  get replayed(): number {
    return this.#receiver.stats.replayed;
  }

  /**
   * From now on; null: in the clear. Keys that are not those of their profile are none. Never throws.
   * @param hasRtcpPort  false: the keys are not for the RTCP port, which then neither sends nor hears (RFC 5764 §4.1)
   */
  set(srtp: LegSrtp | null, hasRtcpPort = this.#hasRtcpPort): void {
    this.#hasRtcpPort = hasRtcpPort;
    this.#isOn = srtp !== null;
    if (srtp === null || this.#isClosed) return;
    setKeys(this.#sender, srtp.send);
    setKeys(this.#receiver, srtp.receive);
  }

  /** Zeroes the keys and takes no others; of a leg that was protected nothing comes or goes from now on. */
  close(): void {
    this.#isClosed = true;
    this.#sender.close();
    this.#receiver.close();
  }

  /** Opens a packet in place: its length, or 0 when it is refused. */
  openRtp(data: Uint8Array, length: number): number {
    return this.#isOn ? this.#receiver.unprotectRtp(data, length) : length;
  }

  openRtcp(data: Uint8Array, length: number): number {
    return this.#isOn ? this.#receiver.unprotectRtcp(data, length) : length;
  }

  acquire(): SendBuffer | null {
    return this.#out.acquire();
  }

  acquireRtcp(): SendBuffer | null {
    return this.#out.acquireRtcp();
  }

  send(buffer: SendBuffer, length: number, address: string, port: number): void {
    const bytes = this.#isOn ? this.#sender.protectRtp(buffer.bytes, length) : length;
    if (bytes > 0) this.#out.send(buffer, bytes, address, port);
  }

  sendRtcp(buffer: SendBuffer, length: number, address: string, port: number): void {
    if (!this.#hasRtcpPort) return;
    const bytes = this.#isOn ? this.#sender.protectRtcp(buffer.bytes, length) : length;
    if (bytes > 0) this.#out.sendRtcp(buffer, bytes, address, port);
  }

  /** RTCP from the RTP port: RFC 5761. */
  sendRtcpMuxed(buffer: SendBuffer, length: number, address: string, port: number): void {
    const bytes = this.#isOn ? this.#sender.protectRtcp(buffer.bytes, length) : length;
    if (bytes > 0) this.#out.send(buffer, bytes, address, port);
  }
}

function setKeys(context: SrtpSender | SrtpReceiver, keying: SrtpKeying | null): void {
  try {
    context.setKeys(keying);
  } catch (error) {
    if (!(error instanceof SrtpKeyError)) throw error;
    context.setKeys(null);
  }
}
