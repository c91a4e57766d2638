import { codecs } from '../codec/codec.js';
import { browserOffer, isOfBrowser, mediaWhileOffered } from './browser-offer.js';
import { type AudioName, audioName, ourMsid, writtenName } from './bundle-lines.js';
import { chooseAudio, hasCodec, namesOf } from './choose-audio.js';
import {
  type AudioSecurity,
  acceptedSecurity,
  offeredSecurity,
  otherSecurity,
  srtpOf,
  writtenCrypto,
} from './crypto-lines.js';
import { writtenDtls } from './dtls-lines.js';
import { writtenAudioLevel } from './extmap-lines.js';
import { type AnswerFault, type OfferFault, type Refused, refused } from './faults.js';
import { formatSdp, type WrittenAudio, type WrittenRefusal } from './format.js';
import { type FormatName, type NamedFormat, namedFormats, ownFmtp } from './format-names.js';
import { acceptedIce, answeredIce, checksOf, type IceState, legIceOf, writtenIce } from './ice-lines.js';
import type { Direction, LegMedia, LegTrack } from './leg-media.js';
import type { LocalMedia } from './local-media.js';
import { type Agreement, audioFault, legMedia, receiveFormat, telephoneEvents } from './negotiate.js';
import { parseSdp } from './parse.js';
import { numbered, withNumbers } from './payload-types.js';
import { everyBlock, type RtcpXr } from './rtcp-xr.js';
import { writtenSource } from './source-lines.js';
import { trackLines, type WrittenTrack, writtenMidExtension, writtenTrack } from './track-lines.js';
import { refusalOf, writtenFormat } from './written-lines.js';

/** What our offer said that its answer is read against. */
interface PendingOffer {
  readonly formats: readonly NamedFormat[];
  readonly direction: Direction;
  readonly address: string;
  readonly security: AudioSecurity;
  readonly rtcpMux: boolean;
  readonly rtcpXrOff: boolean;
  /** Of the last 18x with a description. */
  readonly early: LegMedia | null;
}

/**
 * One leg's offer/answer history (RFC 3264 §8): plain data, replaced and never changed. Its size is bounded by the
 * m-lines of the largest description that the parser takes and by the 128 payload types.
 */
export interface OfferAnswerState {
  readonly sessionId: string;
  readonly username: string;
  /** Of the last description sent. */
  readonly sessionVersion: number;
  /** The last description sent; null before the first. */
  readonly sent: string | null;
  readonly timing: string;
  /** Every m-line so far but our audio, as it is repeated with port 0, or a track beside it; null in the place of our audio. */
  readonly lines: readonly (WrittenRefusal | WrittenTrack | null)[];
  /** What each number has stood for: it keeps its meaning for the whole session (RFC 3264 §8.3.2). */
  readonly numbers: readonly NamedFormat[];
  /** Of our last description: it carries keys; null before the first. */
  readonly security: AudioSecurity | null;
  /** Of our last description; null without ICE. */
  readonly ice: IceState | null;
  /** As the last offer calls our audio line, the peer's or ours to a browser; null without a name. */
  readonly name: AudioName | null;
  /** Of our last answer. */
  readonly tracks: readonly LegTrack[];
  /** Our offer that waits for its answer. */
  readonly pending: PendingOffer | null;
}

export interface Answered {
  readonly ok: true;
  readonly state: OfferAnswerState;
  /** Our answer. */
  readonly sdp: string;
  readonly media: LegMedia;
}

export interface Accepted {
  readonly ok: true;
  readonly state: OfferAnswerState;
  readonly media: LegMedia;
}

/** @param sessionId decimal, unique per leg (RFC 8866 §5.2); at most 63 bits */
export function createOfferAnswer(options: { sessionId: string; username: string }): OfferAnswerState {
  const none = {
    sent: null,
    timing: '0 0',
    lines: [],
    numbers: [],
    security: null,
    ice: null,
    name: null,
    tracks: [],
    pending: null,
  };
  return { ...options, ...none, sessionVersion: 0 };
}

/**
 * Our offer, first or later (RFC 3264 §5, §8): m-lines and payload numbers of the session are kept, and the version
 * grows only when something changed. An offer of ours that is still out counts as refused.
 */
export function makeOffer(
  state: OfferAnswerState,
  local: LocalMedia,
): { readonly state: OfferAnswerState; readonly sdp: string } {
  const formats = numbered([...namesOf(local), ...noiseOf(state)], state.numbers);
  const lines = state.lines.length === 0 ? [null] : state.lines;
  const before = { security: offeredSecurity(state.security, local.srtp), ice: state.ice, name: state.name };
  const said = (state.security === null ? browserOffer(local) : null) ?? before;
  const { security, ice } = said;
  const next = { ...state, ...said, lines, numbers: withNumbers(state.numbers, formats) };
  const { direction, address, rtcpXr = 'answer' } = local;
  const asked = rtcpXr === 'offer' ? everyBlock : null;
  // Each port would need a handshake of its own (RFC 5764 §4.1).
  const rtcpMux = security.dtls !== null || ice !== null;
  const sent = send(next, local, { formats, direction, rtcpMux, security, rtcpXr: asked });
  const pending = { formats, direction, address, security, rtcpMux, early: null, rtcpXrOff: rtcpXr === 'off' };
  return { ...sent, state: { ...sent.state, pending } };
}

/**
 * Our first offer, which the peer refused (488), with its sound secured another way; null where there is none. The refused
 * one is forgotten.
 */
export function makeOtherOffer(
  state: OfferAnswerState,
  local: LocalMedia,
): { readonly state: OfferAnswerState; readonly sdp: string } | null {
  if (state.pending === null) return null;
  const security = otherSecurity(state.pending.security, local.srtp);
  return security === null ? null : makeOffer({ ...state, security, ice: null, name: null }, local);
}

/** The peer refused our offer (4xx to a re-INVITE, 491): the session stays as it was (RFC 3261 §14.1). */
export function withdrawOffer(state: OfferAnswerState): OfferAnswerState {
  return { ...state, pending: null };
}

/** What to hear while our first offer is out (RFC 3264 §5.1). */
export function mediaForOffer(local: LocalMedia): LegMedia {
  const listens = local.direction === 'sendrecv' || local.direction === 'recvonly';
  const formats = numbered(namesOf(local), []);
  return {
    remote: null,
    direction: listens ? 'recvonly' : 'inactive',
    held: false,
    send: null,
    receive: formats.flatMap((format) => receiveFormat(format, null)),
    telephoneEvents: telephoneEvents(formats, formats, codecs[local.codecs[0]!].clockRateHz),
    rtcpMux: false,
    ...mediaWhileOffered(local),
  };
}

/** SDP of an unreliable 18x: heard and remembered, but the offer stays open for the final answer (RFC 6337 §3.1.1). */
export function earlyAnswer(state: OfferAnswerState, sdp: string): Accepted | Refused<AnswerFault> {
  const { pending } = state;
  if (pending === null) return refused('no-offer');
  const read = readAnswer(state, pending, sdp);
  if (!read.ok) return read;
  const { media, security, ice } = read;
  return { ok: true, state: { ...state, security, ice, pending: { ...pending, early: media } }, media };
}

/**
 * The answer to our offer. A second one to the same offer is refused with `no-offer`; an unusable one leaves the
 * offer open. `null`: the 2xx carried none, so the last early answer stands.
 */
export function acceptAnswer(state: OfferAnswerState, sdp: string | null): Accepted | Refused<AnswerFault> {
  const { pending } = state;
  if (pending === null) return refused('no-offer');
  if (sdp === null) {
    if (pending.early === null) return refused('no-answer');
    return { ok: true, state: withdrawOffer(state), media: pending.early };
  }
  const read = readAnswer(state, pending, sdp);
  if (!read.ok) return read;
  const { media, security, ice } = read;
  return { ok: true, state: { ...withdrawOffer(state), security, ice }, media };
}

/**
 * Our answer to the peer's offer, first or later: RFC 3264 §6. It mirrors the offer's m-lines; the audio line that
 * carries the call stays the same as long as the offer allows, every other line is refused with port 0.
 * A refusal changes nothing.
 */
export function answerOffer(state: OfferAnswerState, sdp: string, local: LocalMedia): Answered | Refused<OfferFault> {
  if (state.pending !== null) return refused('offer-pending');
  const offer = parseSdp(sdp);
  if (!offer.ok) return refused('unparsable', offer.fault);
  const chosen = chooseAudio({ current: state.lines.indexOf(null), security: state.security }, offer.value, local);
  if (!chosen.ok) return refused(chosen.fault, chosen.detail);
  const { index, audio, formats, security } = chosen;
  const answer = formats.map((format) => ({ ...format, fmtp: ownFmtp(format.name, format.fmtp ?? '') }));
  const { ice, isMismatch } = answeredIce(audio, state.ice, local.iceRandom);
  const agreement: Agreement = {
    sendFormats: formats,
    receiveFormats: answer,
    wanted: local.direction,
    answersOurs: false,
    rtcpMux: audio.rtcpMux,
    rtcpXrOff: local.rtcpXr === 'off',
    checksFrom: checksOf(ice) ? local.address : null,
  };
  const found = { ...legIceOf(ice, ownAddresses(local)), ...consentOf(ice, isOfBrowser(audio, offer.value)) };
  const agreed = { ...legMedia(audio, agreement), ...srtpOf(security), ...found };
  const { tracks, others } = trackLines(offer.value, index, agreed, {
    most: local.tracks ?? 0,
    ssrcOf: (mid) => state.tracks.find((track) => track.mid === mid)?.ssrc ?? local.iceRandom?.uint32(),
  });
  const media = tracks.length === 0 ? agreed : { ...agreed, tracks };
  const lines = offer.value.media.map((line, at) => (at === index ? null : (others.get(at) ?? refusalOf(line))));
  const numbers = withNumbers(state.numbers, answer);
  const name = audioName(audio, offer.value.bundles);
  const next = { ...state, lines, timing: offer.value.timing, numbers, security, ice, name, tracks };
  const { direction, rtcpMux, rtcpXr = null, audioLevelId } = media;
  const ours = { formats: answer, direction, rtcpMux, security, rtcpXr, isMismatch, audioLevelId };
  const sent = send(next, local, { ...ours, track: tracks[0], trackFormat: media.send?.payloadType });
  return { ok: true, media, ...sent };
}

type ReadAnswer =
  | {
      readonly ok: true;
      readonly media: LegMedia;
      readonly security: AudioSecurity;
      readonly ice: IceState | null;
    }
  | Refused<AnswerFault>;

/** RFC 8835 §4.1 has a browser consent over and over (RFC 7675); phones with ICE need not, and may be silent (RFC 8445 §11). */
function consentOf(ice: IceState | null, isBrowser: boolean): { readonly consents?: boolean } {
  return ice === null ? {} : { consents: isBrowser };
}

function ownAddresses({ address, candidates = [] }: LocalMedia): string[] {
  return [address, ...candidates.map((place) => place.address)];
}

/** RFC 3264 §7: we send under the answer's numbers and are sent our own. */
function readAnswer(state: OfferAnswerState, pending: PendingOffer, sdp: string): ReadAnswer {
  const answer = parseSdp(sdp);
  if (!answer.ok) return refused('unparsable', answer.fault);
  const audio = answer.value.media[state.lines.indexOf(null)];
  if (audio === undefined) return refused('no-audio');
  const rtcpMux = pending.rtcpMux && audio.rtcpMux;
  const ice = rtcpMux ? acceptedIce(audio, state.ice) : null;
  const checks = checksOf(ice);
  const fault = audioFault(audio, pending.address, checks);
  if (fault !== null) return refused(fault);
  const choice = acceptedSecurity(audio, pending.security);
  if (!choice.ok) return refused(choice.fault, choice.detail);
  const { security } = choice;
  const isOurs = (format: NamedFormat): boolean => pending.formats.some((ours) => ours.name === format.name);
  const sendFormats = namedFormats(audio).filter(isOurs);
  if (!hasCodec(sendFormats)) return refused('no-common-codec');
  const isTheirs = (format: NamedFormat): boolean => sendFormats.some((theirs) => theirs.name === format.name);
  const receiveFormats = pending.formats.filter(isTheirs);
  const agreement: Agreement = {
    sendFormats,
    receiveFormats,
    wanted: pending.direction,
    answersOurs: true,
    rtcpMux,
    rtcpXrOff: pending.rtcpXrOff,
    checksFrom: checks ? pending.address : null,
  };
  const found = { ...legIceOf(ice, [pending.address]), ...consentOf(ice, isOfBrowser(audio, answer.value)) };
  const media = { ...legMedia(audio, agreement), ...srtpOf(security), ...found };
  return { ok: true, media, security, ice };
}

/**
 * Comfort noise (RFC 3389 §5) is taken where the peer offered it, and then kept. We never offer it first: who is offered it
 * begins to leave out what it takes for silence, and a room has the first sounds of a voice clipped for nothing.
 */
function noiseOf(state: OfferAnswerState): FormatName[] {
  return state.numbers.some(({ name }) => name === 'CN') ? ['CN'] : [];
}

interface OurAudio {
  readonly formats: readonly NamedFormat[];
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly security: AudioSecurity;
  /** What we want to be sent. */
  readonly rtcpXr: RtcpXr | null;
  /** See IceAnswer. */
  readonly isMismatch?: boolean;
  readonly audioLevelId?: number | undefined;
  /** It is a single voice itself, in that format as all tracks. */
  readonly track?: LegTrack | undefined;
  readonly trackFormat?: number | undefined;
}

/** A leg with tracks sends its first one in place of the mix. */
function sourceOf(track: LegTrack | undefined): { readonly ssrc?: number } {
  return track?.ssrc === undefined ? {} : { ssrc: track.ssrc };
}

/** Writes our description for the m-lines of `state`; its version is the last one's when nothing else changed. */
function send(
  state: OfferAnswerState,
  local: LocalMedia,
  { security, isMismatch, audioLevelId, track, trackFormat = -1, ...audio }: OurAudio,
): { readonly state: OfferAnswerState; readonly sdp: string } {
  const transport = [...writtenIce(state.ice, local), ...writtenDtls(security.dtls)];
  const sends = audio.direction === 'sendrecv' || audio.direction === 'sendonly';
  // Phones do without, and an INVITE over UDP stays small. On hold too: Chromium never plays a source again that was taken back.
  const source = state.ice === null || security.dtls === null ? undefined : local.source;
  const ours = source === undefined ? [] : writtenSource({ ...source, ...sourceOf(track) }, ourMsid);
  const line: WrittenAudio = {
    kind: 'audio',
    rtpPort: local.rtpPort,
    rtcpPort: local.rtcpPort,
    ptimeMs: local.ptimeMs,
    ...audio,
    protocol: security.protocol,
    crypto: writtenCrypto(security),
    attributes: [
      ...writtenName(state.name, sends),
      ...(isMismatch === true ? ['ice-mismatch'] : []),
      ...transport,
      ...writtenAudioLevel(audioLevelId),
      ...writtenMidExtension(track?.midExtensionId ?? 0),
      ...ours,
    ],
    formats: audio.formats.map(writtenFormat),
  };
  // RFC 8445 §6.1.1: with a peer that does not check it is we who do.
  const isIceLite = state.ice !== null && !state.ice.isRemoteLite;
  const sending = { payloadType: trackFormat, transport, cname: source?.cname };
  const media = state.lines.map((other) => {
    if (other === null) return line;
    return other.kind === 'track' ? writtenTrack(line, other, sending) : other;
  });
  const others = state.lines.flatMap((other) => (other?.kind === 'track' ? [other.mid] : []));
  const bundle = state.name?.isBundled === true ? { bundle: [state.name.mid, ...others] } : {};
  const write = (sessionVersion: number): string =>
    formatSdp({ ...state, sessionVersion, address: local.address, isIceLite, media, ...bundle });
  if (state.sent === write(state.sessionVersion)) return { state, sdp: state.sent };
  const sessionVersion = state.sessionVersion + 1;
  const sdp = write(sessionVersion);
  return { state: { ...state, sessionVersion, sent: sdp }, sdp };
}
