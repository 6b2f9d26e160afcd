import type { NetfilterChain, NetfilterRule, NetfilterTable } from '../model/index.ts'
import { isDockerForm } from './docker-form.ts'
import { ownerOfChain, ownerOfTable } from './fingerprint.ts'
import { firewalldBlock } from './firewalld-block.ts'
import { ownerOfPolicy } from './owner-of-policy.ts'
import { ownerOfTarget } from './owner-of-target.ts'

/** Cache: the owner that the table and the chain tell. A managed chain may have a hundred thousand rules. */
const places = new WeakMap<NetfilterChain, string | null>()
const known = new WeakMap<NetfilterRule | NetfilterChain, string | null>()

/**
 * The program that wrote a rule or set a policy, by fingerprint: the name of the table or chain, the chain the rule
 * jumps to, a form that only one program writes, or the program that keeps the table for itself. Never a guess from an
 * interface's name alone.
 *
 * @param rule - null: the policy of the chain
 * @returns `docker`, `kube-proxy`, `firewalld`, `ufw`, `libvirt`, `netavark`, `tailscale`, `portolan`, ...; null when
 *   the program is not known
 * @example
 * ownerOf(table, chain, rule) // 'docker'
 * @public @since 0.1.0
 */
export const ownerOf = (
  table: NetfilterTable,
  chain: NetfilterChain,
  rule: NetfilterRule | null,
): string | null => {
  const ofPlace = ownerOfPlace(table, chain)
  if (ofPlace !== null) return ofPlace
  const key = rule ?? chain
  const found = known.get(key)
  if (found !== undefined) return found
  const owner = rule === null ? ownerOfPolicy(table, chain) : ownerOfForm(table, chain, rule)
  known.set(key, owner)
  return owner
}

const ownerOfPlace = (table: NetfilterTable, chain: NetfilterChain): string | null => {
  const found = places.get(chain)
  if (found !== undefined) return found
  const ofTable = table.tool === 'nft' ? (ownerOfTable(table.name) ?? programOf(table)) : null
  const owner = ofTable ?? ownerOfChain(chain.name)
  places.set(chain, owner)
  return owner
}

/**
 * The program that keeps the table for itself. Any program can call itself portolan, so only the name tells a managed
 * table.
 */
const programOf = ({ program }: NetfilterTable): string | null =>
  program === undefined || program === 'portolan' ? null : program

const ownerOfForm = (table: NetfilterTable, chain: NetfilterChain, rule: NetfilterRule): string | null => {
  const owner = ownerOfTarget(rule)
  if (owner !== null) return owner
  if (isDockerForm(table, rule)) return 'docker'
  return table.tool !== 'nft' && firewalldBlock(chain).has(rule) ? 'firewalld' : null
}
