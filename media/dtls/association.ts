import type { KeyObject } from 'node:crypto';
import type { Clock, Timer } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import type { SrtpKeying } from '../srtp/keyed-streams.js';
import type { SrtpProfile } from '../srtp/profiles.js';
import { ClientSide } from './client-side.js';
import { type AlertName, alertOf, contentType } from './constants.js';
import { Conversation, type FlightRecord, type Step } from './conversation.js';
import type { Fingerprint } from './fingerprint.js';
import { srtpKeys } from './key-schedule.js';
import { Reassembly } from './reassembly.js';
import { type Record, RecordLayer } from './records.js';
import { ServerSide } from './server-side.js';
import { number } from './wire.js';

/** RFC 6347 §4.2.4.1 has 1 s for the web; a caller hears the difference, so it is less here, and doubled as there. */
const FIRST_RESEND_MS = 400;
const MAX_RESEND_MS = 3200;
/** A flight that the peer repeats is answered with ours again, but not more often than that. */
const MIN_REPEAT_MS = 100;
/** Datagrams of ours stay below what every path carries (RFC 8200 §5, less IPv6 and UDP). */
const MAX_DATAGRAM_BYTES = 1200;
const FATAL = 2;
const WARNING = 1;

/** News of one association, told from within `receive` or a timer. */
export interface DtlsEvents {
  /** The handshake is done and the peer is who its SDP says. */
  onKeys(send: SrtpKeying, receive: SrtpKeying): void;
  /** There will be no keys, or no more; nothing follows. */
  onFailed(reason: string): void;
  /** The peer ended it in order (close_notify); nothing follows. */
  onClosed(): void;
}

export interface DtlsAssociationOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
  readonly fingerprints: readonly Fingerprint[];
  /** That we take, most wanted first. */
  readonly profiles: readonly SrtpProfile[];
  /** Null: we are the client. Else what the ClientHello with the right cookie had. */
  readonly opening: { readonly recordSequence: number; readonly messageSequence: number } | null;
  readonly events: DtlsEvents;
  /** `datagram` is only lent. */
  send(datagram: Uint8Array): void;
}

/**
 * One DTLS 1.2 association for the keys of SRTP: RFC 6347, RFC 5764. It does one handshake, in which each side proves that it
 * has the key of the certificate that its SDP speaks of, and then lives on to answer what is repeated and to hear
 * or say close_notify. Application data is not carried. Whatever comes, nothing here throws, and what comes in the
 * clear cannot end an association that is done. A handshake costs about 2 ms of CPU, in three pieces.
 */
export class DtlsAssociation {
  readonly #options: DtlsAssociationOptions;
  readonly #records: RecordLayer;
  readonly #messages: Reassembly;
  readonly #talk: Conversation;
  readonly #side: ClientSide | ServerSide;
  #state: 'handshake' | 'done' | 'over' = 'handshake';
  #flight: readonly FlightRecord[] = [];
  #sentMs = Number.NEGATIVE_INFINITY;
  #resendMs = FIRST_RESEND_MS;
  #timer: Timer | null = null;
  /** What the peer said in the clear, so that it is perhaps not its word. */
  #alert: number | null = null;

  constructor(options: DtlsAssociationOptions) {
    const { random, opening } = options;
    this.#options = options;
    this.#records = new RecordLayer(opening?.recordSequence ?? 0);
    this.#messages = new Reassembly(opening?.messageSequence ?? 0);
    this.#talk = new Conversation({
      ...options,
      side: opening === null ? 'client' : 'server',
      random: random.bytes(32),
      records: this.#records,
      firstSequence: opening?.messageSequence ?? 0,
    });
    this.#side = opening === null ? new ClientSide(this.#talk) : new ServerSide(this.#talk);
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Records and fragments that were none, forged, or too much. */
  get refused(): number {
    return this.#records.refused + this.#messages.refused;
  }

  /** The client's first flight; a server waits. */
  start(): void {
    if (this.#side instanceof ClientSide) this.#sendFlight(this.#side.start(), false);
  }

  /** @param datagram  only lent */
  receive(datagram: Uint8Array): void {
    const repeated = this.#messages.repeated;
    const flight = this.#flight;
    // Bodies are kept until their message is whole, and the socket's buffer is not ours.
    this.#records.read(Buffer.from(datagram), (record) => this.#take(record));
    const wasRepeated = this.#messages.repeated > repeated && this.#flight === flight;
    // A client that is done has heard the last flight: to answer it again would be answered again, for ever.
    const isHeard = this.#state === 'done' && this.#side instanceof ClientSide;
    if (wasRepeated && !isHeard && this.#options.clock.nowMs() - this.#sentMs >= MIN_REPEAT_MS) this.#write();
  }

  /** Says close_notify where there is somebody to hear it; nothing follows. May be called at any time, also twice. */
  close(): void {
    if (this.#state === 'done') this.#sendAlert(WARNING, 'close_notify');
    this.#end();
  }

  /** What the handshake is waiting for, for whoever gives it up. */
  get trouble(): string {
    return this.#alert === null ? 'no answer' : `alert ${this.#alert}`;
  }

  #take({ type, epoch, body }: Record): void {
    if (this.#state === 'over') return;
    if (type === contentType.alert) this.#takeAlert(epoch, body);
    if (type !== contentType.handshake || (this.#state === 'done' && epoch === 0)) return;
    this.#messages.add(body, epoch);
    while (this.#state === 'handshake') {
      const message = this.#messages.take();
      if (message === null) return;
      this.#step(this.#side.take(message));
    }
  }

  #step(step: Step): void {
    switch (step.type) {
      case 'wait':
        return;
      case 'send':
        this.#sendFlight(step.flight, step.isLast);
        if (step.isLast) this.#done();
        return;
      case 'done':
        this.#done();
        return;
      case 'fail':
        this.#sendAlert(FATAL, step.alert);
        this.#end();
        this.#options.events.onFailed(step.reason);
        return;
    }
  }

  /** RFC 6347 §4.1.2.7: an alert in the clear may be anybody's, so it explains a failure and makes none. */
  #takeAlert(epoch: 0 | 1, body: Buffer): void {
    const description = body.length === 2 ? body[1]! : null;
    if (description === null) return;
    this.#alert = description;
    if (epoch === 0 || (body[0] !== FATAL && description !== alertOf.close_notify)) return;
    this.#end();
    if (description === alertOf.close_notify) this.#options.events.onClosed();
    else this.#options.events.onFailed(`alert ${description}`);
  }

  #done(): void {
    this.#state = 'done';
    this.#timer?.cancel();
    const { profile, master, randoms, options } = this.#talk;
    const keys = srtpKeys(master!, randoms, profile!);
    const of = (side: 'client' | 'server'): SrtpKeying => ({ profile: profile!.name, keyAndSalt: keys[side] });
    const [ours, theirs] =
      options.side === 'client' ? (['client', 'server'] as const) : (['server', 'client'] as const);
    this.#options.events.onKeys(of(ours), of(theirs));
  }

  #end(): void {
    this.#state = 'over';
    this.#timer?.cancel();
  }

  #sendFlight(flight: readonly FlightRecord[], isLast: boolean): void {
    this.#flight = flight;
    this.#resendMs = FIRST_RESEND_MS;
    this.#timer?.cancel();
    if (!isLast) this.#wait();
    this.#write();
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimer(this.#resendMs, () => {
      this.#resendMs = Math.min(this.#resendMs * 2, MAX_RESEND_MS);
      this.#wait();
      this.#write();
    });
  }

  /** The flight, in as few datagrams as it fits into. */
  #write(): void {
    if (this.#state === 'over') return;
    this.#sentMs = this.#options.clock.nowMs();
    let datagram: Buffer[] = [];
    let bytes = 0;
    for (const { type, epoch, body } of this.#flight) {
      const record = this.#records.write(type, epoch, body);
      if (bytes > 0 && bytes + record.length > MAX_DATAGRAM_BYTES) {
        this.#options.send(Buffer.concat(datagram));
        datagram = [];
        bytes = 0;
      }
      datagram.push(record);
      bytes += record.length;
    }
    if (bytes > 0) this.#options.send(Buffer.concat(datagram));
  }

  #sendAlert(level: number, name: AlertName): void {
    const body = Buffer.concat([number(level, 1), number(alertOf[name], 1)]);
    this.#options.send(this.#records.write(contentType.alert, this.#records.hasKeys ? 1 : 0, body));
  }
}
