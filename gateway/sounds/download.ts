import { Agent } from 'undici';
import type { Clock } from '../../base/clock.js';
import { AppError, messageOf } from '../../base/errors.js';
import { flatten, guardedConnector } from '../hooks/http-transport.js';
import { HttpTransportError } from '../hooks/transport.js';

export interface DownloadRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Of a POST. */
  readonly body: string | null;
  /** Ends it, whatever it is at. */
  readonly signal: AbortSignal;
}

/** The answer; its body is read piece by piece, or left: `leave` then. */
export interface DownloadAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
  leave(): void;
}

/** One HTTP exchange whose answer may be long; redirects are not followed. Rejects with HttpTransportError. */
export type Download = (request: DownloadRequest) => Promise<DownloadAnswer>;

export interface Downloads {
  readonly send: Download;
  close(): Promise<void>;
}

/** Over real sockets, by the same rules for addresses as hooks (gateway/hooks/address-rules.ts). */
export function createDownloads(options: { readonly clock: Clock; readonly allow: readonly string[] }): Downloads {
  const agent = new Agent({
    connect: guardedConnector(options),
    connections: 32,
    pipelining: 1,
    // The caller's signal is the only deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: 16_384,
  });
  const send: Download = async ({ url, method, headers, body, signal }) => {
    const { origin, pathname, search } = new URL(url);
    try {
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method,
        headers: { ...headers },
        body,
        signal,
      });
      // Whoever leaves it in the middle has no use for what it says then.
      answer.body.on('error', () => undefined);
      return {
        status: answer.statusCode,
        headers: flatten(answer.headers),
        body: answer.body,
        leave: () => void answer.body.destroy(),
      };
    } catch (thrown) {
      if (thrown instanceof HttpTransportError) throw thrown;
      throw new HttpTransportError(signal.aborted ? 'aborted' : 'broken', messageOf(thrown), { cause: thrown });
    }
  };
  return { send, close: () => agent.destroy() };
}

/** Why a sound could not be had from somewhere else; `code` is told in playback_failed. */
export class SoundSourceError extends AppError {
  readonly code:
    | 'URL_UNREACHABLE'
    | 'URL_DENIED'
    | 'URL_TOO_LARGE'
    | 'URL_TIMEOUT'
    | 'URL_NOT_SOUND'
    | 'URL_STATUS'
    | 'URL_REDIRECTS'
    | 'SPEECH_FAILED'
    | 'SPEECH_TIMEOUT'
    | 'SPEECH_BUSY';

  constructor(code: SoundSourceError['code'], message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

const MAX_REDIRECTS = 3;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What servers call sound files, and what those say that know no types. */
const soundType = /^(?:audio\/[\w.+-]+|application\/(?:ogg|octet-stream)|binary\/octet-stream)\s*(?:;|$)/i;

/** Whether a URL may be asked for: http or https, without credentials. */
export function isSoundUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, username, password } = new URL(url);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

/**
 * Gives the bytes of a sound at a URL to `take`, following up to 3 redirects; each address that is connected to is checked.
 * Rejects with SoundSourceError, or as `take` does.
 */
export async function fetchSound(
  url: string,
  options: { readonly send: Download; readonly maxBytes: number; readonly signal: AbortSignal },
  take: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const { send, signal } = options;
  let at = url;
  for (let followed = 0; ; followed += 1) {
    const answer = await sent(send, { url: at, method: 'GET', headers: { accept: 'audio/*' }, body: null, signal });
    const location = answer.headers.location;
    if (redirects.has(answer.status) && location !== undefined) {
      answer.leave();
      const next = URL.canParse(location, at) ? new URL(location, at).href : '';
      if (followed >= MAX_REDIRECTS || !isSoundUrl(next)) {
        throw new SoundSourceError(
          'URL_REDIRECTS',
          followed >= MAX_REDIRECTS ? 'too many redirects' : 'redirected to what is no http URL',
        );
      }
      at = next;
      continue;
    }
    if (answer.status !== 200) {
      answer.leave();
      throw new SoundSourceError('URL_STATUS', `the server answered ${answer.status}`);
    }
    return readSound(answer, options, take);
  }
}

/** The answer of a server, as sound. Rejects with SoundSourceError. */
export async function readSound(
  answer: DownloadAnswer,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal },
  take: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  const type = answer.headers['content-type'];
  if (type !== undefined && !soundType.test(type)) {
    answer.leave();
    throw new SoundSourceError('URL_NOT_SOUND', `the server sends ${type.slice(0, 100)}`);
  }
  let bytes = 0;
  try {
    for await (const piece of answer.body) {
      bytes += piece.length;
      if (bytes > maxBytes) throw new SoundSourceError('URL_TOO_LARGE', `more than ${maxBytes} bytes`);
      await take(piece);
    }
  } catch (thrown) {
    answer.leave();
    throw thrown instanceof AppError && !signal.aborted ? thrown : sourceError(thrown, signal);
  }
}

/** One exchange. Rejects with SoundSourceError. */
export async function sent(send: Download, request: DownloadRequest): Promise<DownloadAnswer> {
  try {
    return await send(request);
  } catch (thrown) {
    throw sourceError(thrown, request.signal);
  }
}

function sourceError(thrown: unknown, signal: AbortSignal): SoundSourceError {
  if (signal.aborted) return new SoundSourceError('URL_TIMEOUT', 'it took too long', { cause: thrown });
  const isDenied = thrown instanceof HttpTransportError && thrown.failure === 'denied';
  return new SoundSourceError(isDenied ? 'URL_DENIED' : 'URL_UNREACHABLE', messageOf(thrown), { cause: thrown });
}
