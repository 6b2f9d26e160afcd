import type { Family } from '@portolan/netfilter'
import type { DesiredState } from '../../../contract/index.ts'
import { replicaName } from '../../../contract/mapping-label.ts'
import { addressText } from '../rows/address-text.ts'
import type { Finding, NamedEnds } from './finding.ts'

/** Names the ends of witnesses by the containers of a project: `web (172.17.0.2)`, `web-2 (172.17.0.3)`. */
export const namedEndsOf = ({ endpoints }: DesiredState): ((finding: Finding) => NamedEnds) => {
  const names = new Map<string, string>()
  for (const endpoint of endpoints)
    for (const address of [endpoint.ip, endpoint.ip6])
      if (address !== null)
        names.set(`${endpoint.network} ${address}`, `${replicaName(endpoint)} (${address})`)
  return ({ network, point: { saddr, daddr }, rows: [row] }) => {
    const nameOf = (family: Family, address: number | bigint): string | null =>
      names.get(`${network.name} ${addressText(family, address)}`) ?? null
    return row === undefined
      ? { sender: null, receiver: null }
      : { sender: nameOf(row.family, saddr), receiver: nameOf(row.family, daddr) }
  }
}
