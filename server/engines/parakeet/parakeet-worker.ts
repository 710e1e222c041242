/** Entry of Parakeet's thread. */
import { serveRecognizer } from '../recognition/serve-recognizer.js';
import { ParakeetModel, type ParakeetSetup } from './parakeet-model.js';

serveRecognizer((setup: ParakeetSetup, replacement) => ParakeetModel.load(setup, !replacement));
