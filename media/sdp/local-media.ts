import type { SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import type { LocalSrtp } from './crypto-lines.js';
import type { CodecName, Direction } from './leg-media.js';
import type { RtcpXrPolicy } from './rtcp-xr.js';
import type { OurSource } from './source-lines.js';

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
  /** Told to who has DTLS and ICE. */
  readonly source?: OurSource;
  /** So many single voices in place of the mix, where an offer has m-lines for them; 0 unless told. */
  readonly tracks?: number;
}
