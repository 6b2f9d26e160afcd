import type { Passage } from '@portolan/netfilter/advice'
import { type Draft, inWords, type Wanted } from './draft.ts'
import { hooked, needOf } from './hooked.ts'
import { acceptPassage } from './insertion.ts'
import { isUfwInterface } from './owner-names.ts'

type Words = readonly string[]

/** Where ufw refuses by default what is routed: its policy, and the chains that stand for it (ufw(8), `default`). */
const byDefault = /^(FORWARD|ufw6?-(reject|skip-to-policy)-forward)$/

/** Where `ufw route` puts its rules. */
const userChain = /^ufw6?-user-forward$/

/**
 * `ufw route allow`: its rule comes behind those that the administrator has given, and ufw accepts the answers by
 * itself.
 *
 * @returns null where ufw has no way to say it
 */
export const ufwWay = (wanted: Wanted): Draft | null => {
  const { table, chain, rule, reply } = wanted.step
  if (table === null || chain === null) return null
  if (!byDefault.test(chain.name) || (rule !== null && chain.name === 'FORWARD'))
    return inWords(
      'This is not what ufw refuses by default, so it is a decision of the administrator. Delete that rule (ufw status numbered, ufw route delete) if it is not meant for these packets.',
    )
  const user = table.chains.find(({ name }) => userChain.test(name))
  // ufw has no word for what was translated.
  const there = wanted.passages.there.map((passage) => ({ ...passage, translated: false }))
  const words = there.map(ufwWords)
  if (user === undefined || reply || !there.every(isSayable)) return null
  const remedy = hooked(
    {
      name: 'ufw',
      text: 'Let ufw route them: it asks the rules that it has already first, and accepts what belongs to a flow under way by itself.',
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

/** ufw knows ports of TCP and UDP alone: without a protocol its rule would be for both. */
const isSayable = ({ in: from, out, protocol }: Passage): boolean =>
  [from, out].every(isUfwInterface) && (protocol === null || protocol === 6 || protocol === 17)

/** ufw(8), `ufw route allow`. */
const ufwWords = (passage: Passage): Words => {
  const { family, in: from, out, protocol, destination, destinationPort } = passage
  const isTo = destination !== null && destination !== 'local'
  // A rule without an address would be one of both families.
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
