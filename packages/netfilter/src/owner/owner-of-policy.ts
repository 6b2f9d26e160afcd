import type { NetfilterChain, NetfilterTable } from '../model/index.ts'
import { ownerOfTarget } from './owner-of-target.ts'

/**
 * Programs that set the policy of the built-in chains they hook into. Of several that are present, the first one listed
 * set it last.
 */
const policySetters: readonly { readonly owner: string; readonly chains: readonly string[] }[] = [
  { owner: 'ufw', chains: ['INPUT', 'FORWARD', 'OUTPUT'] },
  { owner: 'docker', chains: ['FORWARD'] },
]

/**
 * The program that set the policy of a built-in chain to drop; null: the policy is accept, or the program is not known.
 */
export const ownerOfPolicy = (table: NetfilterTable, chain: NetfilterChain): string | null => {
  if (chain.base?.policy !== 'drop') return null
  if (isPanic(table)) return 'firewalld'
  if (table.name !== 'filter') return null
  if (table.tool !== 'nft' && table.program !== undefined) return table.program
  const hooked = new Set(chain.rules.map(ownerOfTarget))
  return (
    policySetters.find(({ owner, chains }) => chains.includes(chain.name) && hooked.has(owner))?.owner ?? null
  )
}

/**
 * Whether firewalld is in panic mode. It then sets the policy of every built-in chain of iptables' tables to drop, and
 * it has a jump in the table.
 */
const isPanic = ({ tool, chains }: NetfilterTable): boolean => {
  const base = chains.filter((chain) => chain.base !== null)
  return (
    tool !== 'nft' &&
    base.every(({ base: hook }) => hook?.policy === 'drop') &&
    base.some(({ rules }) => rules.some((rule) => ownerOfTarget(rule) === 'firewalld')) &&
    !base.some(({ rules }) => rules.some((rule) => ownerOfTarget(rule) === 'ufw'))
  )
}
