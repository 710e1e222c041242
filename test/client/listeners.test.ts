import { describe, expect, it, vi } from 'vitest';
import { Listeners } from '../../client/listeners.js';

interface Events {
  turn: string;
  ended: number;
}

describe('Listeners', () => {
  it('tells each event to its own listeners until they stop', () => {
    const listeners = new Listeners<Events>();
    const heard: string[] = [];
    const stop = listeners.add('turn', (words) => heard.push(words));
    listeners.add('ended', () => heard.push('ended'));
    listeners.tell('turn', 'one');
    stop();
    listeners.tell('turn', 'two');
    expect(heard).toEqual(['one']);
  });

  it('lets no listener keep another from hearing', () => {
    const listeners = new Listeners<Events>();
    const report = vi.spyOn(console, 'error').mockReturnValue(undefined);
    const later = vi.fn();
    listeners.add('turn', () => {
      throw new Error('broken');
    });
    listeners.add('turn', later);
    listeners.tell('turn', 'one');
    expect(later).toHaveBeenCalledWith('one');
    expect(report).toHaveBeenCalledOnce();
    report.mockRestore();
  });
});
