import JsSIP from 'jssip';

/** The page's side: JsSIP registers over the WebSocket of the page's own server, and sends and shows MESSAGEs. */
const field = (id) => document.getElementById(id);
const show = (text) => field('log').append(`${text}\n`);
let phone = null;

field('register').onclick = () => {
  phone?.stop();
  const { protocol, host, hostname } = location;
  const socket = new JsSIP.WebSocketInterface(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/sip`);
  const account = { uri: `sip:${field('user').value}@${hostname}`, password: field('password').value };
  phone = new JsSIP.UA({ sockets: [socket], session_timers: false, ...account });
  phone.on('registered', () => show('registered'));
  phone.on('registrationFailed', ({ cause }) => show(`not registered: ${cause}`));
  phone.on('newMessage', ({ originator, request }) => {
    if (originator === 'remote') show(`${request.from.uri.user}: ${request.body}`);
  });
  phone.start();
};

field('send').onclick = () => {
  const said = (what) => () => show(`${field('to').value}: ${what}`);
  const eventHandlers = { succeeded: said('delivered'), failed: said('not delivered') };
  phone?.sendMessage(`sip:${field('to').value}@${location.hostname}`, field('text').value, { eventHandlers });
};
