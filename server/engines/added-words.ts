/**
 * Words that callers of the pocket profile say and PocketSphinx' dictionary lacks, names above all, with their sounds
 * in the dictionary's notation (ARPAbet). Without an entry a word can never be heard.
 */
export const addedWords: Readonly<Record<string, string>> = {
  ananya: 'AH N AA N Y AH',
  anouk: 'AH N UW K',
  emeka: 'EH M EH K AH',
  farida: 'F AH R IY D AH',
  nerys: 'N EH R IH S',
  noor: 'N UH R',
  okafor: 'OW K AH F AO R',
  petrov: 'P EH T R AA F',
  priya: 'P R IY AH',
  saskia: 'S AE S K IY AH',
  tomasz: 'T OW M AA SH',
  usha: 'UW SH AH',
  vikram: 'V IH K R AH M',
  yara: 'Y AA R AH',
  yuki: 'Y UW K IY',
  yusuf: 'Y UW S AH F',
  zainab: 'Z AY N AH B',
};
