import type { NetfilterChain, NetfilterRule, NetfilterTable } from '../netfilter/index.ts'
import { ownerOfChain, ownerOfTable } from './fingerprint.ts'

const known = new WeakMap<NetfilterRule | NetfilterChain, string | null>()

/**
 * Who wrote a rule, or set a policy, by fingerprint: the name of its table or chain, the chain it leads to, the form
 * that only one program writes. Never a guess from an interface's name alone.
 *
 * @param rule - null: the policy of the chain
 * @returns `docker`, `kube-proxy`, `firewalld`, `ufw`, `libvirt`, `netavark`, `tailscale`, `portolan`, ...; null when
 *   nothing tells
 * @example
 * ownerOf(table, chain, rule) // 'docker'
 * @public @since 0.1.0
 */
export const ownerOf = (
  table: NetfilterTable,
  chain: NetfilterChain,
  rule: NetfilterRule | null,
): string | null => {
  const key = rule ?? chain
  const found = known.get(key)
  if (found !== undefined) return found
  const owner = rule === null ? ownerOfPolicy(table, chain) : ownerOfRule(table, chain, rule)
  known.set(key, owner)
  return owner
}

const ownerOfPlace = (table: NetfilterTable, chain: NetfilterChain): string | null =>
  (table.tool === 'nft' ? ownerOfTable(table.name) : null) ?? ownerOfChain(chain.name)

const ownerOfRule = (table: NetfilterTable, chain: NetfilterChain, rule: NetfilterRule): string | null =>
  ownerOfPlace(table, chain) ?? ownerOfTarget(rule) ?? (isDockerForm(rule.source.text) ? 'docker' : null)

/** Who adds a jump to a chain of another adds it to reach one of its own. */
const ownerOfTarget = ({ steps }: NetfilterRule): string | null => {
  for (const step of steps)
    if (step.kind === 'verdict' && 'chain' in step.verdict) return ownerOfChain(step.verdict.chain)
  return null
}

/** What Docker names its bridges: docker0, or br- and the first 12 digits of the network's identifier. */
const bridge = '(docker0|br-[0-9a-f]{12})'

/**
 * What Docker writes straight into the built-in chains (moby `libnetwork/drivers/bridge/setup_ip_tables_linux.go`,
 * before and after version 28).
 */
const dockerForms: readonly RegExp[] = [
  new RegExp(`^-A POSTROUTING -s \\S+ ! -o ${bridge} -j MASQUERADE$`),
  new RegExp(`^-A FORWARD -i ${bridge} (! )?-o ${bridge} -j (ACCEPT|DROP)$`),
  new RegExp(`^-A FORWARD -o ${bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT$`),
  new RegExp(`^-A PREROUTING -d \\S+ ! -i ${bridge} -j DROP$`),
]

const isDockerForm = (text: string): boolean => dockerForms.some((form) => form.test(text))

/** Programs that set the policy of built-in chains they hook into; the first that is there did it last. */
const policySetters: readonly { readonly owner: string; readonly chains: readonly string[] }[] = [
  { owner: 'ufw', chains: ['INPUT', 'FORWARD', 'OUTPUT'] },
  { owner: 'docker', chains: ['FORWARD'] },
]

/** A built-in chain is everybody's, but accepting is what it does unless somebody said otherwise. */
const ownerOfPolicy = (table: NetfilterTable, chain: NetfilterChain): string | null => {
  const own = ownerOfPlace(table, chain)
  if (own !== null || chain.base?.policy !== 'drop' || table.name !== 'filter') return own
  const hooked = new Set(chain.rules.map(ownerOfTarget))
  return (
    policySetters.find(({ owner, chains }) => chains.includes(chain.name) && hooked.has(owner))?.owner ?? null
  )
}
