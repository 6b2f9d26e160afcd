import type { Reader } from '../grammar.ts'

/** Reads one of these words in any case, and prints it as written here. */
export const choice = (...words: readonly string[]): Reader => {
  const known = new Map(words.map((word) => [word.toLowerCase(), word]))
  return (text) => known.get(text.toLowerCase()) ?? null
}

/** Reads one of these words, and prints its value. */
export const translated = (words: Readonly<Record<string, string>>): Reader => {
  const known = new Map(Object.entries(words))
  return (text) => known.get(text.toLowerCase()) ?? null
}

/** Reads a list of words separated by commas, in any case and order. Prints each once, in the order given here. */
export const listOf = (words: readonly string[], aliases: Readonly<Record<string, string>> = {}): Reader => {
  const read = translated({
    ...Object.fromEntries(words.map((word) => [word.toLowerCase(), word])),
    ...aliases,
  })
  return (text, family) => {
    const found = new Set<string>()
    for (const part of text.split(',')) {
      const word = read(part, family)
      if (word === null) return null
      found.add(word)
    }
    return words.filter((word) => found.has(word)).join(',')
  }
}

/** Reads a list of values separated by commas, and keeps their order. */
export const seriesOf =
  (one: Reader, most = 65535): Reader =>
  (text, family) => {
    const parts = text.split(',')
    if (parts.length > most) return null
    const read: string[] = []
    for (const part of parts) {
      const value = one(part, family)
      if (value === null) return null
      read.push(value)
    }
    return read.join(',')
  }

/** Reads a value in the first form that fits. */
export const either =
  (...readers: readonly Reader[]): Reader =>
  (text, family) => {
    for (const reader of readers) {
      const value = reader(text, family)
      if (value !== null) return value
    }
    return null
  }
