import type { NetfilterChain, NetfilterTable } from '../model/index.ts'
import { ownerOfTarget } from './owner-of-target.ts'

/** Programs that set the policy of built-in chains they hook into; the first that is there did it last. */
const policySetters: readonly { readonly owner: string; readonly chains: readonly string[] }[] = [
  { owner: 'ufw', chains: ['INPUT', 'FORWARD', 'OUTPUT'] },
  { owner: 'docker', chains: ['FORWARD'] },
]

/** The program that set the policy of a built-in chain to drop; null: it accepts, or nothing tells. */
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

/** In panic mode firewalld closes every built-in chain of iptables' tables, and it hooks into all of them. */
const isPanic = ({ tool, chains }: NetfilterTable): boolean => {
  const base = chains.filter((chain) => chain.base !== null)
  return (
    tool !== 'nft' &&
    base.every(({ base: hook }) => hook?.policy === 'drop') &&
    base.some(({ rules }) => rules.some((rule) => ownerOfTarget(rule) === 'firewalld')) &&
    !base.some(({ rules }) => rules.some((rule) => ownerOfTarget(rule) === 'ufw'))
  )
}
