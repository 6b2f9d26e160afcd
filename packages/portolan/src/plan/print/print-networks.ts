import { type DesiredNetwork, replicaName, type SubnetPlan } from '@portolan/core'
import { visibleLine } from '@portolan/netfilter'
import type { Look } from '../../text/look.ts'
import { tableLines } from '../../text/text-table.ts'
import { wrapLine } from '../../text/wrap-line.ts'
import { grouped } from '../grouped.ts'
import type { Plan } from '../plan.ts'

/**
 * The subnets of networks, each with its gateway and why it was picked, and under it what was passed over.
 * @internal
 */
export const printNetworks = (
  subnets: readonly SubnetPlan[],
  networks: readonly DesiredNetwork[],
  { style, columns }: Look,
): readonly string[] => {
  const rows = subnets.map((one) => {
    const gateway = gatewayOf(one, networks)
    return [one.network, one.subnet, gateway === null ? 'no gateway' : `gateway ${gateway}`, originWords(one)]
  })
  const lines = tableLines(rows, columns)
  return subnets.flatMap(({ rejected }, index) => [
    ...(lines[index] ?? []),
    ...rejected.flatMap((one) =>
      wrapLine(`      passed over ${visibleLine(rejectionWords(one))}`, columns, 8).map(style.dim),
    ),
  ])
}

/**
 * The gateway of a network in the family of a subnet; null where it has none.
 * @internal
 */
export const gatewayOf = (
  { network, family, gateway }: SubnetPlan,
  networks: readonly DesiredNetwork[],
): string | null =>
  networks.some((one) => one.name === network && one[family]?.mode === 'isolated') ? null : gateway

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
 * What was passed over, and why.
 * @internal
 */
export const rejectionWords = ({ candidate, candidates, detail }: SubnetPlan['rejected'][number]): string =>
  `${candidate}${candidates > 1 ? ` and ${candidates - 1} more after it` : ''}: ${detail}`

/**
 * The addresses of endpoints, both families of one on one line.
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
