import type { Clock } from '../base/clock.js';
import { messageOf } from '../base/errors.js';
import { hostPort } from '../base/ip-ranges.js';
import type { Logger } from '../base/log.js';
import type { SocketAddress } from '../base/network.js';
import type { Random } from '../base/random.js';
import { isOpusRefusal } from './codec/opus/opus.js';
import type { SampleRateHz } from './codec/resample.js';
import type { DtmfSource } from './dtmf/source.js';
import { codecOf, codecRateOf, isSameAddress, receives, sends } from './leg-directions.js';
import { LegReceiver } from './leg-receiver.js';
import { LegSender } from './leg-sender.js';
import { type LegStats, statsOf } from './leg-stats.js';
import { LegTracks, type PacketTaker, sameTracks } from './leg-tracks.js';
import { LegWire, type LegWireHandlers } from './leg-wire.js';
import { type OneWayNews, OneWayWatch } from './one-way.js';
import { LegQuality } from './quality/leg-quality.js';
import type { QualityReport } from './quality/report.js';
import { voipMetricsOf } from './quality/voip-metrics.js';
import type { VoipMetrics } from './rtcp/extended-report.js';
import { RtcpReporter } from './rtcp/reporter.js';
import { readAudioLevel } from './rtp/audio-level.js';
import type { RtpHeader } from './rtp/packet.js';
import type { CodecName, LegMedia } from './sdp/leg-media.js';
import type { MediaSessionOptions, SessionEvents } from './session-options.js';
import type { SharedSound } from './shared-sound.js';
import type { SoundTap } from './sound-tap.js';
import { MediaWatchdog } from './watchdog.js';

/**
 * Beats between two looks at time-outs and reports, which count in seconds: what they look at lies all over the memory, and to
 * fetch it costs more than to look.
 */
const LOOK_BEATS = 5;

/**
 * One leg's pipeline, from its sockets to PCM and back, driven by the owner's 20 ms beat: on every beat first `pull`
 * once, then `push` or `pushShared` once, whether the leg is in a room or not; RTCP and the watchdog run inside
 * `pull`. The PCM has the rate of whoever drives it; codecs are converted here. That rate changes without being heard by
 * one beat of `prepare`, `pull` with both frames and `prime`, and then `retune`. `nowMs` is the beat's scheduled time on the injected clock, so that beats caught up keep their 20 ms
 * distance and beats skipped over show as a gap. Whatever a peer sends, nothing here throws.
 */
export class MediaSession {
  /** Told of what the peer says and hears; null: nobody is. */
  tap: SoundTap | null = null;
  /** Is given the peer's packets of sound; null: nobody is. */
  forward: PacketTaker | null = null;
  /** What it is sent in place of a mix, where it asked for that. */
  tracks: LegTracks | null = null;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #events: SessionEvents;
  readonly #wire: LegWire;
  readonly #sender: LegSender;
  readonly #receiver: LegReceiver;
  readonly #rtcp: RtcpReporter;
  readonly #watchdog: MediaWatchdog;
  /** Of a peer that checks, as a browser does, whether it speaks or not. */
  readonly #consent: MediaWatchdog;
  readonly #oneWay = new OneWayWatch();
  readonly #quality: LegQuality;
  readonly #leavesOut: boolean;
  /** Of the extension by which the peer tells its level; 0 = none. */
  #audioLevelId = 0;
  readonly #isShared: boolean;
  #media: LegMedia | null = null;
  #codecRateHz: SampleRateHz = 8000;
  /** That is prepared. */
  #nextRateHz: SampleRateHz | null = null;
  #beatsToLook = 0;
  #started = false;
  #wasTwoWay = false;
  #isOnHold = false;
  #closing: Promise<LegStats> | null = null;

  constructor(options: MediaSessionOptions) {
    const { clock, random, network, address, rtpPort, rtcpPort, ssrc, cname, consentTimeoutMs = 0, saysBye } = options;
    this.#clock = clock;
    this.#random = random;
    this.#log = options.log;
    this.#events = options.events;
    const handlers: LegWireHandlers = {
      onRtp: this.#onRtp,
      onRtcp: this.#onRtcp,
      onStranger: (from, fromPort) => this.#oneWay.refused(from, fromPort),
      onSecured: () => this.#events.onSecured?.(),
      onSecurityFailed: (reason) => this.#events.onSecurityFailed(reason),
      onCheck: (nowMs) => this.#consent.alive(nowMs),
      onClosed: consentTimeoutMs > 0 && saysBye !== true ? () => this.#events.onGone('closed', 0) : null,
    };
    const { nat = 'auto', nativeSrtp = null, shared = null, alsoAddresses = [], lane = null } = options;
    const at = { address, alsoAddresses, rtpPort, rtcpPort, shared };
    this.#consent = new MediaWatchdog(consentTimeoutMs);
    this.#wire = new LegWire({ clock, random, network, ...at, nat, nativeSrtp, lane, handlers });
    const { inbandDtmf } = options;
    this.#sender = new LegSender({ line: options, pair: this.#wire.srtp, sampleRateHz: 8000, inbandDtmf });
    this.#receiver = new LegReceiver({ sampleRateHz: 8000, inbandDtmf, onDigit: this.#onDigit });
    this.#rtcp = new RtcpReporter({ clock, random, ssrc, cname });
    this.#watchdog = new MediaWatchdog(options.rtpTimeoutMs);
    this.#quality = new LegQuality({ heard: this.#receiver, told: this.#sender.rtp, far: this.#rtcp });
    this.#isShared = shared !== null;
    this.#leavesOut = options.comfortNoise === 'send';
  }

  /** Binds RTP and RTCP; rejects with the system's error (`code` EADDRINUSE …) and leaves nothing open. */
  open(): Promise<void> {
    return this.#wire.pair.open();
  }

  /** Where RTP is received; empty before it is open. */
  get places(): readonly SocketAddress[] {
    return this.#wire.pair.places;
  }

  /** Sockets that are this leg's alone, while it is open. */
  get ownSockets(): number {
    return this.#isShared ? 0 : 2;
  }

  /** What an offer and answer agreed on; re-opens latching. */
  set(media: LegMedia): void {
    const nowMs = this.#clock.nowMs();
    const canReceive = receives(media.direction);
    this.#wire.set(media, canReceive);
    const hasMoved = media.remote !== null && !isSameAddress(media.remote, this.#media?.remote ?? null);
    if (!sameTracks(this.#media, media)) this.tracks = this.#tracksOf(media);
    // Seconds are counted from the first; and so calls do not all look on the same beat.
    if (this.#media === null) this.#beatsToLook = LOOK_BEATS - 1;
    this.#media = media;
    this.#audioLevelId = media.audioLevelId ?? 0;
    this.#codecRateHz = codecRateOf(media);
    this.#wasTwoWay ||= media.direction === 'sendrecv';
    // On hold a phone plays music, which would drown a room; who has only ever sent is an announcer and is heard.
    this.#isOnHold = media.held && this.#wasTwoWay;
    this.#setFormats(media, canReceive);
    if (hasMoved) this.#watchdog.arm(false, nowMs);
    this.#watchdog.arm(media.remote !== null && canReceive && !media.held, nowMs);
    this.#consent.arm(media.consents ?? media.ice?.isRemoteLite === false, nowMs);
    const isTwoWay = media.remote !== null && media.direction === 'sendrecv' && !media.held && media.isEarly !== true;
    this.#oneWay.arm(isTwoWay, nowMs, { moved: hasMoved, packetsSent: this.#sender.rtp.packetsSent });
    this.#quality.set(media, nowMs);
    if (media.remote !== null) this.#rtcp.schedule.start(nowMs);
  }

  #tracksOf({ tracks = [], send, direction }: LegMedia): LegTracks | null {
    if (tracks.length === 0 || send === null || !sends(direction)) return null;
    return new LegTracks(tracks, send, this.#wire, this.#random);
  }

  #setFormats(media: LegMedia, canReceive: boolean): void {
    try {
      this.#receiver.set(media.receive, media.telephoneEvents, canReceive, media.comfortNoise);
      const send = sends(media.direction) && media.remote !== null ? media.send : null;
      this.#sender.set(
        send,
        media.telephoneEvents[0] ?? null,
        this.#leavesOut ? (media.comfortNoise?.[0] ?? null) : null,
      );
    } catch (error) {
      if (!isOpusRefusal(error)) throw error;
      this.#log.error('media.codec-refused', { ssrc: this.#sender.rtp.ssrc, reason: messageOf(error) });
    }
  }

  /** Rate of the PCM that `pull` gives and `push` takes; 8000 at first. */
  get sampleRateHz(): SampleRateHz {
    return this.#sender.rateHz;
  }

  /** The rate at which nothing of the leg's sound is lost: that of the codec it sends, or will. */
  get codecRateHz(): SampleRateHz {
    return this.#codecRateHz;
  }

  /** Of what the peer sent last; null: nothing yet. */
  get codec(): CodecName | null {
    return this.#receiver.codec;
  }

  /** PCM will have that rate from a later beat on; null: it will not. */
  prepare(rateHz: SampleRateHz | null): void {
    this.#nextRateHz = rateHz;
    this.#receiver.prepare(rateHz);
    this.#sender.prepare(rateHz);
  }

  /** What this beat's `push` would be at the rate that is prepared. */
  prime(frame: Int16Array | null): void {
    this.#sender.prime(frame);
    if (this.#nextRateHz !== null) this.tap?.toldNext(frame, this.#nextRateHz);
  }

  /** From the next beat on PCM has the rate that was prepared; a jump is heard when no beat has been primed. */
  retune(): void {
    this.#nextRateHz = null;
    this.#receiver.retune();
    this.#sender.retune();
  }

  /**
   * This beat's sound from the peer into `out`; false = nothing to mix, whatever is in `out`.
   * @param next the same at the rate that is prepared; null while none is
   * @param isUnheard see LegReceiver.pull
   */
  pull(nowMs: number, out: Int16Array, next: Int16Array | null = null, isUnheard = false): boolean {
    if (!this.#wire.pair.isOpen) return false;
    this.#wire.empty();
    if (this.#beatsToLook === 0) this.#look(nowMs);
    else this.#beatsToLook -= 1;
    // Who records wants the background as well.
    const isHeard = this.#receiver.pull(nowMs, out, next, isUnheard && this.tap === null) && !this.#isOnHold;
    this.tap?.heard(nowMs, isHeard ? out : null, this.sampleRateHz);
    if (next !== null && this.#nextRateHz !== null) this.tap?.heardNext(isHeard ? next : null, this.#nextRateHz);
    return isHeard;
  }

  #look(nowMs: number): void {
    this.#beatsToLook = LOOK_BEATS - 1;
    if (this.#rtcp.schedule.isDue(nowMs)) this.#sendRtcp(false);
    const silentMs = this.#watchdog.check(nowMs);
    if (silentMs >= 0) this.#events.onTimeout(silentMs);
    const goneMs = this.#consent.check(nowMs);
    if (goneMs >= 0) {
      this.#wire.silence();
      this.#events.onGone('silent', goneMs);
    }
    const ways = this.#oneWay.check(nowMs, this.#sender.rtp.packetsSent);
    if (ways === 'one-way') this.#events.onOneWay(this.#oneWayNews());
    else if (ways === 'two-way') this.#events.onTwoWay();
    this.#quality.beat(nowMs);
  }

  /** See LegReceiver.isResting. */
  get isResting(): boolean {
    return this.#receiver.isResting;
  }

  /**
   * This beat's sound for the peer alone; null = silence, which is sent too.
   * @param shared what the peer may have heard before; null outside of rooms
   */
  push(nowMs: number, frame: Int16Array | null, shared: SharedSound | null = null): void {
    if (!this.#wire.pair.isOpen) return;
    this.tap?.told(nowMs, frame, this.sampleRateHz);
    if (this.tracks?.isLive !== true) this.#sender.push(nowMs, frame, shared, this.#wire.destination);
  }

  /** This beat's sound for all who do not speak: its payload is made once and copied. */
  pushShared(nowMs: number, shared: SharedSound): void {
    if (!this.#wire.pair.isOpen) return;
    this.tap?.told(nowMs, shared.isSilent ? null : shared.frame, this.sampleRateHz);
    if (this.tracks?.isLive !== true) this.#sender.pushShared(nowMs, shared, this.#wire.destination);
  }

  /** A packet waits for `halfBeat`, 10 ms after the beat. */
  get isHolding(): boolean {
    return this.#sender.isHolding;
  }

  halfBeat(): void {
    if (this.#wire.pair.isOpen && this.#sender.isHolding) this.#sender.halfBeat(this.#wire.destination);
  }

  /** Between two beats: what comes next has nothing to do with that sound. */
  leave(shared: SharedSound): void {
    this.#sender.leave(shared);
  }

  /** Between two beats: what comes next does not go on from what came before, which fades within 5 ms. */
  cut(): void {
    this.#sender.cut();
  }

  /**
   * Queues digits, sent one after the other in place of sound: as telephone-events (RFC 4733), as tones where those were
   * not agreed on and `inbandDtmf` is `auto`, else not at all.
   */
  dtmf(digits: string, durationMs: number): void {
    this.#sender.dtmf(digits, durationMs);
  }

  stats(): LegStats {
    this.#wire.empty();
    return statsOf(this.#wire, this.#receiver, this.#sender, this.#rtcp);
  }

  /** How the leg sounds, second by second, with what is wrong with it now. Not for each beat: it copies all of it. */
  quality(): QualityReport {
    this.#wire.empty();
    const oneWay = this.#oneWay.broken === null ? null : this.#oneWayNews();
    return this.#quality.report(this.#clock.epochMs() - this.#clock.nowMs(), oneWay, this.#oneWay.count);
  }

  /** RTCP BYE (RFC 3550 §6.6), sockets closed; may be called twice. Resolves with the final figures. */
  close(): Promise<LegStats> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<LegStats> {
    const spoke = this.#sender.rtp.packetsSent > 0 || this.#rtcp.schedule.hasSent;
    if (this.#wire.pair.isOpen && spoke) this.#sendRtcp(true);
    this.#wire.close();
    const stats = { ...this.stats(), quality: this.#quality.summary(this.#oneWay.count) };
    this.#sender.close();
    this.#receiver.close();
    await this.#wire.pair.close();
    this.#log.debug('media.closed', { ssrc: this.#sender.rtp.ssrc, failures: this.#wire.pair.failures, ...stats });
    return stats;
  }

  readonly #onRtp = (header: RtpHeader, data: Uint8Array, nowMs: number, address: string, port: number): void => {
    this.#watchdog.alive(nowMs);
    this.#consent.alive(nowMs);
    this.#oneWay.heard(nowMs);
    header.audioLevel = readAudioLevel(header, data, this.#audioLevelId);
    this.#receiver.receive(header, data, nowMs);
    // What a phone on hold plays is for nobody.
    const codec = this.forward === null || this.#isOnHold ? null : codecOf(this.#media, header.payloadType);
    if (codec !== null) this.forward?.take(header, data, codec, nowMs);
    if (this.#started) return;
    this.#started = true;
    this.#events.onStarted(address, port);
  };

  readonly #onRtcp = (data: Uint8Array, length: number, nowMs: number): void => {
    if (!this.#rtcp.receive(data, length, nowMs)) return;
    this.#watchdog.alive(nowMs);
    this.#consent.alive(nowMs);
    this.#oneWay.reported(this.#rtcp.news, this.#sender.rtp.packetsSent, nowMs);
  };

  readonly #onDigit = (digit: string, durationMs: number, source: DtmfSource): void =>
    this.#events.onDtmf(digit, durationMs, source);

  /** On the RTP port where the peer multiplexes (RFC 5761), else on its own. */
  #sendRtcp(bye: boolean): void {
    const { address, port } = this.#wire.destination;
    const isMux = this.#media?.rtcpMux === true;
    const buffer = isMux ? this.#wire.srtp.acquire() : this.#wire.srtp.acquireRtcp();
    if (address === null || buffer === null) return;
    const nowMs = this.#clock.nowMs();
    const { packetsSent, bytesSent } = this.#sender.rtp;
    const sending = { rtpTimestamp: this.#sender.timestampAt(nowMs), packetsSent, bytesSent };
    const asksRoundTrip = this.#media?.rtcpXr?.roundTrip === true;
    const { source } = this.#receiver;
    const tracks = this.tracks?.figures(nowMs) ?? [];
    const contents = { sending, source, bye, metrics: this.#metrics(), asksRoundTrip, tracks };
    const length = this.#rtcp.write(buffer.bytes, nowMs, contents);
    if (isMux) this.#wire.srtp.sendRtcpMuxed(buffer, length, address, port);
    else this.#wire.srtp.sendRtcp(buffer, length, this.#wire.latch.rtcpAddress ?? address, this.#wire.latch.rtcpPort);
  }

  /** How we hear the peer, where it wants to know (RFC 3611 §5). */
  #metrics(): VoipMetrics | null {
    const media = this.#media;
    const { source, codec, packetMs, bufferMs, bufferTargetMs } = this.#receiver;
    if (media?.rtcpXr?.voipMetrics !== true || source === null) return null;
    const { roundTripMs } = this.#rtcp;
    return voipMetricsOf({
      source,
      codec: codec ?? media.receive[0]?.codec ?? '',
      packetMs,
      sendPtimeMs: media.send?.ptimeMs ?? packetMs,
      bufferMs,
      bufferTargetMs,
      roundTripMs,
    });
  }

  #oneWayNews(): OneWayNews {
    const { broken, cause, silentMs, refusedAddress, refusedPort } = this.#oneWay;
    const { rtpAddress, rtpPort, isLocked } = this.#wire.latch;
    const remote = this.#media?.remote ?? null;
    const [place] = this.places;
    return {
      direction: broken ?? 'in',
      cause,
      silentMs,
      local: place === undefined ? '' : hostPort(place.address, place.port),
      sdp: remote === null ? '' : hostPort(remote.address, remote.rtpPort),
      latched: isLocked && rtpAddress !== null ? hostPort(rtpAddress, rtpPort) : null,
      refused: refusedAddress === null ? null : hostPort(refusedAddress, refusedPort),
      packetsSent: this.#sender.rtp.packetsSent,
      packetsReceived: this.#receiver.packetsReceived,
    };
  }
}
