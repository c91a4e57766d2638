import { audioLevelUri } from '../rtp/audio-level.js';

/** Under which the peer tells its level (RFC 6464 §4, RFC 8285 §5); null where it does not, or only listens. */
export function readAudioLevelId(lines: readonly string[]): number | null {
  for (const line of lines) {
    const [, id, direction, uri] = /^a=extmap:(\d{1,5})(?:\/(\w+))? (\S+)/.exec(line) ?? [];
    const isSent = direction === undefined || direction === 'sendrecv' || direction === 'sendonly';
    if (uri === audioLevelUri && isSent && Number(id) >= 1 && Number(id) <= 14) return Number(id);
  }
  return null;
}

/** The attribute of our answer: we read it, and tell none ourselves. */
export function writtenAudioLevel(id: number | undefined): string[] {
  return id === undefined ? [] : [`extmap:${id}/recvonly ${audioLevelUri}`];
}
