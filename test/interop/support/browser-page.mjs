// The page that test/interop/support/browser.ts opens: JsSIP and SIP.js behind one face, `window.phone`.
import { hearingOf, microphone } from './browser-sound.mjs';
import { createJsSip } from './page-jssip.mjs';
import { createSipJs } from './page-sipjs.mjs';
import { joinByHttp, offerAgain } from './page-whip.mjs';

/** What a library never answers becomes an error that says what it was. */
function within(limitMs, promise, what) {
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`${what}: no end within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, late]);
}

/** What the other side sent, in order, and what became of calls: `ringing`, `established`, `ended`, `failed 486`. */
const heard = { messages: [], notified: [], calls: [] };
let phone = null;

window.phone = {
  start: (options) => {
    const create = options.library === 'jssip' ? createJsSip : createSipJs;
    const sound = { microphone: () => microphone(options.toneHz ?? null), play: hearingOf };
    phone = create(options, heard, sound);
    return within(20_000, phone.connect(), 'connect');
  },
  /** Any of the phone's actions, by name. */
  act: async (name, ...args) => (await within(20_000, phone[name](...args), name)) ?? null,
  heard: () => heard,
};

/** The same ears and microphone at the doors of WHIP and WHEP. */
window.web = {
  join: (options) => {
    const sound = { microphone: () => microphone(options.toneHz), play: hearingOf };
    return within(20_000, joinByHttp(options, sound), 'join');
  },
  again: (options) => within(20_000, offerAgain(options, { microphone, play: hearingOf }), 'again'),
};
