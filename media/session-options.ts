import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { NativeSrtp } from '../base/native-srtp.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import type { HandshakeLane } from './dtls/handshake-lane.js';
import type { DtmfSource, InbandDtmf } from './dtmf/source.js';
import type { OneWayNews } from './one-way.js';
import type { ComfortNoisePolicy } from './sdp/leg-media.js';
import type { SharedUdp } from './transport/shared-udp.js';

/** News of one leg, told from within `pull` or a datagram's arrival; a listener must not throw. */
export interface SessionEvents {
  /** First accepted RTP from the peer, and from where; once. */
  onStarted(address: string, port: number): void;
  /** The peer was silent (no RTP, no RTCP) for `rtpTimeoutMs`; told once per silence. */
  onTimeout(silentMs: number): void;
  /** Sound goes one way only, see media/one-way.ts; told once per way that breaks. */
  onOneWay(news: OneWayNews): void;
  /** And both ways again. */
  onTwoWay(): void;
  /** One digit, once its end is known: `0`-`9`, `*`, `#`, `A`-`D`. */
  onDtmf(digit: string, durationMs: number, source: DtmfSource): void;
  /** The handshake is done, and sound goes both ways from now on; again after each one more. */
  onSecured?(): void;
  /** There are no keys for the sound, or no more, and there will be none. */
  onSecurityFailed(reason: string): void;
  /**
   * The peer of a leg with `consentTimeoutMs` is gone: it ended DTLS (`closed`), or nothing of it has come for that long
   * (`silent`), neither checks nor RTP nor RTCP; told once per silence.
   */
  onGone(reason: GoneReason, silentMs: number): void;
}

export type GoneReason = 'closed' | 'silent';

export interface MediaSessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  readonly events: SessionEvents;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly cname: string;
  /** 0 = never. */
  readonly rtpTimeoutMs: number;
  /** `off`: only the SDP address is heard. `auto` (default): symmetric RTP, see transport/latching.ts. */
  readonly nat?: 'auto' | 'off';
  /** `off` (default); `auto`: digits come and go as tones in the sound of a peer that agreed on no telephone-event. */
  readonly inbandDtmf?: InbandDtmf | undefined;
  /** `off` (default); `send`: silence is left out for a peer that agreed on comfort noise (RFC 3389). */
  readonly comfortNoise?: ComfortNoisePolicy | undefined;
  /** The addon's SRTP; without it node:crypto does the work. */
  readonly nativeSrtp?: NativeSrtp | null | undefined;
  /** With it the leg has a place at its port, `rtpPort` (0: any), and needs ICE to be found; else a pair of its own. */
  readonly shared?: SharedUdp | null | undefined;
  /** Others at which a leg at a shared port is reached as well. */
  readonly alsoAddresses?: readonly string[] | undefined;
  /** The handshakes of all legs of one thread; without it each is worked when its datagrams come. */
  readonly lane?: HandshakeLane | null | undefined;
  /** Silence of a peer that checks (RFC 7675) after which it is gone; 0 (default) = never. */
  readonly consentTimeoutMs?: number | undefined;
  /** The end of DTLS is not yet that of the peer, which says BYE besides; as without `consentTimeoutMs`. */
  readonly saysBye?: boolean | undefined;
}
