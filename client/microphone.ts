/** The caller's microphone: opening one, listing them, and a silent one for those who only type. */
import { CallError, microphoneProblem } from './call-errors.js';

export interface MicrophoneChoice {
  deviceId: string;
  label: string;
}

/** In place of a device id: no microphone at all, the caller types. */
export const NO_MICROPHONE = 'none';

/**
 * Opens a microphone. `deviceId`: default the system's. Rejects with a CallError. Echo cancellation is what lets the
 * caller interrupt without headphones: without it the agent would hear itself.
 */
export async function openMicrophone(deviceId?: string): Promise<MediaStreamTrack> {
  if (deviceId === NO_MICROPHONE) return silentTrack();
  const devices = mediaDevices();
  if (!devices) throw new CallError('insecureContext', 'navigator.mediaDevices is missing.');
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
  };
  if (deviceId) audio.deviceId = { exact: deviceId };
  try {
    const [track] = (await devices.getUserMedia({ audio })).getAudioTracks();
    if (!track) throw new CallError('microphoneMissing', 'The stream has no audio track.');
    track.contentHint = 'speech';
    return track;
  } catch (error) {
    throw error instanceof CallError ? error : microphoneProblem(error);
  }
}

/** The microphones there are. Their names are empty until the person has allowed one. */
export async function listMicrophones(): Promise<MicrophoneChoice[]> {
  const devices = (await mediaDevices()?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
    .map(({ deviceId, label }, index) => ({ deviceId, label: label || `Microphone ${index + 1}` }));
}

/** Calls back whenever a microphone comes or goes. */
export function onMicrophonesChanged(listener: () => void): void {
  mediaDevices()?.addEventListener('devicechange', listener);
}

/** Whether the microphone opens without asking the person. Unknown counts as no. */
export async function microphoneAllowed(): Promise<boolean> {
  try {
    const { state } = await navigator.permissions.query({ name: 'microphone' });
    return state === 'granted';
  } catch (error) {
    console.debug('The browser does not tell its permissions.', error);
    return false;
  }
}

/** Undefined on pages that are neither https nor localhost, whatever the type says. */
function mediaDevices(): MediaDevices | undefined {
  return (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
}

function silentTrack(): MediaStreamTrack {
  const context = new AudioContext();
  const [track] = context.createMediaStreamDestination().stream.getAudioTracks();
  if (!track) throw new CallError('browserUnsupported', 'The browser makes no silent track.');
  const stop = track.stop.bind(track);
  // The context lives as long as its track: browsers allow only a few at a time.
  track.stop = () => {
    stop();
    if (context.state !== 'closed') void context.close();
  };
  return track;
}
