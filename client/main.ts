/** The page: joins the controls in `index.html` to one {@link VoiceCall} at a time. */
import type { AgentState } from '../server/protocol.js';
import { CallError } from './call-errors.js';
import type { CallEvents } from './call-events.js';
import { listMicrophones, NO_MICROPHONE, onMicrophonesChanged } from './microphone.js';
import { ConversationView } from './page/conversation-view.js';
import { byId, make } from './page/elements.js';
import { ProblemView } from './page/problem-view.js';
import { StagesView } from './page/stages-view.js';
import { tokenOfPage } from './page/page-token.js';
import { stayAwake } from './page/stay-awake.js';
import { prepareCall } from './prepared-call.js';
import { VoiceCall } from './voice-call.js';

type Phase = 'idle' | 'starting' | 'ready';

const STATE_WORDS: Readonly<Record<AgentState, string>> = {
  listening: 'Listening',
  thinking: 'Thinking',
  speaking: 'Speaking',
};

const page = document.querySelector('main') as HTMLElement;
const callButton = byId('call', HTMLButtonElement);
const muteButton = byId('mute', HTMLButtonElement);
const microphoneSelect = byId('microphone', HTMLSelectElement);
const agentState = byId('agent-state', HTMLElement);
const callerLevel = byId('caller-level', HTMLElement);
const agentLevel = byId('agent-level', HTMLElement);
const sayForm = byId('say', HTMLFormElement);
const sayText = byId('say-text', HTMLInputElement);
const saySend = byId('say-send', HTMLButtonElement);
const typeInstead = byId('type-instead', HTMLButtonElement);
const voice = byId('voice', HTMLAudioElement);

const conversation = new ConversationView(byId('conversation', HTMLElement));
const stages = new StagesView(byId('stages', HTMLElement), byId('ready-time', HTMLElement));
const problem = new ProblemView(
  byId('problem', HTMLElement),
  byId('problem-title', HTMLElement),
  byId('problem-advice', HTMLElement),
  typeInstead,
);

const token = tokenOfPage();
let prepared = prepareCall(undefined, token);
let call: VoiceCall | undefined;
/** What the call speaks through: the choice falls back to it when another microphone cannot be opened. */
let microphoneInUse = '';
let lastState: AgentState = 'listening';

setPhase('idle');
void showMicrophones();
onMicrophonesChanged(() => void showMicrophones());
if (!window.isSecureContext) problem.show('insecureContext');

callButton.addEventListener('click', (event) => {
  if (call) call.end();
  else start(event.timeStamp, microphoneSelect.value);
});
typeInstead.addEventListener('click', (event) => {
  microphoneSelect.value = NO_MICROPHONE;
  start(event.timeStamp, NO_MICROPHONE);
});
muteButton.addEventListener('click', () => {
  call?.setMuted(!call.muted);
  showMuted();
});
microphoneSelect.addEventListener('change', () => void chooseMicrophone());
sayForm.addEventListener('submit', (event) => {
  event.preventDefault();
  void say();
});
// A page that is left, or put aside for the back button, must not keep a line.
window.addEventListener('pagehide', () => call?.end());

function start(askedAtMs: number, microphone: string): void {
  problem.hide();
  conversation.clear();
  stages.begin();
  const started = VoiceCall.start({ prepared, askedAtMs, microphone, audio: voice });
  call = started;
  microphoneInUse = microphone;
  setPhase('starting');
  if (microphone === NO_MICROPHONE) callButton.focus();

  started.on('stage', ({ stage, done, elapsedMs }) => {
    stages.show(stage, done, elapsedMs);
    // Names of microphones are known once one has been allowed.
    if (stage === 'microphone' && done) void showMicrophones();
  });
  started.on('waiting', showWaiting);
  started.on('started', showModels);
  started.on('ready', ({ elapsedMs }) => {
    stages.ready(elapsedMs);
    setPhase('ready');
    showState((lastState = 'listening'));
    if (microphone === NO_MICROPHONE) sayText.focus();
  });
  started.on('state', (state) => {
    lastState = state;
    showState(state);
  });
  started.on('connection', (connection) => {
    if (connection === 'back') showState(lastState);
    else showReconnecting();
  });
  started.on('turn', (turn) => conversation.show(turn));
  started.on('latency', (latency) => conversation.showLatency(latency));
  started.on('levels', ({ caller, agent }) => {
    callerLevel.style.setProperty('--level', String(caller));
    agentLevel.style.setProperty('--level', String(agent));
  });
  started.on('draining', () => problem.show('serverDrainsSoon'));
  started.on('error', showError);
  started.on('ended', showEnd);
}

function showEnd({ reason, message, retryAfterSeconds }: CallEvents['ended']): void {
  console.info(`Call ended (${reason}): ${message}`);
  const hadFocus = document.activeElement === sayText || document.activeElement === saySend;
  call = undefined;
  // A call ends with its socket; the next one has its own, connected ahead.
  prepared = prepareCall(undefined, token);
  conversation.settle();
  stages.stop(reason);
  setPhase('idle');
  problem.show(reason, retryAfterSeconds);
  if (hadFocus) callButton.focus();
}

function setPhase(phase: Phase): void {
  page.dataset.phase = phase;
  stayAwake(phase !== 'idle');
  callButton.textContent = phase === 'idle' ? 'Start call' : 'End call';
  const ready = phase === 'ready';
  microphoneSelect.disabled = phase === 'starting';
  muteButton.disabled = !ready;
  sayText.disabled = !ready;
  saySend.disabled = !ready;
  if (phase !== 'ready') {
    agentState.dataset.state = phase;
    agentState.textContent = phase === 'idle' ? 'Not in a call' : 'Getting ready';
    for (const meter of [callerLevel, agentLevel]) meter.style.setProperty('--level', '0');
  }
  showMuted();
}

function showWaiting({ position, expectedWaitSeconds }: CallEvents['waiting']): void {
  agentState.dataset.state = 'waiting';
  agentState.textContent = `Number ${position} in line, about ${expectedWaitSeconds} s`;
}

function showReconnecting(): void {
  agentState.dataset.state = 'reconnecting';
  agentState.textContent = 'Reconnecting';
}

function showState(state: AgentState): void {
  agentState.dataset.state = state;
  agentState.textContent = STATE_WORDS[state];
}

function showMuted(): void {
  const muted = call?.muted ?? false;
  muteButton.setAttribute('aria-pressed', String(muted));
  page.toggleAttribute('data-muted', muted);
}

function showModels({ models }: CallEvents['started']): void {
  // A place after a wait in line.
  if (agentState.dataset.state === 'waiting') setPhase('starting');
  byId('models', HTMLElement).hidden = false;
  byId('model-recognizer', HTMLElement).textContent = models.recognizer;
  byId('model-language', HTMLElement).textContent = models.languageModel;
  byId('model-synthesizer', HTMLElement).textContent = models.synthesizer;
  byId('model-note', HTMLElement).textContent = models.note;
}

function showError(error: unknown): void {
  const { code, message, retryAfterSeconds } = CallError.from(error, 'internal');
  console.warn(`${code}: ${message}`);
  problem.show(code, retryAfterSeconds);
}

async function chooseMicrophone(): Promise<void> {
  if (!call?.ready) return;
  const wish = microphoneSelect.value;
  try {
    await call.chooseMicrophone(wish);
    microphoneInUse = wish;
    problem.hide();
  } catch (error) {
    microphoneSelect.value = microphoneInUse;
    showError(error);
  }
}

async function showMicrophones(): Promise<void> {
  const microphones = await listMicrophones();
  const chosen = microphoneSelect.value;
  const options = microphones.map(({ deviceId, label }) => option(deviceId, label));
  // Browsers without a "default" entry of their own get one.
  if (!microphones.some(({ deviceId }) => deviceId === 'default')) {
    options.unshift(option('', 'Default microphone'));
  }
  options.push(option(NO_MICROPHONE, 'None: I will type'));
  microphoneSelect.replaceChildren(...options);
  if (options.some(({ value }) => value === chosen)) microphoneSelect.value = chosen;
}

function option(value: string, label: string): HTMLOptionElement {
  const element = make('option', '', label);
  element.value = value;
  return element;
}

async function say(): Promise<void> {
  const text = sayText.value.trim();
  if (!call || text === '') return;
  try {
    await call.say(text);
    problem.hide();
    sayText.value = '';
  } catch (error) {
    showError(error);
  }
}
