import type { SetChannelBody } from '../../contract/mediaswitch/rtp.js';
import { type CodecName, codecNames, codecs, type LegMedia, type ReceiveFormat } from '../../media/index.js';

/** What is known of a channel's peer: all that `LegMedia` is made of, without an SDP. */
export interface ChannelAgreement {
  /** Null: nobody has said, or the address is one that nothing can be sent to. */
  readonly remote: { readonly address: string; readonly port: number } | null;
  readonly payloads: readonly number[];
  readonly sends: boolean;
  readonly receives: boolean;
}

const PTIME_MS = 20;
const TELEPHONE_EVENT = 101;
const COMFORT_NOISE = 13;
/** Contract §3.1: the first of these is sent. */
const sendPayloads: readonly number[] = [0, 8, 9, 97];
/** Both sides say mode=20 (contract §2.4). */
const parametersOf = (codec: CodecName): string => (codec === 'ilbc' ? 'mode=20' : codecs[codec].agree(null, null));

export const nothingAgreed: ChannelAgreement = {
  remote: null,
  payloads: [...sendPayloads, TELEPHONE_EVENT],
  sends: true,
  receives: true,
};

/** The agreement after PUT /channel/{uuid}: what the body does not say stays. */
export function agreed(before: ChannelAgreement, body: SetChannelBody): ChannelAgreement {
  const { payloads } = body.audio ?? {};
  const { send, recv } = body.direction ?? {};
  return {
    remote: remoteOf(body.ip, body.port),
    payloads: payloads === null || payloads === undefined || payloads.length === 0 ? before.payloads : payloads,
    sends: send ?? true,
    receives: recv ?? true,
  };
}

/** Null for the addresses of hold (RFC 3264 §8.4). */
export function remoteOf(address: string, port: number): ChannelAgreement['remote'] {
  return port === 0 || address === '0.0.0.0' || address === '::' ? null : { address, port };
}

/** The codec that the channel sends. */
export function codecOf({ payloads }: ChannelAgreement): CodecName {
  const chosen =
    payloads.find((payload) => sendPayloads.includes(payload)) ?? payloads.find((pt) => named(pt) !== null);
  return (chosen === undefined ? null : named(chosen)) ?? 'pcmu';
}

/** A payload type by its static number, or the one that it has in our offers. */
function named(payload: number): CodecName | null {
  const isIts = (codec: CodecName): boolean =>
    codecs[codec].staticPayloadType === payload || codecs[codec].usualPayloadType === payload;
  return codecNames.find(isIts) ?? null;
}

function payloadOf(codec: CodecName): number {
  return codecs[codec].staticPayloadType ?? codecs[codec].usualPayloadType ?? 0;
}

/** Digits can be sent and come as telephone-events. */
export function hasEvents({ payloads }: ChannelAgreement): boolean {
  return payloads.includes(TELEPHONE_EVENT);
}

/** A peer that is on hold, or whose address says so, need not send anything. */
export function isHeld({ remote, receives }: ChannelAgreement): boolean {
  return remote === null || !receives;
}

/**
 * What the media engine does for a channel. The codecs that the original knew are taken whether they were listed or not, by
 * the number of each packet; others are where they are listed.
 */
export function legMediaOf(agreement: ChannelAgreement): LegMedia {
  const { remote, payloads, sends, receives } = agreement;
  const codec = codecOf(agreement);
  const known = [...payloads, ...sendPayloads].flatMap((payload) => named(payload) ?? []);
  const receive = [...new Set([codec, ...known])].map(receiveFormat);
  const { clockRateHz } = codecs[codec];
  return {
    remote: remote === null ? null : { address: remote.address, rtpPort: remote.port, rtcpPort: remote.port + 1 },
    direction: sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive',
    held: isHeld(agreement),
    send: {
      codec,
      payloadType: payloadOf(codec),
      clockRateHz,
      ptimeMs: codecs[codec].ptimeMs(parametersOf(codec), PTIME_MS, PTIME_MS),
      parameters: parametersOf(codec),
    },
    receive,
    telephoneEvents: hasEvents(agreement)
      ? [{ sendPayloadType: TELEPHONE_EVENT, receivePayloadType: TELEPHONE_EVENT, clockRateHz: 8000 }]
      : [],
    ...(payloads.includes(COMFORT_NOISE) ? { comfortNoise: [{ payloadType: COMFORT_NOISE, clockRateHz: 8000 }] } : {}),
    rtcpMux: false,
  };
}

function receiveFormat(codec: CodecName): ReceiveFormat {
  return {
    codec,
    payloadType: payloadOf(codec),
    clockRateHz: codecs[codec].clockRateHz,
    parameters: parametersOf(codec),
  };
}
