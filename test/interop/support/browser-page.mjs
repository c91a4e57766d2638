// The page that test/interop/support/browser.ts opens: JsSIP and SIP.js behind one face, `window.phone`.
import JsSIP from 'jssip';
import { Messager, Registerer, RegistererState, Subscriber, UserAgent, UserAgentState } from 'sip.js';

/** What the other side sent, in order. */
const messages = [];
const notified = [];

/** `{ succeeded, failed }` of JsSIP as a promise of the status code. */
function outcome(act) {
  return new Promise((resolve, reject) => {
    const failed = ({ response, cause }) => (response ? resolve(response.status_code) : reject(new Error(cause)));
    act({ eventHandlers: { succeeded: ({ response }) => resolve(response.status_code), failed } });
  });
}

function createJsSip({ url, user, password, domain }) {
  const sockets = [new JsSIP.WebSocketInterface(url)];
  const uri = `sip:${user}@${domain}`;
  const ua = new JsSIP.UA({ sockets, uri, password, register: false, session_timers: false });
  ua.on('newMessage', ({ originator, request }) => {
    if (originator === 'remote') messages.push(request.body);
  });
  const on = (event) => new Promise((resolve) => ua.once(event, resolve));
  return {
    connect: async () => {
      const connected = on('connected');
      ua.start();
      await connected;
    },
    register: () =>
      new Promise((resolve, reject) => {
        ua.once('registered', ({ response }) => resolve(response.status_code));
        ua.once('registrationFailed', ({ cause, response }) =>
          response ? resolve(response.status_code) : reject(new Error(cause)),
        );
        ua.register();
      }),
    unregister: async () => {
      const gone = on('unregistered');
      ua.unregister();
      await gone;
    },
    options: (target) => outcome((handlers) => ua.sendOptions(target, null, handlers)),
    message: (target, text) => outcome((handlers) => ua.sendMessage(target, text, handlers)),
    subscribe: (target, event, type) =>
      new Promise((resolve, reject) => {
        const subscriber = ua.subscribe(target, event, type, { expires: 300 });
        subscriber.on('notify', (_final, _request, body) => notified.push(body));
        subscriber.on('active', resolve);
        subscriber.on('terminated', (code) => reject(new Error(`terminated ${code}`)));
        subscriber.subscribe();
      }),
    stop: async () => ua.stop(),
  };
}

function createSipJs({ url, user, password, domain }) {
  const uri = UserAgent.makeURI(`sip:${user}@${domain}`);
  const ua = new UserAgent({
    uri,
    transportOptions: { server: url },
    authorizationUsername: user,
    authorizationPassword: password,
    logBuiltinEnabled: false,
    delegate: {
      onMessage: (message) => {
        messages.push(message.request.body);
        void message.accept();
      },
    },
  });
  const registerer = new Registerer(ua);
  const until = (state) =>
    new Promise((resolve) => {
      const look = (now) => now === state && resolve();
      registerer.stateChange.addListener(look);
    });
  const answered = (act) =>
    new Promise((resolve) => {
      const told = ({ message }) => resolve(message.statusCode);
      act({ onAccept: told, onReject: told });
    });
  return {
    connect: () => ua.start(),
    register: () => answered((requestDelegate) => void registerer.register({ requestDelegate })),
    unregister: async () => {
      const gone = until(RegistererState.Unregistered);
      await registerer.unregister();
      await gone;
    },
    options: (target) =>
      answered((delegate) => {
        const core = ua.userAgentCore;
        const to = UserAgent.makeURI(target);
        core.request(core.makeOutgoingRequestMessage('OPTIONS', to, uri, to, {}), delegate);
      }),
    message: (target, text) =>
      answered((requestDelegate) => {
        void new Messager(ua, UserAgent.makeURI(target), text).message({ requestDelegate });
      }),
    subscribe: (target, event) =>
      new Promise((resolve, reject) => {
        const subscriber = new Subscriber(ua, UserAgent.makeURI(target), event, { expires: 300 });
        subscriber.delegate = {
          onNotify: (notification) => {
            notified.push(notification.request.body);
            void notification.accept();
          },
        };
        subscriber.stateChange.addListener((state) => {
          if (state === 'Subscribed') resolve();
          if (state === 'Terminated') reject(new Error('terminated'));
        });
        void subscriber.subscribe();
      }),
    stop: async () => {
      if (ua.state === UserAgentState.Started) await ua.stop();
    },
  };
}

/** What a library never answers becomes an error that says what it was. */
function within(limitMs, promise, what) {
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`${what}: no end within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, late]);
}

let phone = null;

window.phone = {
  start: (options) => {
    phone = options.library === 'jssip' ? createJsSip(options) : createSipJs(options);
    return within(20_000, phone.connect(), 'connect');
  },
  /** Any of the phone's actions, by name. */
  act: async (name, ...args) => (await within(20_000, phone[name](...args), name)) ?? null,
  heard: () => ({ messages, notified }),
};
