import { ParseError } from '@portolan/netfilter'
import { builtIns } from '../../model/chain/built-in.ts'
import type { Counters, Rule } from '../../model/ruleset.ts'
import { refusal } from '../fault/refusal.ts'
import { misplaced } from '../fault/target-place.ts'
import { undeclared } from '../fault/undeclared.ts'
import { chainOf, deleteChains, flush, insertRules, type OpenTable, openChain } from './open-table.ts'
import { parseListed } from './parse-listed.ts'
import { parseRule } from './parse-rule.ts'
import { splitWords, type Word } from './split-words.ts'
import type { TableContext } from './table-context.ts'

/** Reads counters of 64 bits each; null where none are given. */
export const counterPair = (packets: string | undefined, bytes: string | undefined): Counters | null =>
  packets === undefined || bytes === undefined ? null : { packets: BigInt(packets), bytes: BigInt(bytes) }

/** Matches the names that iptables accepts, apart from their length (iptables/xshared.c `assert_valid_chain_name`). */
const isChainName = /^[^\s"!-][^\s"]*$/

const counted = /^\[(\d{1,20}):(\d{1,20})\] (?=-A )/

/** Reads a rule in the form of iptables-save and appends it; false for any other line. */
const takeListed = (text: string, table: OpenTable, context: TableContext): boolean => {
  const counters = text.startsWith('[') ? counted.exec(text) : null
  const start = counters === null ? 0 : counters[0].length
  if (!text.startsWith('-A ', start)) return false
  const space = text.indexOf(' ', start + 3)
  const end = space < 0 ? text.length : space
  const chain = text.slice(start + 3, end)
  if (!isChainName.test(chain)) return false
  const rule = parseListed(text, end + 1, context)
  if (rule === null) return false
  const open = chainOf(table, chain)
  if (open === undefined || misplaced(rule.target, table.name, chain) !== null) return false
  const pair = counters === null ? null : counterPair(counters[1], counters[2])
  table.empty = false
  open.rules.push(pair === null ? rule : { ...rule, counters: pair })
  return true
}

/** The offset of the target in the line. */
const placeOf = (words: readonly Word[], target: string): number =>
  words.find(({ text, quoted }) => !quoted && text.endsWith(target))?.start ?? 0

type Command = 'append' | 'insert' | 'new' | 'policy' | 'flush' | 'delete-chain' | 'zero'

const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['-A', 'append'],
  ['--append', 'append'],
  ['-I', 'insert'],
  ['--insert', 'insert'],
  ['-N', 'new'],
  ['--new-chain', 'new'],
  ['-P', 'policy'],
  ['--policy', 'policy'],
  ['-F', 'flush'],
  ['--flush', 'flush'],
  ['-X', 'delete-chain'],
  ['--delete-chain', 'delete-chain'],
  ['-Z', 'zero'],
  ['--zero', 'zero'],
])

/**
 * Carries out one command of a file for iptables-restore on the table.
 *
 * @throws ParseError for a line that is not a command, or not a rule
 */
export const takeLine = (text: string, line: number, table: OpenTable, context: TableContext): void => {
  if (takeListed(text, table, context)) return
  const refuse = (message: string, column: number): ParseError =>
    new ParseError(message, { source: context.source, line, column }, text)
  const words = splitWords(text)
  if (typeof words === 'number') throw refuse('this quote is never closed', words + 1)
  const [first] = words
  const counters = first?.text.startsWith('[') ? /^\[(\d{1,20}):(\d{1,20})\]$/.exec(first.text) : null
  let at = counters === null || counters === undefined ? 0 : 1
  const tag = words[at]?.text
  // `-4` and `-6` restrict a line to one family.
  if (tag === '-4' || tag === '-6') {
    if ((tag === '-4') !== (context.family === 'ip')) return
    at += 1
  }
  const word: Word | undefined = words[at]
  const command = word === undefined ? undefined : commands.get(word.text)
  if (word === undefined || command === undefined) {
    throw refuse(`expected "-A CHAIN ...", not "${word?.text ?? ''}"`, (word?.start ?? 0) + 1)
  }
  const chain = words[at + 1]
  if (command === 'flush') flush(table, chain?.text)
  if (command === 'delete-chain') deleteChains(table, chain?.text)
  if (command === 'flush' || command === 'delete-chain' || command === 'zero') return
  if (chain === undefined) throw refuse(`${word.text} needs a chain`, text.length + 1)
  if (!isChainName.test(chain.text))
    throw refuse(`"${chain.text}" is not the name of a chain`, chain.start + 1)
  if (command === 'new') {
    openChain(table, chain.text)
    return
  }
  const place = { ...{ source: context.source, family: context.family }, line, text }
  const open = chainOf(table, chain.text)
  if (open === undefined)
    throw refusal(
      place,
      chain.start,
      undeclared(chain.text, [...table.chains.keys(), ...builtIns(table.name)]),
    )
  if (command === 'policy') {
    const policy = words[at + 2]
    if (policy?.text !== 'ACCEPT' && policy?.text !== 'DROP') {
      throw refuse('a policy is ACCEPT or DROP', (policy?.start ?? text.length) + 1)
    }
    open.policy = open.builtIn ? policy.text : null
    return
  }
  const number = words[at + 2]?.text ?? ''
  const numbered = command === 'insert' && /^\d{1,9}$/.test(number)
  const read = parseRule(words, at + (numbered ? 3 : 2), { ...context, line, text })
  for (const { target } of read) {
    const wrong = misplaced(target, table.name, open.name)
    if (wrong !== null) throw refusal(place, placeOf(words, wrong.name), wrong.why)
  }
  const pair = counters === null || counters === undefined ? null : counterPair(counters[1], counters[2])
  const rules: readonly Rule[] = pair === null ? read : read.map((rule) => ({ ...rule, counters: pair }))
  table.empty = false
  if (command === 'insert') insertRules(open, numbered ? Math.max(Number(number) - 1, 0) : 0, rules)
  else for (const rule of rules) open.rules.push(rule)
}
