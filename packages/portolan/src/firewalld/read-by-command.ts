import type { Runner } from '@portolan/core'
import {
  type Block,
  block,
  type Configuration,
  type Configurations,
  isOurDescription,
  ourName,
} from './configuration.ts'

type Words = readonly string[]

/**
 * Reads both configurations with firewall-cmd. Each question starts a Python that loads all of firewalld.
 *
 * @returns null where firewalld does not run, or does not answer
 * @throws MissingToolError where firewall-cmd is not installed
 */
export const readByCommand = async (runner: Runner): Promise<Configurations | null> => {
  const ask = async (...words: Words): Promise<string | null> => {
    const { exitCode, stdout } = await runner.run('firewall-cmd', words)
    return exitCode === 0 ? stdout : null
  }
  const both = (...words: Words): Promise<readonly [string | null, string | null]> =>
    Promise.all([ask(...words), ask('--permanent', ...words)])
  // This question is asked alone. If it has no answer, nothing else is asked.
  const [policies, permanentPolicies] = await both('--list-all-policies')
  if (policies === null || permanentPolicies === null) return null
  const permanent = blocksOf(permanentPolicies)
  const [zones, rules, passthroughs, ipsets, ours] = await Promise.all([
    both('--list-all-zones'),
    both('--direct', '--get-all-rules'),
    both('--direct', '--get-all-passthroughs'),
    both('--get-ipsets'),
    Promise.all(
      permanent
        .filter(({ name }) => ourName.test(name))
        .map(async ({ name }) => {
          const text = await ask('--permanent', `--policy=${name}`, '--get-description')
          return isOurDescription(text ?? '') ? [name] : []
        }),
    ),
  ])
  const entries = await Promise.all(
    wordsOf(ipsets[0]).map(async (name) => [name, await both(`--ipset=${name}`, '--get-entries')] as const),
  )
  const configuration = (at: 0 | 1, blocks: readonly Block[]): Configuration => ({
    policies: blocks,
    zones: blocksOf(zones[at] ?? ''),
    directRules: linesOf(rules[at]),
    passthroughs: linesOf(passthroughs[at]),
    ipsets: wordsOf(ipsets[at]),
    entries: new Map(entries.map(([name, texts]) => [name, linesOf(texts[at])])),
  })
  return {
    now: configuration(0, blocksOf(policies)),
    permanent: configuration(1, permanent),
    ours: ours.flat(),
  }
}

const linesOf = (text: string | null): Words =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

const wordsOf = (text: string | null): Words => (text ?? '').split(/\s+/).filter((word) => word !== '')

/** Splits a list into zones or policies, each with its settings. */
const blocksOf = (text: string): readonly Block[] => {
  const blocks: { readonly name: string; readonly lines: string[] }[] = []
  let list = ''
  for (const line of text.split('\n')) {
    const head = /^(\S+)( \(.*\))?$/.exec(line)?.[1]
    if (head !== undefined) blocks.push({ name: head, lines: [] })
    const [, key, values = ''] = /^ {2}([\w -]+): ?(.*)$/.exec(line) ?? []
    if (key !== undefined) list = key === 'rich rules' ? 'rich rule' : key
    const found = line.startsWith('\t') ? [line.trim()] : wordsOf(values)
    blocks.at(-1)?.lines.push(...found.map((one) => `${list} ${one}`))
  }
  return blocks.map(({ name, lines }) => block(name, lines))
}
