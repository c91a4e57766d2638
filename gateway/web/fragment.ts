/** What a client says of its ICE after the offer: RFC 8840 §9. */
export interface IceFragment {
  /** Null where the fragment speaks of the session that is there. */
  readonly ufrag: string | null;
  readonly password: string | null;
  /** Lines; a lite agent waits for checks, and has no use for those of a client that makes them (RFC 8445 §2.5). */
  readonly candidates: readonly string[];
  readonly isLast: boolean;
}

/** Far beyond what a machine with many addresses trickles at once. */
const MAX_LINES = 500;

/**
 * `application/trickle-ice-sdpfrag`: lines of a description, of which the credentials of the first section that has any hold for
 * all (they share one transport, RFC 9143). mDNS names and whatever else candidates have in them are not looked at. Null
 * for what is no fragment. Never throws.
 */
export function parseFragment(text: string): IceFragment | null {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line !== '');
  const isFragment = lines.length > 0 && lines.length <= MAX_LINES && lines.every((line) => /^[amvosct]=/.test(line));
  if (!isFragment) return null;
  const attribute = (name: string): string | null =>
    lines
      .find((line) => line.startsWith(`a=${name}:`))
      ?.slice(name.length + 3)
      .trim() ?? null;
  const [ufrag, password] = [attribute('ice-ufrag'), attribute('ice-pwd')];
  if (ufrag !== null && !/^[A-Za-z0-9+/]{4,256}$/.test(ufrag)) return null;
  if (password !== null && !/^[A-Za-z0-9+/]{22,256}$/.test(password)) return null;
  return {
    ufrag,
    password,
    candidates: lines.filter(isCandidate),
    isLast: lines.includes('a=end-of-candidates'),
  };
}

function isCandidate(line: string): boolean {
  return line.startsWith('a=candidate:');
}

/** What of an answer of ours a restart is answered with: the m-line that is in use, its credentials and candidates. */
export function fragmentOf(answer: string): string {
  const lines = answer.split('\r\n');
  const first = lines.findIndex((line) => line.startsWith('m='));
  const from = lines.findIndex((line) => /^m=audio [1-9]/.test(line));
  const next = lines.findIndex((line, at) => at > from && line.startsWith('m='));
  const session = lines.slice(0, first).filter((line) => /^a=(?:ice-lite|group:)/.test(line));
  const audio = lines.slice(from, next < 0 ? lines.length : next);
  const kept = audio.filter((line) => /^(?:m=|a=(?:mid:|ice-|candidate:|end-of-candidates))/.test(line));
  return `${[...session, ...kept].join('\r\n')}\r\n`;
}

/** The same offer with other credentials, which is what a restart is (RFC 8839 §4.4.3.1.1). */
export function withCredentials(offer: string, ufrag: string, password: string): string {
  return offer
    .replaceAll(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${ufrag}`)
    .replaceAll(/^a=ice-pwd:.*$/gm, `a=ice-pwd:${password}`);
}

/** The same offer with those candidates, and no others, in each of its sections. */
export function withCandidates(offer: string, candidates: readonly string[]): string {
  const [session = '', ...sections] = offer.split(/^(?=m=)/m);
  const moved = sections.map((section) => {
    const kept = section.split(/\r\n|\r|\n/).filter((line) => line !== '' && !isCandidate(line));
    return `${[...kept, ...candidates].join('\r\n')}\r\n`;
  });
  return [session, ...moved].join('');
}
