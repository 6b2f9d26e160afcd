import type { Word } from './split-words.ts'

/** A module's option with its arguments: `! --dport 80` is `{ name: 'dport', negated: true, values: ['80'] }`. */
export interface Option {
  readonly name: string
  readonly negated: boolean
  readonly values: readonly string[]
}

/** Null when a value stands before any option: then the module is not one we know how to read. */
export const splitOptions = (words: readonly Word[]): readonly Option[] | null => {
  const options: { name: string; negated: boolean; values: string[] }[] = []
  let negated = false
  for (const word of words) {
    if (!word.quoted && word.text === '!') {
      negated = true
    } else if (!word.quoted && word.text.startsWith('--')) {
      options.push({ name: word.text.slice(2), negated, values: [] })
      negated = false
    } else {
      const open = options.at(-1)
      if (open === undefined || negated) return null
      open.values.push(word.text)
    }
  }
  return negated ? null : options
}
