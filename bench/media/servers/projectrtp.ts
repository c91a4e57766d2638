/** @babblevoice/projectrtp, which has no types of its own. Argument: the folder that projectrtp-install.ts put it into. */

import { createRequire } from 'node:module';
import type { CodecName } from '../../../media/index.js';
import { projectrtpCodecs } from './projectrtp-install.js';
import { type Opened, type RoomPorts, serve } from './server.js';

interface Channel {
  readonly local: { readonly port: number };
  mix(other: Channel): boolean;
  close(): void;
}
interface ProjectRtp {
  run(options: object): void;
  openchannel(options: object): Promise<Channel>;
}

const require = createRequire(`${process.argv[2]}/`);
const { projectrtp } = require('@babblevoice/projectrtp') as { projectrtp: ProjectRtp };
projectrtp.run({ ports: { start: 10_000, end: 19_998 } });
const channels: Channel[] = [];

async function open(rooms: RoomPorts, codec: CodecName): Promise<Opened> {
  const payloadType = projectrtpCodecs.get(codec);
  if (payloadType === undefined) throw new Error(`projectrtp has no ${codec}`);
  const ports: number[] = [];
  for (const endpoints of rooms) {
    let first: Channel | null = null;
    for (const port of endpoints) {
      const channel = await projectrtp.openchannel({ remote: { address: '127.0.0.1', port, codec: payloadType } });
      channels.push(channel);
      ports.push(channel.local.port);
      if (first === null) first = channel;
      else first.mix(channel);
    }
  }
  return { ports, codec, payloadType, frameMs: 20 };
}

// Its threads keep a process alive that has closed everything.
serve({ open, close: async () => process.kill(process.pid, 'SIGKILL') as unknown as undefined });
