import type { LegDtls, LegMedia } from '../../media/sdp/leg-media.js';
import { SrtpReceiver, SrtpSender } from '../../media/srtp/context.js';
import { DtlsEnd, type EndOptions, identityOf, printOf } from './dtls-pair.js';
import { leg, MediaBench, mediaOf } from './media-bench.js';
import { RtpPeer } from './rtp-peer.js';

export const ourIdentity = identityOf(1);
export const theirIdentity = identityOf(2);

/** What SDP agreed on for the leg of a bench: the peer's certificate is `theirIdentity`, unless told. */
export function dtlsMedia(
  role: LegDtls['role'],
  {
    association = 'one',
    identity = theirIdentity,
    ...changes
  }: Partial<LegMedia> & {
    readonly association?: string;
    readonly identity?: typeof theirIdentity;
  } = {},
): LegMedia {
  const dtls: LegDtls = {
    association,
    role,
    fingerprints: [printOf(identity)],
    certificate: ourIdentity.certificate,
    privateKey: ourIdentity.privateKey(),
  };
  return mediaOf({ srtp: { send: null, receive: null }, dtls, rtcpMux: true, ...changes });
}

/** The DTLS of a peer, whose RTP is protected once there are keys. */
export function dtlsOf(bench: Pick<MediaBench, 'clock'>, peer: RtpPeer, options: Partial<EndOptions> = {}): DtlsEnd {
  const whole = { identity: theirIdentity, expects: [printOf(ourIdentity)], ...options };
  const end = new DtlsEnd(bench.clock, whole, (datagram) => peer.sendBytes(datagram));
  // What it cannot open before it has keys counts as refused, and what it hears as protected.
  peer.sealing = new SrtpSender();
  peer.opening = new SrtpReceiver();
  peer.other = (data) => {
    end.receive(data);
    if (end.keys === null) return;
    peer.sealing!.setKeys(end.keys.send);
    peer.opening!.setKeys(end.keys.receive);
  };
  return end;
}

/** A leg that has agreed on DTLS, and its peer in the other role; nothing has been sent yet. */
export async function dtlsBench(
  role: LegDtls['role'],
  options: { readonly end?: Partial<EndOptions>; readonly media?: Parameters<typeof dtlsMedia>[1] } = {},
): Promise<{ bench: MediaBench; end: DtlsEnd }> {
  const bench = await MediaBench.open();
  const end = dtlsOf(bench, bench.peer, options.end);
  bench.session.set(dtlsMedia(role, options.media));
  if (role === 'passive') end.begin(null);
  return { bench, end };
}

/** Another socket on the network of a bench, at any address. */
export function strangerOf(bench: MediaBench, address: string, port = 4000): Promise<RtpPeer> {
  const options = { clock: bench.clock, network: bench.host(address), address, rtpPort: port };
  return new RtpPeer(options).open(leg);
}
