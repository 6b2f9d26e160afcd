import type { NetfilterChain, NetfilterRule } from '@portolan/netfilter'
import type { Passage } from '@portolan/netfilter/advice'
import { type IptablesPlace, iptablesWords } from '@portolan/netfilter/advice'
import { toolOfChain } from '@portolan/netfilter/analysis'
import { isWithin } from './decision.ts'
import { type Draft, inWords, type Wanted } from './draft.ts'
import { hookRemedy, needOf } from './hook-remedy.ts'
import { acceptPassage } from './insertion.ts'

const name = 'DOCKER-USER'

/**
 * Drafts accepts in DOCKER-USER, the chain that Docker leaves to the administrator and evaluates first. The accepts
 * come after all rules of the chain, so that they do not override any (fail2ban's jumps, the administrator's drops).
 *
 * @returns null when the table has no such chain, or iptables cannot write a name
 */
export const dockerUserWay = (wanted: Wanted, ways: readonly Passage[]): Draft | null => {
  const { table } = wanted.step
  const chain = table?.chains.find((one) => one.name === name)
  if (table === null || chain === undefined) return null
  const variant = toolOfChain(table, chain)
  if (variant === 'nft') return null
  if (isWithin(wanted.step, /^DOCKER-USER$/))
    return inWords(
      'DOCKER-USER holds the rules of the administrator. Change or delete that rule if it is not meant for these packets.',
    )
  const last = finalReturn(chain)
  const place = { variant, table: table.name, chain: name }
  const commandsWith = (before: IptablesPlace['before']): readonly (readonly string[] | null)[] =>
    ways.map((passage) => iptablesWords({ ...place, before }, passage))
  const remedy = hookRemedy(
    {
      name,
      text: 'Accept them in DOCKER-USER, the chain that Docker leaves to the administrator, behind the rules that are there.',
      commands: commandsWith(last === null ? null : chain.rules.length),
      undo: commandsWith('delete'),
    },
    needOf(wanted),
  )
  if (remedy === null) return null
  return {
    remedy,
    insertions: ways.map((passage) => ({
      table,
      chain: name,
      before: last,
      rule: acceptPassage(table, name, passage),
    })),
  }
}

/**
 * The RETURN at the end of the chain, as Docker writes one up to version 28. A rule behind it is not reached. Null:
 * there is none.
 */
const finalReturn = ({ rules }: NetfilterChain): NetfilterRule | null => {
  const last = rules.at(-1)
  const [step, ...others] = last?.steps ?? []
  return last !== undefined &&
    others.length === 0 &&
    step?.kind === 'verdict' &&
    step.verdict.kind === 'return'
    ? last
    : null
}
