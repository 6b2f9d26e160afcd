import { notRead, refused, refusedFor, type Word, type WordReader } from './nft-words.ts'

/** The base of a chain, as `nft -j` prints it. */
export interface ListedBase {
  readonly type: string
  readonly hook: string
  readonly prio: number
  readonly policy: string
}

const hooks: readonly string[] = ['prerouting', 'input', 'forward', 'output', 'postrouting']

/** The chain types of a family, with their hooks (man 8 nft, CHAINS). */
const hooksOf = (family: string): Readonly<Record<string, readonly string[]>> =>
  family === 'bridge'
    ? { filter: hooks }
    : {
        filter: hooks,
        nat: hooks.filter((hook) => hook !== 'forward'),
        route: ['output'],
      }

/**
 * The names of priorities, with their numbers (man 8 nft, CHAINS). Some names are for some hooks only:
 * `hooksOfPriority`.
 */
const priorities = {
  ip: { raw: -300, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 },
  bridge: { dstnat: -300, filter: -200, out: 100, srcnat: 300 },
} as const

const hooksOfPriority: Readonly<Record<string, readonly string[]>> = {
  dstnat: ['prerouting', 'output'],
  srcnat: ['postrouting'],
  out: ['output'],
}

/** Reads the line `type … hook … priority …`. */
export const readBase = (reader: WordReader, family: string): Omit<ListedBase, 'policy'> => {
  reader.expect('type')
  const type = reader.next()
  const types = hooksOf(family)
  const known = Object.hasOwn(types, type.text) && !type.quoted ? types[type.text] : undefined
  if (known === undefined)
    throw refused(type, `expected a type that family ${family} has (${Object.keys(types).join(', ')})`)
  reader.expect('hook')
  const hook = reader.next()
  if (hook.text === 'ingress' || hook.text === 'egress') throw notRead(hook, 'hooks of devices are not')
  if (!known.includes(hook.text) || hook.quoted)
    throw refused(hook, `expected a hook of type ${type.text} (${known.join(', ')})`)
  const word = reader.next()
  if (word.text !== 'priority') throw refused(word, 'expected "priority"')
  const prio = readPriority(reader, family, hook.text)
  if (type.text === 'nat' && prio <= -200)
    throw refusedFor(word, `a chain of type nat has a priority above -200, and this one has ${prio}`)
  return { type: type.text, hook: hook.text, prio }
}

const form = /^(?:([a-z]+)(?:( ?\+ ?| - ?)(\d+))?|(- ?)?(\d+))$/

const readPriority = (reader: WordReader, family: string, hook: string): number => {
  const first = reader.next()
  let text = first.text
  while (!reader.ended && /^[+-]|^\d/.test(reader.peek())) text += ` ${reader.next().text}`
  const [, name, sign, shift, minus, number] = (first.quoted ? null : form.exec(text)) ?? []
  const expected = `expected a priority: ${namesOn(family, hook).join(', ')}, such a name with "+ 10" or "- 10", or a number`
  const most = 2 ** 31 - 1
  if (number !== undefined) {
    if (Number(number) > most) throw refused(first, expected)
    return minus === undefined ? Number(number) : -Number(number)
  }
  if (name === undefined || !namesOn(family, hook).includes(name)) throw refused(first, expected)
  const names: Readonly<Record<string, number>> = family === 'bridge' ? priorities.bridge : priorities.ip
  const by = Number(shift ?? 0)
  return (names[name] ?? 0) + (sign?.includes('-') === true ? -by : by)
}

const namesOn = (family: string, hook: string): readonly string[] =>
  Object.keys(family === 'bridge' ? priorities.bridge : priorities.ip).filter(
    (name) => hooksOfPriority[name]?.includes(hook) ?? true,
  )

/** Reads the word after `policy`. */
export const readPolicy = (word: Word): string => {
  if (word.quoted || (word.text !== 'accept' && word.text !== 'drop'))
    throw refused(word, 'expected "accept" or "drop"')
  return word.text
}
