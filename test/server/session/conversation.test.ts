import { describe, expect, it } from 'vitest';
import { Conversation } from '../../../server/session/conversation.js';

describe('conversation', () => {
  it('goes on with a turn until the answer to it can be heard', () => {
    const conversation = new Conversation('Be brief.');
    conversation.addCallerWords('my name is');
    expect([conversation.callerTurnId, conversation.callerText]).toEqual([1, 'my name is']);
    conversation.addCallerWords('anna');
    conversation.answerBegan();
    expect([conversation.callerTurnId, conversation.callerText]).toEqual([2, '']);
    conversation.addAgentWords('Hello, Anna.', []);
    expect(conversation.messages).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'my name is anna' },
      { role: 'assistant', text: 'Hello, Anna.' },
    ]);
  });

  it('joins turns for the model when nothing of the answer between them was heard', () => {
    const conversation = new Conversation('');
    conversation.addCallerWords('what time');
    conversation.answerBegan();
    conversation.addAgentWords('', []);
    conversation.addCallerWords('is it');
    expect(conversation.callerTurnId).toBe(2);
    expect(conversation.messages).toEqual([{ role: 'user', text: 'what time is it' }]);
    expect(conversation.unanswered).toBe(true);
  });

  it('keeps calls whose answer was not heard', () => {
    const conversation = new Conversation('');
    conversation.addCallerWords('what time is it');
    conversation.addAgentWords('', [{ name: 'get_time', arguments: {}, result: { time: '09:47' } }]);
    expect(conversation.messages.at(-1)).toMatchObject({ role: 'assistant', calls: [{ name: 'get_time' }] });
  });

  it('hands out copies', () => {
    const conversation = new Conversation('');
    conversation.addCallerWords('hello');
    const [message] = conversation.messages;
    if (message) message.text = 'changed';
    expect(conversation.messages).toEqual([{ role: 'user', text: 'hello' }]);
  });
});
