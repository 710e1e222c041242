/** Speech as a WAV file: 16-bit PCM, mono. Pure. */

const headerBytes = 44;

export function wavOf(sound: readonly Int16Array[], sampleRateHz: number): Uint8Array<ArrayBuffer> {
  const dataBytes = 2 * sound.reduce((sum, { length }) => sum + length, 0);
  const file = Buffer.from(new ArrayBuffer(headerBytes + dataBytes));
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  // PCM, one channel.
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRateHz, 24);
  file.writeUInt32LE(2 * sampleRateHz, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(dataBytes, 40);
  let at = headerBytes;
  for (const samples of sound) {
    for (const sample of samples) {
      file.writeInt16LE(sample, at);
      at += 2;
    }
  }
  return file;
}
