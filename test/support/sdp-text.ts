/** One description of a peer, written by hand: the session lines, then `lines` (m-lines and attributes) as they are. */
export function sdpText(
  lines: readonly string[],
  options: { user?: string; version?: number; connection?: string | null } = {},
): string {
  const { user = 'alice', version = 1, connection = 'IN IP4 192.0.2.1' } = options;
  const head = ['v=0', `o=${user} 2890844526 ${version} IN IP4 192.0.2.1`, 's= '];
  if (connection !== null) head.push(`c=${connection}`);
  return `${[...head, 't=0 0', ...lines].join('\r\n')}\r\n`;
}

/** The value of every line of that type, in order: `linesOf(sdp, 'm')`. */
export function linesOf(sdp: string, type: string): string[] {
  return sdp
    .split('\r\n')
    .filter((line) => line.startsWith(`${type}=`))
    .map((line) => line.slice(2));
}

/** The session version of the o-line. */
export function versionOf(sdp: string): number {
  return Number(linesOf(sdp, 'o')[0]?.split(' ')[2]);
}
