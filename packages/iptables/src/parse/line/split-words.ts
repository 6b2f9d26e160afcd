/** One word of a rule line, without its quotes; `start` and `end` are offsets into the line. */
export interface Word {
  readonly text: string
  readonly quoted: boolean
  readonly start: number
  readonly end: number
}

const blank = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\r'

const quotedWord = (line: string, start: number): Word | null => {
  const close = line.indexOf('"', start + 1)
  const whole = line.slice(start + 1, close)
  if (close !== -1 && !whole.includes('\\')) return { text: whole, quoted: true, start, end: close + 1 }
  let text = ''
  for (let at = start + 1; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (character === '\\') {
      at += 1
      text += line.charAt(at)
    } else if (character === '"') {
      return { text, quoted: true, start, end: at + 1 }
    } else {
      text += character
    }
  }
  return null
}

/**
 * Splits a line as iptables-restore does (iptables/xshared.c `add_param_to_argv`). Blanks separate words, double quotes
 * hold a word together, and a backslash escapes the next character only inside quotes.
 *
 * @returns the words, or the offset of a quote that is not closed
 */
export const splitWords = (line: string): readonly Word[] | number => {
  const words: Word[] = []
  let at = 0
  while (at < line.length) {
    if (blank(line[at])) {
      at += 1
    } else if (line[at] === '"') {
      const word = quotedWord(line, at)
      if (word === null) return at
      words.push(word)
      at = word.end
    } else {
      const start = at
      while (at < line.length && !blank(line[at]) && line[at] !== '"') at += 1
      words.push({ text: line.slice(start, at), quoted: false, start, end: at })
    }
  }
  return words
}
