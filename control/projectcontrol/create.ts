import { createRealClock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { createRealRandom } from '../../base/random.js';
import type { Report } from './callbacks.js';
import { ProjectControl, type ProjectControlDeps } from './control.js';
import { createNodeExchange, listenWithNode } from './node-http.js';

/** A script's own errors belong on its terminal. */
const toConsole: Report = (message, error) => {
  // biome-ignore lint/suspicious/noConsole: the library has no other log unless the script assigns one.
  console.error(error === undefined ? `projectcontrol: ${message}` : error instanceof Error ? error : messageOf(error));
};

/** A control object of the real world, but for what is given. */
export function createProjectControl(deps: Partial<ProjectControlDeps> = {}): ProjectControl {
  const { http, close } = createNodeExchange();
  return new ProjectControl({
    clock: createRealClock(),
    random: createRealRandom(),
    http,
    closeHttp: close,
    listen: listenWithNode,
    logger: toConsole,
    ...deps,
  });
}

const key = Symbol.for('hookline.projectcontrol');

/** One for the whole process, also where `import` and `require` each bring a copy of this module. */
export function theProjectControl(): ProjectControl {
  const shared = globalThis as { [key]?: ProjectControl };
  shared[key] ??= createProjectControl();
  return shared[key];
}
