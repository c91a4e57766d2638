import type { SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { codecs } from '../codec/codec.js';
import { browserOffer, mediaWhileOffered } from './browser-offer.js';
import { type AudioName, audioName, writtenName } from './bundle-lines.js';
import {
  type AudioSecurity,
  acceptedSecurity,
  answeredSecurity,
  type LocalSrtp,
  neededTransport,
  offeredSecurity,
  otherSecurity,
  srtpOf,
  writtenCrypto,
} from './crypto-lines.js';
import { writtenDtls } from './dtls-lines.js';
import { writtenAudioLevel } from './extmap-lines.js';
import { type AnswerFault, mostTelling, type OfferFault, type Refused, refused } from './faults.js';
import { formatSdp, type WrittenAudio, type WrittenRefusal } from './format.js';
import {
  eventClockRateHz,
  eventNamesFor,
  type FormatName,
  isCodec,
  isEventName,
  type NamedFormat,
  namedFormats,
  ownFmtp,
} from './format-names.js';
import { acceptedIce, answeredIce, type IceState, legIceOf, willCheck, writtenIce } from './ice-lines.js';
import type { CodecName, Direction, LegMedia } from './leg-media.js';
import { type Agreement, type AudioFault, audioFault, legMedia, receiveFormat, telephoneEvents } from './negotiate.js';
import { type MediaDescription, parseSdp, type SessionDescription } from './parse.js';
import { numbered, withNumbers } from './payload-types.js';
import { everyBlock, type RtcpXr, type RtcpXrPolicy } from './rtcp-xr.js';
import { refusalOf, writtenFormat } from './written-lines.js';

/** What our side brings to an offer or answer. */
export interface LocalMedia {
  /** What the SDP shows to this peer. Unspecified (`0.0.0.0`, `::`) in a trial run: any address family is then taken. */
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  /** In our order of preference. */
  readonly codecs: readonly CodecName[];
  readonly telephoneEvent: boolean;
  /** What we ask to be sent. */
  readonly ptimeMs: number;
  /** What we want; the outcome is at most this. */
  readonly direction: Direction;
  /** Whose order an answer follows: the offerer's (RFC 3264 §6.1, the default) or that of `codecs`. */
  readonly answerOrder?: 'offer' | 'local';
  /** Absent: off. */
  readonly srtp?: LocalSrtp;
  /** Extended reports (RFC 3611): for nobody, for peers that ask for them (default), asked for by us too. */
  readonly rtcpXr?: RtcpXrPolicy;
  /** Where credentials of ICE come from; without it offers with ICE are answered without. */
  readonly iceRandom?: Random;
  /** Where the leg is reached besides `address` and `rtpPort`: a public address's own, other interfaces. Told with ICE only. */
  readonly candidates?: readonly SocketAddress[];
  /** A first offer says what a browser takes: DTLS, ICE and rtcp-mux (RFC 8829 §5.2.1), where we can. */
  readonly toBrowser?: boolean;
}

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
  /** Every m-line so far but our audio, as it is repeated with port 0; null in the place of our audio. */
  readonly lines: readonly (WrittenRefusal | null)[];
  /** What each number has stood for: it keeps its meaning for the whole session (RFC 3264 §8.3.2). */
  readonly numbers: readonly NamedFormat[];
  /** Of our last description: it carries keys; null before the first. */
  readonly security: AudioSecurity | null;
  /** Of our last description; null without ICE. */
  readonly ice: IceState | null;
  /** As the peer's last offer calls our audio line; null without a name. */
  readonly name: AudioName | null;
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
  const formats = numbered([...names(local), ...noiseOf(state)], state.numbers);
  const lines = state.lines.length === 0 ? [null] : state.lines;
  const before = { security: offeredSecurity(state.security, local.srtp), ice: state.ice };
  const { security, ice } = (state.security === null ? browserOffer(local) : null) ?? before;
  const next = { ...state, lines, security, ice, numbers: withNumbers(state.numbers, formats) };
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
  return security === null ? null : makeOffer({ ...state, security, ice: null }, local);
}

/** The peer refused our offer (4xx to a re-INVITE, 491): the session stays as it was (RFC 3261 §14.1). */
export function withdrawOffer(state: OfferAnswerState): OfferAnswerState {
  return { ...state, pending: null };
}

/** What to hear while our first offer is out (RFC 3264 §5.1). */
export function mediaForOffer(local: LocalMedia): LegMedia {
  const listens = local.direction === 'sendrecv' || local.direction === 'recvonly';
  const formats = numbered(names(local), []);
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
  const chosen = chooseAudio(state, offer.value, local);
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
    checksFrom: ice === null || ice.isRemoteLite ? null : local.address,
  };
  const media = { ...legMedia(audio, agreement), ...srtpOf(security), ...legIceOf(ice) };
  const lines = offer.value.media.map((line, at) => (at === index ? null : refusalOf(line)));
  const numbers = withNumbers(state.numbers, answer);
  const name = audioName(audio, offer.value.bundles);
  const next = { ...state, lines, timing: offer.value.timing, numbers, security, ice, name };
  const { direction, rtcpMux, rtcpXr = null, audioLevelId } = media;
  const ours = { formats: answer, direction, rtcpMux, security, rtcpXr, isMismatch, audioLevelId };
  const sent = send(next, local, ours);
  return { ok: true, media, ...sent };
}

type Chosen =
  | {
      readonly ok: true;
      readonly index: number;
      readonly audio: MediaDescription;
      readonly formats: readonly NamedFormat[];
      readonly security: AudioSecurity;
    }
  | { readonly ok: false; readonly fault: AudioFault; readonly detail?: string };

/** The first audio line that can carry the call, the one that carries it now before all others. */
function chooseAudio(state: OfferAnswerState, offer: SessionDescription, local: LocalMedia): Chosen {
  const current = state.lines.indexOf(null);
  const order = [...offer.media.keys()].sort((a, b) => Number(b === current) - Number(a === current));
  const faults = new Map<AudioFault, string | undefined>();
  for (const index of order) {
    const audio = offer.media[index]!;
    const formats = answeredFormats(audio, local);
    const checks = willCheck(audio, local.iceRandom);
    const fault = audioFault(audio, local.address, checks) ?? (hasCodec(formats) ? null : 'no-common-codec');
    const choice = fault === null ? answeredSecurity(audio, state.security, { ...local, checks }) : null;
    if (choice?.ok === true) return { ok: true, index, audio, formats, security: choice.security };
    if (fault !== null) faults.set(fault, fault === 'bad-transport' ? neededTransport(local.srtp) : undefined);
    else if (choice !== null) faults.set(choice.fault, choice.detail);
  }
  const fault = mostTelling.find((each) => faults.has(each)) ?? 'no-audio';
  const detail = faults.get(fault);
  return detail === undefined ? { ok: false, fault } : { ok: false, fault, detail };
}

function hasCodec(formats: readonly NamedFormat[]): boolean {
  return formats.some(({ name }) => isCodec(name));
}

function supports(local: LocalMedia, name: FormatName): boolean {
  if (isCodec(name)) return local.codecs.includes(name);
  return name === 'CN' || local.telephoneEvent;
}

/** The offer's formats that we have, under the offer's numbers. */
function answeredFormats(audio: MediaDescription, local: LocalMedia): NamedFormat[] {
  const known = namedFormats(audio).filter((format) => supports(local, format.name));
  // An event at a clock rate that none of the codecs has (RFC 4733 §2.1) is of no use; only 8000 is used with all of them.
  const clocks = new Set([8000, ...known.map(({ name }) => (isCodec(name) ? codecs[name].clockRateHz : 8000))]);
  const common = known.filter(({ name }) => !isEventName(name) || clocks.has(eventClockRateHz(name)));
  if (local.answerOrder !== 'local') return common;
  const ranked: readonly FormatName[] = [...names(local), 'CN'];
  return common.sort((a, b) => ranked.indexOf(a.name) - ranked.indexOf(b.name));
}

type ReadAnswer =
  | {
      readonly ok: true;
      readonly media: LegMedia;
      readonly security: AudioSecurity;
      readonly ice: IceState | null;
    }
  | Refused<AnswerFault>;

/** RFC 3264 §7: we send under the answer's numbers and are sent our own. */
function readAnswer(state: OfferAnswerState, pending: PendingOffer, sdp: string): ReadAnswer {
  const answer = parseSdp(sdp);
  if (!answer.ok) return refused('unparsable', answer.fault);
  const audio = answer.value.media[state.lines.indexOf(null)];
  if (audio === undefined) return refused('no-audio');
  const fault = audioFault(audio, pending.address);
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
    rtcpMux: pending.rtcpMux && audio.rtcpMux,
    rtcpXrOff: pending.rtcpXrOff,
  };
  const ice = agreement.rtcpMux ? acceptedIce(audio, state.ice) : null;
  const media = { ...legMedia(audio, agreement), ...srtpOf(security), ...legIceOf(ice) };
  return { ok: true, media, security, ice };
}

function names(local: LocalMedia): FormatName[] {
  return local.telephoneEvent ? [...local.codecs, ...eventNamesFor(local.codecs)] : [...local.codecs];
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
}

/** Writes our description for the m-lines of `state`; its version is the last one's when nothing else changed. */
function send(
  state: OfferAnswerState,
  local: LocalMedia,
  { security, isMismatch, audioLevelId, ...audio }: OurAudio,
): { readonly state: OfferAnswerState; readonly sdp: string } {
  const line: WrittenAudio = {
    kind: 'audio',
    rtpPort: local.rtpPort,
    rtcpPort: local.rtcpPort,
    ptimeMs: local.ptimeMs,
    ...audio,
    protocol: security.protocol,
    crypto: writtenCrypto(security),
    attributes: [
      ...writtenName(state.name, audio.direction === 'sendrecv' || audio.direction === 'sendonly'),
      ...writtenIce(state.ice, local),
      ...(isMismatch === true ? ['ice-mismatch'] : []),
      ...writtenDtls(security.dtls),
      ...writtenAudioLevel(audioLevelId),
    ],
    formats: audio.formats.map(writtenFormat),
  };
  const isIceLite = state.ice !== null;
  const media = state.lines.map((other) => other ?? line);
  const bundle = state.name?.isBundled === true ? { bundle: [state.name.mid] } : {};
  const write = (sessionVersion: number): string =>
    formatSdp({ ...state, sessionVersion, address: local.address, isIceLite, media, ...bundle });
  if (state.sent === write(state.sessionVersion)) return { state, sdp: state.sent };
  const sessionVersion = state.sessionVersion + 1;
  const sdp = write(sessionVersion);
  return { state: { ...state, sessionVersion, sent: sdp }, sdp };
}
