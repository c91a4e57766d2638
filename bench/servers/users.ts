/** What every server under test is told alike. */
export const REALM = 'bench';
export const PASSWORD = 'secret';
export const USERS = 10_000;
/** The user of an INVITE's Request-URI that is redirected; any other is answered. */
export const REDIRECTED = 'redirect';
export const MOVED_TO = '<sip:1000@192.0.2.77:5060>';
export const ANSWER = [
  'v=0',
  'o=server 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 7000 RTP/AVP 8 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  '',
].join('\r\n');

export function userName(index: number): string {
  return `user${index}`;
}

export interface ServerFigures {
  /** CPU of the whole process since its start, in its own code and in the kernel. */
  readonly userUs: number;
  readonly systemUs: number;
  readonly rssBytes: number;
  readonly heapBytes: number;
}

/** Tells the bench the port, and its figures whenever it asks. */
export function serveFigures(port: number): void {
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ userUs: user, systemUs: system, rssBytes: rss, heapBytes: heapUsed } satisfies ServerFigures);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port });
}
