/** The library's server of bench/servers/user-agent.ts on real sockets. */

import { createRealClock } from '../../base/clock.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { createLibraryServer } from './user-agent.js';
import { serveFigures } from './users.js';

const { ua, transport } = createLibraryServer({
  clock: createRealClock(),
  random: createRealRandom(),
  network: createRealNetwork(),
});
await ua.start();
serveFigures(transport.listening[0]?.port ?? 0);
