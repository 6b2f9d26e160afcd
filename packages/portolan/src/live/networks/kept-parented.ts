import {
  type LeasedSubnet,
  type LeaseState,
  leasedSubnets,
  type ParentedDriver,
  type ParentedNetworkIntent,
  type ParentedNetworkOptions,
  replicaName,
} from '@portolan/core'
import { detachWay, type Family, InvalidRequestError, oneWay } from '@portolan/netfilter'
import { heldOn } from '../attachments/held-addresses.ts'
import { parentedDetach } from '../attachments/parented-detach.ts'

/** The subnets of a network on an interface, as they are leased. */
export const parentedLeases = (
  state: LeaseState,
  project: string,
  name: string,
): readonly (LeasedSubnet & Required<Pick<LeasedSubnet, 'parented'>>)[] =>
  leasedSubnets(state).flatMap((lease) =>
    lease.project === project && lease.network === name && lease.parented !== undefined
      ? [{ ...lease, parented: lease.parented }]
      : [],
  )

/**
 * What a network on an interface is to be: what is asked for, and else what it is by now. An option that is left out says
 * nothing of a network that is there.
 */
export const keptParented = (
  leases: ReturnType<typeof parentedLeases>,
  asked: ParentedNetworkIntent,
  options: ParentedNetworkOptions,
): ParentedNetworkIntent => {
  const [first] = leases
  if (first === undefined) return asked
  const ofFamily = (family: Family): ParentedNetworkIntent[Family] => {
    const lease = leases.find((one) => one.family === family)
    const wanted = asked[family]
    if (lease === undefined) return options[family === 'ip' ? 'ipv4' : 'ipv6'] === undefined ? null : wanted
    const kept = { subnet: lease.subnet, gateway: lease.parented.router, ipRange: lease.parented.ipRange }
    if (wanted === null) return kept
    // Another subnet is told of, and has another gateway.
    if (wanted.subnet !== null && wanted.subnet !== lease.subnet) return wanted
    return {
      subnet: lease.subnet,
      gateway: wanted.gateway ?? kept.gateway,
      ipRange: wanted.ipRange ?? kept.ipRange,
    }
  }
  const hasNoRouter = leases.every(({ parented }) => parented.router === null)
  const ip = ofFamily('ip')
  const ip6 = ofFamily('ip6')
  const namesRouter = (asked.ip?.gateway ?? null) !== null || (asked.ip6?.gateway ?? null) !== null
  return {
    ...asked,
    driver: options.driver === undefined ? first.parented.driver : asked.driver,
    mtu: options.mtu === undefined ? first.parented.mtu : asked.mtu,
    internal: options.internal ?? (hasNoRouter && !namesRouter),
    ip,
    ip6,
  }
}

/**
 * Refuses what would change for endpoints that are on a network already: an interface keeps the driver, the mode and the
 * router that it was made with.
 *
 * @throws InvalidRequestError
 */
export const refuseChangeUnderEndpoints = (
  state: LeaseState,
  known: LeasedSubnet,
  wanted: LeasedSubnet,
): void => {
  const difference = differences(known, wanted).find(({ isOfInterfaces }) => isOfInterfaces)
  if (difference === undefined) return
  const { project, network } = known
  const on = [...new Set(heldOn(state, { project, network }).map(({ holder }) => replicaName(holder)))]
  const [first] = on
  if (first === undefined) return
  const names = `${on.slice(0, 3).join(', ')}${on.length > 3 ? ', ...' : ''}`
  throw new InvalidRequestError({
    problem: `network ${network} has ${difference.has}, and ${difference.asked} is asked for while ${on.length === 1 ? 'an endpoint is' : `${on.length} endpoints are`} on it (${names}).`,
    remedy: (wording) =>
      oneWay(
        detachWay(wording, first, parentedDetach(project)),
        'leave that out',
        'choose another name for the network',
      ),
  })
}

interface Difference {
  readonly has: string
  readonly asked: string
  /** It is a part of each interface on the network, so that those that are there would differ. */
  readonly isOfInterfaces: boolean
}

/** What of a network on an interface is another than before, but for its subnet and its parent. */
export const differences = (known: LeasedSubnet, wanted: LeasedSubnet): readonly Difference[] => {
  const [before, after] = [known.parented, wanted.parented]
  if (before === undefined || after === undefined) return []
  const pairs = [
    [`the driver ${driverWords(before.driver)}`, `the driver ${driverWords(after.driver)}`, true],
    [gatewayWords(before.router), gatewayWords(after.router), true],
    [rangeWords(before.ipRange), rangeWords(after.ipRange), false],
    [mtuWords(before.mtu), mtuWords(after.mtu), false],
  ] as const
  return pairs.flatMap(([has, asked, isOfInterfaces]) =>
    has === asked ? [] : [{ has, asked, isOfInterfaces }],
  )
}

/** As the command takes it. */
const driverWords = (driver: ParentedDriver): string =>
  `${driver.kind}:${driver.mode}${driver.kind === 'ipvlan' && driver.flag !== 'bridge' ? ` with the flag ${driver.flag}` : ''}`

const gatewayWords = (router: string | null): string =>
  router === null ? 'no gateway' : `the gateway ${router}`

const rangeWords = (range: string | null): string => (range === null ? 'no range' : `the range ${range}`)

const mtuWords = (mtu: number | null): string => (mtu === null ? 'the MTU of its parent' : `the MTU ${mtu}`)
