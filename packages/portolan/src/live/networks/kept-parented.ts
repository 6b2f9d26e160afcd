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

/** The leased subnets of a parented network. */
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
 * The intent of a parented network: the requested values, and otherwise the present ones. An option that is left out
 * keeps its present value.
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
    // Another subnet is refused later, and has its own gateway.
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
 * Refuses a change that attached endpoints cannot follow. Their interfaces keep the driver, mode and router that they
 * were made with.
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
  /** Each interface on the network has this value, so existing interfaces would differ. */
  readonly isOfInterfaces: boolean
}

/** The differences of a parented network from before, apart from its subnet and parent. */
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

/** The driver as the command writes it. */
const driverWords = (driver: ParentedDriver): string =>
  `${driver.kind}:${driver.mode}${driver.kind === 'ipvlan' && driver.flag !== 'bridge' ? ` with the flag ${driver.flag}` : ''}`

const gatewayWords = (router: string | null): string =>
  router === null ? 'no gateway' : `the gateway ${router}`

const rangeWords = (range: string | null): string => (range === null ? 'no range' : `the range ${range}`)

const mtuWords = (mtu: number | null): string => (mtu === null ? 'the MTU of its parent' : `the MTU ${mtu}`)
