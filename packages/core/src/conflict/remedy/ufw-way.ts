import type { Passage } from '@portolan/netfilter/advice'
import { type Draft, inWords, type Wanted } from './draft.ts'
import { hookRemedy, needOf } from './hook-remedy.ts'
import { acceptPassage } from './insertion.ts'
import { isUfwInterface } from './owner-names.ts'

type Words = readonly string[]

/**
 * The chains in which ufw refuses routed packets by default: its policy, and chains in its place (ufw(8), `default`).
 */
const byDefault = /^(FORWARD|ufw6?-(reject|skip-to-policy)-forward)$/

/** The chain that `ufw route` adds rules to. */
const userChain = /^ufw6?-user-forward$/

/**
 * Drafts `ufw route allow`. Its rule comes after those that the administrator has given, and ufw itself accepts the
 * replies.
 *
 * @returns null when ufw has no way to express it
 */
export const ufwWay = (wanted: Wanted): Draft | null => {
  const { table, chain, rule, reply } = wanted.step
  if (table === null || chain === null) return null
  if (!byDefault.test(chain.name) || (rule !== null && chain.name === 'FORWARD'))
    return inWords(
      'Ufw does not refuse this by default: an administrator added that rule. Delete it (ufw status numbered, ufw route delete) if it is not meant for these packets.',
    )
  const user = table.chains.find(({ name }) => userChain.test(name))
  // ufw cannot match translated packets.
  const there = wanted.passages.there.map((passage) => ({ ...passage, translated: false }))
  const words = there.map(ufwWords)
  if (user === undefined || reply || !there.every(isSayable)) return null
  const remedy = hookRemedy(
    {
      name: 'ufw',
      text: 'Let ufw route them: its existing rules still come first, and it accepts packets of established connections by itself.',
      commands: words.map((one) => ['ufw', 'route', 'allow', ...one]),
      undo: words.map((one) => ['ufw', 'route', 'delete', 'allow', ...one]),
    },
    needOf(wanted),
  )
  if (remedy === null) return null
  return {
    remedy,
    insertions: there.map((passage) => ({
      table,
      chain: user.name,
      before: null,
      rule: acceptPassage(table, user.name, passage),
    })),
  }
}

/**
 * Whether ufw can express a passage. It knows ports only for TCP and UDP: without a protocol its rule would cover both.
 */
const isSayable = ({ in: from, out, protocol }: Passage): boolean =>
  [from, out].every(isUfwInterface) && (protocol === null || protocol === 6 || protocol === 17)

/** ufw(8), `ufw route allow`. */
const ufwWords = (passage: Passage): Words => {
  const { family, in: from, out, protocol, destination, destinationPort } = passage
  const isTo = destination !== null && destination !== 'local'
  // A rule without an address would cover both families.
  const source = passage.source ?? (isTo ? null : anySource[family])
  return [
    ...(from === null ? [] : ['in', 'on', from]),
    ...(out === null ? [] : ['out', 'on', out]),
    ...(protocol === 6 ? ['proto', 'tcp'] : protocol === 17 ? ['proto', 'udp'] : []),
    ...(source === null ? [] : ['from', source]),
    ...(isTo ? ['to', destination] : ['to', 'any']),
    ...(destinationPort === null ? [] : ['port', String(destinationPort)]),
  ]
}

const anySource = { ip: '0.0.0.0/0', ip6: '::/0' } as const
