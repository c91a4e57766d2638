import { createUserAgent, Registration, sipUri } from '../sip/index.js';

/** One REGISTER and what came of it: `node dist/examples/hello-register.js sip:alice@example.com secret`. */
const aor = sipUri(process.argv[2] ?? 'sip:alice@127.0.0.1:5060');
const ua = createUserAgent();
await ua.start();
const credentials = { username: aor.user ?? '', password: process.argv[3] ?? 'secret' };
const registration = new Registration(ua.context, { aor, credentials });
registration.start();
const outcome = await registration.outcome();
console.log(outcome.state, outcome.state === 'registered' ? `for ${outcome.expiresS} s` : outcome);
// Without `ua.close()`, which would unregister: the Contact stays until its time is over.
process.exit(outcome.state === 'registered' ? 0 : 1);
