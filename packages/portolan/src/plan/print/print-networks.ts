import { type DesiredState, replicaName, type SubnetPlan } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import type { Look } from '../../text/look.ts'
import { tableLines } from '../../text/text-table.ts'
import { wrapLine } from '../../text/wrap-line.ts'
import { grouped } from '../grouped.ts'
import type { Plan } from '../plan.ts'

/**
 * The subnets of networks, each with its gateway and origin, and below it the rejected candidates.
 * @internal
 */
export const printNetworks = (
  subnets: readonly SubnetPlan[],
  desired: Desired,
  { style, columns }: Look,
): readonly string[] => {
  const rows = subnets.map((one) => {
    const gateway = gatewayOf(one, desired)
    return [
      one.network,
      one.subnet,
      gateway === null ? 'no gateway' : `gateway ${gateway}`,
      `${parentWords(one, desired)}${originWords(one)}`,
    ]
  })
  const lines = tableLines(rows, columns)
  return subnets.flatMap(({ rejected }, index) => [
    ...(lines[index] ?? []),
    ...rejected.flatMap((one) =>
      wrapLine(`      passed over ${visibleLine(rejectionWords(one))}`, columns, 8).map(style.dim),
    ),
  ])
}

type Desired = Pick<DesiredState, 'networks' | 'parented'>

/** `macvlan on eth1, `; nothing for a network with a bridge. */
const parentWords = ({ network }: SubnetPlan, { parented = [] }: Desired): string => {
  const found = parented.find(({ name }) => name === network)
  return found === undefined ? '' : `${found.driver.kind} on ${found.parent}, `
}

/**
 * The gateway of a network in the family of a subnet; null where it has none.
 * @internal
 */
export const gatewayOf = (
  { network, family, gateway }: SubnetPlan,
  { networks, parented = [] }: Desired,
): string | null => {
  const found = [...networks, ...parented].find(({ name }) => name === network)?.[family]
  return found == null ? gateway : found.gateway
}

/**
 * Why a network has its subnet.
 * @internal
 */
export const originWords = ({ origin, pool }: SubnetPlan): string =>
  origin === 'held'
    ? 'kept: the network has it already'
    : origin === 'fixed'
      ? 'as asked for'
      : `free in pool ${pool}`

/**
 * A rejected candidate, and the reason.
 * @internal
 */
export const rejectionWords = ({ candidate, candidates, detail }: SubnetPlan['rejected'][number]): string =>
  `${candidate}${candidates > 1 ? ` and ${candidates - 1} more after it` : ''}: ${detail}`

/**
 * The addresses of endpoints. Both families of an endpoint share a line.
 * @internal
 */
export const printAddresses = (
  { addresses }: Pick<Plan, 'addresses'>,
  { columns }: Look,
): readonly string[] => {
  const endpoints = grouped(addresses, ({ service, replica, network }) =>
    JSON.stringify([service, replica, network]),
  )
  const rows = [...endpoints.values()].map((given) => {
    const [first] = given
    const of = (isIp6: boolean): string =>
      given
        .map(({ address }) => address)
        .filter((address) => address.includes(':') === isIp6)
        .join(', ')
    return [replicaName(first), first.network, of(false), of(true), first.mac]
  })
  // A project without IPv6 has no column for it.
  const hasIp6 = rows.some(([, , , ip6]) => ip6 !== '')
  return tableLines(
    hasIp6
      ? rows
      : rows.map(([service = '', network = '', ip = '', , mac = '']) => [service, network, ip, mac]),
    columns,
  ).flat()
}
