import type { Random } from '../base/random.js';
import { type EncodingKind, encodingKind } from './encoding-line.js';
import type { Destination } from './leg-sender.js';
import type { SendingFigures } from './rtcp/reporter.js';
import { ForwardLine, midExtension } from './rtp/forward-line.js';
import type { RtpHeader } from './rtp/packet.js';
import type { CodecName, LegTrack, SendFormat } from './sdp/leg-media.js';
import type { SrtpPath } from './srtp/path.js';
import type { LegPort } from './transport/leg-port.js';

/** Is given each packet of sound of one peer, opened, as it came. All is lent; it must not throw. */
export interface PacketTaker {
  take(header: RtpHeader, data: Uint8Array, codec: CodecName, nowMs: number): void;
}

/** What a leg’s tracks need of its wire. */
export interface TrackWire {
  readonly srtp: Pick<SrtpPath, 'acquire' | 'send'>;
  readonly destination: Destination;
  readonly pair: Pick<LegPort, 'reserve'>;
}

/** 20 ms, as the beat: who has no packets that fit is encoded so. */
const PTIME_MS = 20;
/** Packets that may go out on a beat besides one for each track: reports, checks, keys. */
const BESIDES = 2;

/**
 * The single tracks that one peer is sent in place of the mix (docs/adr/0026): one line of RTP for each m-line that it
 * offered for one, all on the leg’s own wire, under one set of keys and in one format. Which packets go where, its room
 * decides.
 */
export class LegTracks {
  /** A room fills the tracks; else the leg hears what it would without them. */
  isLive = false;
  /** Packets that found no buffer free. */
  dropped = 0;
  readonly format: SendFormat;
  /** What a member is encoded as whose own packets do not fit. */
  readonly kind: EncodingKind;
  readonly lines: readonly ForwardLine[];
  readonly #wire: TrackWire;

  constructor(tracks: readonly LegTrack[], format: SendFormat, wire: TrackWire, random: Random) {
    this.format = format;
    this.kind = encodingKind({ ...format, ptimeMs: PTIME_MS });
    this.#wire = wire;
    wire.pair.reserve(tracks.length + BESIDES);
    this.lines = tracks.map(
      ({ mid, midExtensionId, ssrc = random.uint32() }) =>
        new ForwardLine({
          ssrc,
          sequence: random.uint32() & 0xffff,
          timestamp: random.uint32(),
          clockRateHz: format.clockRateHz,
          extension: midExtension(midExtensionId, mid),
        }),
    );
  }

  get size(): number {
    return this.lines.length;
  }

  /** For their sender reports; not for each beat, it makes objects. */
  figures(nowMs: number): (SendingFigures & { readonly ssrc: number })[] {
    return this.lines.map((line) => {
      const { ssrc, packetsSent, bytesSent } = line;
      return { ssrc, packetsSent, bytesSent, rtpTimestamp: line.timestampAt(nowMs) };
    });
  }

  /** Sends a packet of `source`, any object that stands for the member, on that track. Hot path, no allocation. */
  send(track: number, source: object, header: RtpHeader, data: Uint8Array, nowMs: number): void {
    const { address, port } = this.#wire.destination;
    if (address === null) return;
    const buffer = this.#wire.srtp.acquire();
    if (buffer === null) {
      this.dropped += 1;
      return;
    }
    const line = this.lines[track]!;
    const bytes = line.write(buffer.bytes, source, header, data, this.format.payloadType, nowMs);
    if (bytes > 0) this.#wire.srtp.send(buffer, bytes, address, port);
  }
}

/** Whether both ask for the same lines in the same format, so that those go on. */
export function sameTracks(
  before: { readonly tracks?: readonly LegTrack[]; readonly send: SendFormat | null } | null,
  after: { readonly tracks?: readonly LegTrack[]; readonly send: SendFormat | null },
): boolean {
  const [a, b] = [before?.tracks ?? [], after.tracks ?? []];
  const isSameFormat =
    before?.send?.codec === after.send?.codec &&
    before?.send?.payloadType === after.send?.payloadType &&
    before?.send?.parameters === after.send?.parameters;
  return (
    isSameFormat &&
    a.length === b.length &&
    a.every(
      ({ mid, midExtensionId, ssrc }, i) =>
        mid === b[i]!.mid && midExtensionId === b[i]!.midExtensionId && ssrc === b[i]!.ssrc,
    )
  );
}
