import { InvalidRequestError, ParseError } from '@portolan/netfilter'
import type { Backend } from '../../backend/backend.ts'
import { dialects } from '../../backend/dialects.ts'
import type { CommandContext } from '../command.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { jsonText } from '../output/json-text.ts'
import { readText, sourceName } from '../sources/read-text.ts'

/** `portolan parse FILE`: reads a ruleset of either kind and prints it back. */
export const run = async ({ options, positionals, terminal }: CommandContext): Promise<ExitCode> => {
  const [name = '-'] = positionals
  const text = readText(name, 'rules')
  const file = sourceName(name)
  if (text.trim() === '')
    throw new InvalidRequestError(
      `${file} is empty: expected the output of iptables-save or of nft -j list ruleset.`,
    )
  if (isNftText(text))
    throw new InvalidRequestError(
      `${file} is a ruleset in nft's own text, which only nft reads: make it JSON with \`nft -j list ruleset\` on the host it is from, or load it there with \`nft -f\` first.`,
    )
  const isJson = text.trimStart().startsWith('{')
  if (!isJson) refuseProse(text, file)
  const { ruleset, print } = read(isJson ? 'nftables' : 'iptables-nft', text, file)
  if (options.json === true) terminal.print(jsonText(ruleset, plainCounter))
  else terminal.pass(print().replace(/\n$/, ''))
  return exitCode.ok
}

/** The two variants of iptables print the same. */
const read = <One extends Backend>(
  backend: One,
  text: string,
  file: string,
): { readonly ruleset: object; readonly print: () => string } => {
  const ruleset = dialects[backend].parse(text, file)
  return { ruleset, print: () => dialects[backend].print(ruleset) }
}

/**
 * Is this the output of `nft list ruleset`, or a script for `nft -f`? Its first word names a table or what to do with
 * one.
 */
const isNftText = (text: string): boolean => {
  const words = text.replace(/^(\s*#.*)?\s*\n/gm, '').trimStart()
  return /^(table\s+(\w+\s+)?\S+\s*\{|(add|create|delete|destroy|flush)\s+(table|chain|rule|set|map|element|ruleset)\b)/.test(
    words,
  )
}

/** Refuses a text whose first line with content is none of iptables-save's, and says what a file of rules is. */
const refuseProse = (text: string, file: string): void => {
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((line) => !/^\s*(#|$)/.test(line))
  const line = lines[at] ?? ''
  if (at !== -1 && !line.startsWith('*'))
    throw new ParseError(
      'expected a comment or "*table": a file of rules is the output of iptables-save (or ip6tables-save), or of `nft -j list ruleset`, which begins with `{`',
      { source: file, line: at + 1, column: 1 },
      line.slice(0, 60),
    )
}

/** Counters have 64 bits. One beyond what a JSON number holds exactly becomes a string, so that no digit is lost. */
const plainCounter = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'bigint') return value
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : String(value)
}
