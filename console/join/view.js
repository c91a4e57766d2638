// What is seen of the page: each function shows one thing.
import { NO_MICROPHONE } from './microphone.js';
import { ordered, stateOf, whereOf } from './people.js';
import { isAboutMicrophone, problemOf } from './words.js';

export const $ = (id) => document.getElementById(id);

/** Read aloud by screen readers, and shown until the next. */
export function say(text) {
  $('status').textContent = text;
}

function made(name, text, className = '') {
  const element = document.createElement(name);
  element.textContent = text;
  if (className !== '') element.className = className;
  return element;
}

/** @param listen  what the button does that is offered where it is the microphone that is missing */
export function complain(error, listen) {
  const [what, ...advice] = problemOf(error);
  const parts = [made('strong', what), ...advice.map((text) => made('p', text))];
  if (isAboutMicrophone(error)) {
    const button = made('button', 'Listen without a microphone');
    button.id = 'listen';
    button.type = 'button';
    button.addEventListener('click', listen);
    parts.push(button);
  }
  $('problem').replaceChildren(...parts);
  $('problem').hidden = false;
}

export function clearProblem() {
  $('problem').hidden = true;
  $('problem').replaceChildren();
}

export function setTitle(text) {
  $('title').textContent = text;
  document.title = text;
}

export function showEntry(title) {
  $('entry').hidden = false;
  $('call').hidden = true;
  $('join').disabled = false;
  $('join-device').append($('device'));
  setTitle(title);
  showLost(null);
  showAsked(false);
}

export function showCall(room) {
  $('entry').hidden = true;
  $('call').hidden = false;
  $('keypad').hidden = true;
  $('keys').setAttribute('aria-expanded', 'false');
  $('call-device').append($('device'));
  $('people').replaceChildren();
  $('count').textContent = '';
  showBlind('');
  showSilence('');
  showMuted(false);
  setTitle(room);
  $('title').focus();
}

export const showRoom = setTitle;

export function showMembers(members, ownId) {
  showBlind('');
  $('count').textContent = String(members.length);
  $('people').replaceChildren(...ordered(members, ownId).map((member) => rowOf(member, member.member_id === ownId)));
}

function rowOf(member, isOwn) {
  const row = made('li', '');
  row.dataset.memberId = member.member_id;
  row.classList.toggle('speaking', member.speaking && !member.muted);
  const face = made('span', [...member.peer][0]?.toUpperCase() ?? '?', 'face');
  face.setAttribute('aria-hidden', 'true');
  const who = made('span', '', 'who');
  who.append(made('b', isOwn ? `${member.peer} (you)` : member.peer), made('small', whereOf(member)));
  row.append(face, who, made('span', stateOf(member), 'what'));
  return row;
}

/** The list is as it was: nobody tells what has changed. */
export function showStale() {
  $('people').classList.add('stale');
}

/** Why there is no list; empty: there is one. */
export function showBlind(text) {
  $('people').classList.remove('stale');
  $('blind').textContent = text;
  $('blind').hidden = text === '';
  $('people').hidden = text !== '';
  if (text !== '') $('count').textContent = '';
}

export function showMuted(isMuted) {
  $('mute').setAttribute('aria-pressed', String(isMuted));
  $('mute').textContent = isMuted ? 'Unmute' : 'Mute';
}

export function showControls({ canSpeak }) {
  for (const id of ['mute', 'keys']) $(id).hidden = !canSpeak;
  if (!canSpeak) $('keypad').hidden = true;
  $('shortcut').hidden = !canSpeak;
}

export function showKeypad(isOpen) {
  $('keypad').hidden = !isOpen;
  $('keys').setAttribute('aria-expanded', String(isOpen));
  if (!isOpen) return;
  $('keypad').scrollIntoView({ block: 'nearest' });
  // It stands before its button: whoever has no mouse would look for it in vain.
  $('keypad').firstElementChild.focus();
}

/** Why nobody hears this person; empty: they do. */
export function showSilence(text) {
  $('silent').hidden = text === '';
  $('silent-text').textContent = text;
}

export function showAsked(isAsked) {
  $('asked').hidden = !isAsked;
}

let countdown = 0;

/** @param lost  null: the connection is there; `delayMs` until the next try */
export function showLost(lost) {
  clearInterval(countdown);
  $('lost').hidden = lost === null;
  $('people').classList.toggle('stale', lost !== null);
  if (lost === null) return;
  const untilMs = Date.now() + lost.delayMs;
  const tell = () => {
    const leftS = Math.ceil((untilMs - Date.now()) / 1000);
    $('lost-text').textContent = leftS > 0 ? `Trying again in ${leftS} s.` : 'Trying to get it back…';
  };
  tell();
  countdown = setInterval(tell, 500);
}

export function showDevices(devices) {
  const chosen = $('microphone').value;
  $('microphone').replaceChildren(
    new Option('System default', ''),
    ...devices.map(({ deviceId, label }) => new Option(label, deviceId)),
    new Option('None: listen only', NO_MICROPHONE),
  );
  showDevice(chosen === NO_MICROPHONE || devices.some(({ deviceId }) => deviceId === chosen) ? chosen : '');
}

export function showDevice(deviceId) {
  $('microphone').value = deviceId;
}

/** @param level  0 to 1 */
export function showLevel(level) {
  $('meter').firstElementChild.style.transform = `scaleX(${level})`;
  $('meter').setAttribute('aria-valuenow', String(Math.round(level * 100)));
}
