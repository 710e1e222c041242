/** The functions that every agent may call: time and date, and ending the call. */
import type { Tool } from '../engines/engine-types.js';

/** No other function may be called so. */
export const builtInToolNames: readonly string[] = ['get_time', 'end_call'];

/** @param endCall called when the model wants to end the call; the answer in progress is still spoken. */
export function builtInTools(endCall: () => void): Tool[] {
  return [
    {
      name: 'get_time',
      description: 'The time of day and the date where the server is.',
      run: () => Promise.resolve(timeAndDate(new Date())),
    },
    {
      name: 'end_call',
      description: 'Ends the call after saying goodbye.',
      run: () => {
        endCall();
        return Promise.resolve({ ok: true });
      },
    },
  ];
}

/** For instance `{ time: '09:47', date: 'Saturday, November 21' }`. */
function timeAndDate(now: Date): { time: string; date: string } {
  return {
    time: now.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }),
    date: now.toLocaleDateString('en-US', { weekday: 'long', month: 'long', day: 'numeric' }),
  };
}
