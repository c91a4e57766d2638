/** Under which our packets go, and whose they are. */
export interface OurSource {
  readonly ssrc: number;
  /** As our RTCP says it (RFC 3550 §6.5.1). */
  readonly cname: string;
}

/**
 * The attributes that announce it on an m-line: RFC 5576 §4.1, §6.1. RFC 8829 does without; but media servers and clients from
 * before, and libraries like werift, take no packet for a track that was not announced so, and find its stream in the
 * `msid` here.
 * @param msid  stream and track, as `a=msid` of the m-line has them (RFC 8830)
 */
export function writtenSource({ ssrc, cname }: OurSource, msid: string): string[] {
  return [`ssrc:${ssrc} cname:${cname}`, `ssrc:${ssrc} msid:${msid}`];
}
