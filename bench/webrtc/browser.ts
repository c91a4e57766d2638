import type { Clock } from '../../base/clock.js';
import type { Network, UdpSocket } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { DtlsAssociation } from '../../media/dtls/association.js';
import { parseFingerprint } from '../../media/dtls/fingerprint.js';
import { type createDtlsIdentity, privateKeyOf } from '../../media/dtls/identity.js';
import { attribute, stunType, writeStun } from '../../media/ice/stun.js';
import { SrtpSender } from '../../media/srtp/context.js';
import { srtpProfiles } from '../../media/srtp/profiles.js';

const address = '127.0.0.1';
const PAYLOAD_TYPE = 111;
const RTP_HEADER_BYTES = 12;
/** As Chromium does. */
const CHECK_MS = 2500;
/** Until its check is answered. */
const FIRST_CHECK_MS = 50;
/** The server gives a handshake up after ten seconds. */
const DEADLINE_MS = 15_000;
const password = 'b'.repeat(24);

export interface Machine {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
}

type Identity = ReturnType<typeof createDtlsIdentity>;

/** A browser as the server sees it: one socket, checks, a DTLS client, Opus over SRTP each 20 ms. Counts what it hears. */
export class BenchBrowser {
  heard = 0;
  readonly #machine: Machine;
  readonly #identity: Identity;
  readonly #payloads: readonly Uint8Array[];
  readonly #sender = new SrtpSender();
  readonly #packet = new Uint8Array(1500);
  readonly #connected: Promise<void>;
  readonly #ssrc: number;
  #socket: UdpSocket | null = null;
  #port = 0;
  #said = { ufrag: '', password: '' };
  #association: DtlsAssociation | null = null;
  #isReady = false;
  #isAnswered = false;
  #sequence = 0;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  /** @param payloads  of one 20 ms each, said over and over */
  constructor(machine: Machine, identity: Identity, payloads: readonly Uint8Array[]) {
    this.#machine = machine;
    this.#identity = identity;
    this.#payloads = payloads;
    this.#ssrc = Buffer.from(machine.random.bytes(4)).readUInt32BE();
    this.#connected = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  offer(): string {
    const lines = [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      't=0 0',
      'a=group:BUNDLE 0',
      `m=audio 9 UDP/TLS/RTP/SAVPF ${PAYLOAD_TYPE}`,
      'c=IN IP4 0.0.0.0',
      'a=ice-ufrag:load',
      `a=ice-pwd:${password}`,
      `a=fingerprint:sha-256 ${this.#identity.fingerprint}`,
      'a=setup:active',
      'a=mid:0',
      'a=rtcp-mux',
      `a=rtpmap:${PAYLOAD_TYPE} opus/48000/2`,
      `a=fmtp:${PAYLOAD_TYPE} minptime=10;useinbandfec=1`,
      'a=sendrecv',
      `a=ssrc:${this.#ssrc} cname:load`,
      '',
    ];
    return lines.join('\r\n');
  }

  /** Checks and shakes hands; resolves when there are keys. */
  async connect(answer: string): Promise<void> {
    const { clock, random, network } = this.#machine;
    this.#port = Number(
      (/^a=candidate:.* 127\.0\.0\.1 (\d+) typ host/m.exec(answer) ?? /^m=audio (\d+)/m.exec(answer))?.[1],
    );
    this.#said = { ufrag: attributeOf(answer, 'ice-ufrag'), password: attributeOf(answer, 'ice-pwd') };
    const theirs = parseFingerprint(attributeOf(answer, 'fingerprint'));
    const onMessage = (data: Uint8Array, length: number): void => this.#take(data, length);
    this.#socket = await network.bindUdp(
      { address, port: 0 },
      { onMessage: (data) => onMessage(data, data.length), onPacket: onMessage, onError: () => undefined },
    );
    this.#association = new DtlsAssociation({
      clock,
      random,
      certificate: this.#identity.certificate,
      key: privateKeyOf(this.#identity.privateKey())!,
      fingerprints: theirs === null ? [] : [theirs],
      profiles: [srtpProfiles.AES_CM_128_HMAC_SHA1_80],
      opening: null,
      events: {
        onKeys: (send) => {
          this.#sender.setKeys(send);
          this.#isReady = true;
          this.#resolve();
        },
        onFailed: (reason) => this.#reject(new Error(reason)),
        onClosed: () => this.#reject(new Error('closed')),
      },
      send: (datagram) => this.#send(datagram, datagram.length),
    });
    this.#check();
    const late = clock.setTimer(DEADLINE_MS, () => this.#reject(new Error('no keys: the machine is too busy')));
    await this.#connected;
    late.cancel();
  }

  /** 20 ms of sound. */
  speak(): void {
    if (!this.#isReady) return;
    const payload = this.#payloads[this.#sequence % this.#payloads.length]!;
    const packet = this.#packet;
    const view = new DataView(packet.buffer);
    packet[0] = 0x80;
    packet[1] = PAYLOAD_TYPE;
    view.setUint16(2, this.#sequence & 0xffff);
    view.setUint32(4, (this.#sequence * 960) >>> 0);
    view.setUint32(8, this.#ssrc);
    packet.set(payload, RTP_HEADER_BYTES);
    this.#sequence += 1;
    this.#send(packet, this.#sender.protectRtp(packet, RTP_HEADER_BYTES + payload.length));
  }

  async close(): Promise<void> {
    this.#isReady = false;
    this.#association?.close();
    const socket = this.#socket;
    this.#socket = null;
    await socket?.close();
  }

  #check(): void {
    if (this.#socket === null) return;
    const { ufrag, password: theirs } = this.#said;
    const attributes = [
      [attribute.username, Buffer.from(`${ufrag}:load`)],
      [attribute.priority, Buffer.from([0x6e, 0, 1, 0xff])],
      [attribute.iceControlling, Buffer.alloc(8, 1)],
      [attribute.useCandidate, Buffer.alloc(0)],
    ] as const;
    const { clock, random } = this.#machine;
    const request = writeStun(stunType.request, random.bytes(12), attributes, theirs);
    this.#send(request, request.length);
    clock.setTimer(this.#isAnswered ? CHECK_MS : FIRST_CHECK_MS, () => this.#check());
  }

  #take(data: Uint8Array, length: number): void {
    if (data[0]! >= 128) this.heard += 1;
    else if (data[0]! >= 20) this.#association?.receive(data.subarray(0, length));
    else if (!this.#isAnswered) {
      this.#isAnswered = true;
      this.#association?.start();
    }
  }

  #send(data: Uint8Array, length: number): void {
    const bytes = Uint8Array.prototype.slice.call(data, 0, length);
    this.#socket?.send(bytes, 0, length, this.#port, address);
  }
}

function attributeOf(sdp: string, name: string): string {
  return new RegExp(`^a=${name}:(.*)$`, 'm').exec(sdp)?.[1]?.trim() ?? '';
}
