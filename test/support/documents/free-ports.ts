import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** A port that neither a TCP nor a UDP socket of 127.0.0.1 has right now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const socket = createSocket('udp4');
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false)).bind(port, '127.0.0.1', () => resolve(true));
  });
  if (isFree) socket.close();
  await new Promise((resolve) => server.close(resolve));
  return isFree ? port : freePort();
}

/** Replaces the ports that the documents use by free ones: the only change that is made to an example. */
export class Ports {
  readonly variables: Readonly<Record<string, string>>;
  readonly #replacements: readonly (readonly [RegExp, string])[];

  private constructor(
    [sip = 0, http = 0, hooks = 0, mediaswitch = 0, rtpHttp = 0]: readonly number[],
    rtp: string,
    phones: string,
  ) {
    this.#replacements = [
      [/\b10000-19999\b/g, rtp],
      [/\b20000-29999\b/g, phones],
      [/\b5060\b/g, String(sip)],
      [/\b8002\b/g, String(http)],
      // 9000 alone is a room.
      [/\b127\.0\.0\.1:9000\b/g, `127.0.0.1:${mediaswitch}`],
      [/\b127\.0\.0\.1:9002\b/g, `127.0.0.1:${rtpHttp}`],
      [/\b3000\b/g, String(hooks)],
    ];
    this.variables = {
      HOOKLINE_SIP_LISTEN: `127.0.0.1:${sip}`,
      HOOKLINE_HTTP_LISTEN: `127.0.0.1:${http}`,
      HOOKLINE_HOOKS_LISTEN: `127.0.0.1:${hooks}`,
      HOOKLINE_MEDIASWITCH_LISTEN: `127.0.0.1:${mediaswitch}`,
      HOOKLINE_RTP_PORTS: rtp,
      // Whether this machine is busy must not decide whether a reader's call is taken.
      HOOKLINE_MAX_LATENESS_MS: '0',
    };
  }

  static async find(): Promise<Ports> {
    const ports = new Set<number>();
    while (ports.size < 5) ports.add(await freePort());
    // Below the range that systems take for outgoing connections; a taken port in it is passed over.
    const first = 20_000 + 2 * Math.floor(Math.random() * 5200);
    return new Ports([...ports], `${first}-${first + 199}`, `${first + 200}-${first + 399}`);
  }

  in(text: string): string {
    return this.#replacements.reduce((changed, [port, by]) => changed.replace(port, by), text);
  }
}
