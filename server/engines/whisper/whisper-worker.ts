/** Entry of Whisper's thread. */
import { serveRecognizer } from '../recognition/serve-recognizer.js';
import { WhisperModel, type WhisperSetup } from './whisper-model.js';

serveRecognizer((setup: WhisperSetup) => WhisperModel.load(setup));
