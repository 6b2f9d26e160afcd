import type { PublishedPort } from '@portolan/core'
import { type Family, families } from '@portolan/netfilter'
import { selectorOf } from '../compile/port-key.ts'
import { renamedChains } from '../compile/renamed-chains.ts'
import { projectOf, tagOf } from '../compile/tag.ts'
import { rootOf } from '../compile/tree/dispatch.ts'
import { isOurs, limit, open } from '../model/object-name.ts'
import { findTable, type Rule, type Ruleset, type Table } from '../model/ruleset.ts'

/**
 * The container ports that routed networks open, read from our chains alone.
 * @example
 * opened(await inspect(runner, 'iptables-nft')) // [{ project: 'shop', hostPort: 80, targets: [...], ... }]
 * @public @since 0.1.0
 */
export const opened = (ruleset: Ruleset): readonly PublishedPort[] =>
  families.flatMap((family) => {
    const mangle = findTable(ruleset, family, 'mangle')
    if (mangle === undefined) return []
    // A port with a drop at the end is open only to the sources that an earlier rule lets pass.
    const limited = new Set(
      rulesIn(mangle, limit).flatMap((rule) => (isVerdict(rule, 'DROP') ? socketOf(rule) : [])),
    )
    const found = new Map<string, PublishedPort>()
    for (const rule of rulesIn(mangle, open)) {
      const port = isVerdict(rule, 'RETURN') ? readRule(rule, family) : null
      const [socket] = socketOf(rule)
      if (port === null || socket === undefined || found.has(socket)) continue
      found.set(socket, limited.has(socket) ? { ...port, limited: true } : port)
    }
    return [...found.values()]
  })

/** The rules in all chains of a port tree. */
const rulesIn = (table: Table, root: string): readonly Rule[] => {
  const renamed = renamedChains(table)
  return table.chains.flatMap(({ name, rules }) => {
    const known = renamed?.get(name) ?? name
    return isOurs(known) && rootOf(known, [root]) === root ? rules : []
  })
}

const socketOf = (rule: Rule): readonly string[] => {
  const selector = selectorOf(rule)
  return selector === null ? [] : [`${selector.protocol} ${selector.address} ${selector.port}`]
}

const readRule = (rule: Rule, family: Family): PublishedPort | null => {
  const project = projectOf(rule)
  const selector = selectorOf(rule)
  if (project === null || selector === null || selector.address === '') return null
  const { address, protocol, port } = selector
  return {
    project,
    label: tagOf(rule)?.slice(project.length + 1) ?? '',
    family,
    protocol,
    hostAddress: null,
    hostPort: port,
    interface: null,
    targets: [{ address: address.slice(0, address.indexOf('/')), port }],
  }
}

const isVerdict = ({ target }: Rule, verdict: 'DROP' | 'RETURN'): boolean =>
  target?.kind === 'verdict' && target.verdict === verdict
