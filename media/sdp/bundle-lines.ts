import type { MediaDescription } from './parse.js';

/** Identification tags that share one transport (RFC 9143); the first names the m-line that speaks for all. */
export type BundleGroup = readonly string[];

/** Our audio line in a description whose m-lines have names (RFC 5888). */
export interface AudioName {
  readonly mid: string;
  /** The offer puts it into a BUNDLE group, and so does the answer. */
  readonly isBundled: boolean;
}

/** Groups of one description that are looked at. */
const MAX_GROUPS = 16;
const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]{1,64}$/;

/** `a=mid` of a section; null without one that can be repeated. */
export function readMid(lines: readonly string[]): string | null {
  const mid = lines.find((line) => line.startsWith('a=mid:'))?.slice('a=mid:'.length);
  return mid !== undefined && token.test(mid) ? mid : null;
}

/** @param lines  of the session level */
export function readBundles(lines: readonly string[]): BundleGroup[] {
  const prefix = 'a=group:BUNDLE ';
  const values = lines.filter((line) => line.startsWith(prefix)).slice(0, MAX_GROUPS);
  return values.map((line) =>
    line
      .slice(prefix.length)
      .split(' ')
      .filter((mid) => token.test(mid)),
  );
}

/**
 * What the first line of a group says of the transport holds for the others, which may leave it out (RFC 9143 §7.1.3). One that
 * is `bundle-only` keeps its port 0, which refuses it: it has no transport but that of the first line, and where that is
 * refused the others may not stay (§7.3.3), as Chromium insists.
 */
export function withTransport(media: readonly MediaDescription[], groups: readonly BundleGroup[]): MediaDescription[] {
  return media.map((own) => {
    const group = own.mid === null ? undefined : groups.find((mids) => mids.includes(own.mid!));
    const tagged = media.find(({ mid }) => mid !== null && mid === group?.[0]);
    if (tagged === undefined || tagged === own || own.port === 0) return own;
    const { ice, dtls } = tagged;
    return {
      ...own,
      ice: own.ice ?? ice,
      dtls: own.dtls ?? dtls,
      rtcpMux: own.rtcpMux || tagged.rtcpMux,
    };
  });
}

export function audioName({ mid }: Pick<MediaDescription, 'mid'>, groups: readonly BundleGroup[]): AudioName | null {
  return mid === null ? null : { mid, isBundled: groups.some((mids) => mids.includes(mid)) };
}

/** What we send is one track of one stream (RFC 8830). */
export const ourMsid = 'hookline audio';

/**
 * The attributes of our m-line. With an msid a page is shown what we send as a stream.
 */
export function writtenName(name: AudioName | null, sends: boolean): string[] {
  return name === null ? [] : [`mid:${name.mid}`, ...(sends ? [`msid:${ourMsid}`] : [])];
}
