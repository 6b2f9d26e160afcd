import type { ContractHost, DesiredState, Flow, Reach } from '@portolan/core'
import { type Outcome, prefixContains } from '@portolan/netfilter'

/** A flow on a host with an applied project. */
export interface ContractFlow {
  readonly desired: DesiredState
  readonly host: ContractHost
  readonly flow: Flow
}

/** The parts of an outcome that the contract decides. */
export type Told = Pick<Outcome, 'outcome' | 'at' | 'seenAs'>

const stopped: readonly string[] = ['dropped', 'rejected', 'unrouted']

const gatewayOf = (desired: DesiredState, { family }: Flow, address: string): readonly string[] => {
  const networks = desired.endpoints
    .filter(({ [family]: own }) => own === address)
    .map(({ network }) => network)
  return desired.networks
    .filter(({ name }) => networks.includes(name))
    .flatMap(({ [family]: subnet }) => subnet?.gateway ?? [])
}

const hasNoRoute = ({ networks }: DesiredState, { family, to }: Flow): boolean =>
  networks.some(
    ({ [family]: subnet }) => subnet?.gateway === null && prefixContains(subnet.subnet, to.address),
  )

/**
 * Whether the source can send to the destination: without a gateway, or with a link-local address, only to neighbours.
 */
export const canSend = ({
  desired: { networks },
  flow: { family, from, to },
  host,
}: ContractFlow): boolean => {
  if (from.kind === 'machine') return !from.address.startsWith('fe80:') || host.addresses.includes(to.address)
  if (from.kind === 'host') return true
  // A packet to the container itself does not leave it.
  if (from.address === to.address) return false
  const subnet = networks.find(({ name }) => name === from.network)?.[family] ?? null
  return subnet === null || subnet.gateway !== null || prefixContains(subnet.subnet, to.address)
}

/**
 * Whether an answer finds the source. No route of these hosts leads back to an address that a container routes for
 * others.
 */
export const isAnswered = ({ desired: { networks }, flow: { family, from } }: ContractFlow): boolean =>
  from.kind !== 'container' ||
  networks.some(({ [family]: subnet }) => subnet !== null && prefixContains(subnet.subnet, from.address))

/** Whether a target is on another bridge than the client. Such a target sees the client's own address. */
const isElsewhere = ({ endpoints }: DesiredState, { family, from }: Flow, address: string): boolean =>
  from.kind === 'container' &&
  !endpoints.some(({ network, [family]: own }) => network === from.network && own === address)

/**
 * Whether the source may be masqueraded towards an external network: a packet from a masqueraded network to a foreign
 * bridge has an address of the host as source.
 */
const isHiddenOnOthers = ({ desired, flow: { family, from }, host }: ContractFlow, source: string): boolean =>
  from.kind === 'container' &&
  host.addresses.includes(source) &&
  desired.networks.some(
    ({ name, [family]: subnet }) => name === from.network && subnet?.masquerade === true,
  ) &&
  desired.networks.some(
    ({ name, external, [family]: subnet }) => external && name !== from.network && subnet !== null,
  )

/**
 * Whether an outcome is one that the contract promises.
 *
 * @param withoutOurs - what the outcome would be without the project's rules
 */
const keepsOne = (
  promise: Reach,
  scene: ContractFlow,
  { outcome, at, seenAs }: Told,
  withoutOurs: () => Told,
): boolean => {
  const { desired, flow, host } = scene
  const source = seenAs?.source ?? ''
  switch (promise.kind) {
    case 'dropped':
      // The bridge of an isolated network has no route. A packet for it leaves by the default route, and is lost there.
      return stopped.includes(outcome) || (outcome === 'forwarded' && hasNoRoute(desired, flow))
    case 'local':
    case 'foreign': {
      const bare = withoutOurs()
      return (
        (promise.kind === 'foreign' || bare.outcome === 'local') &&
        outcome === bare.outcome &&
        at?.address === bare.at?.address &&
        at?.port === bare.at?.port &&
        (source === (bare.seenAs?.source ?? '') || isHiddenOnOthers(scene, source))
      )
    }
    case 'outside':
      return (
        outcome === 'forwarded' &&
        (promise.seenAs === 'own' ? source === flow.from.address : host.addresses.includes(source))
      )
    case 'delivered': {
      const isAt = promise.to.some(({ address, port }) => at?.address === address && isPort(at.port, port))
      return outcome === 'delivered' && isAt && sees(promise.seenAs, scene, source, at)
    }
  }
}

/** Whether the reached port is the promised one. An echo request has no port. */
const isPort = (reached: number | null, promised: number): boolean => reached === null || reached === promised

const sees = (
  seenAs: 'own' | 'gateway' | 'host',
  { desired, flow, host }: ContractFlow,
  source: string,
  at: Told['at'],
): boolean => {
  const address = at?.address ?? ''
  if (seenAs === 'own' || isElsewhere(desired, flow, address)) return source === flow.from.address
  return seenAs === 'host'
    ? host.addresses.includes(source)
    : gatewayOf(desired, flow, address).includes(source)
}

/** Whether some course reaches each target that a promise names. */
const reachesAll = (promise: Reach, told: readonly Told[]): boolean =>
  promise.kind !== 'delivered' ||
  promise.to.every(({ address, port }) =>
    told.some(({ at }) => at?.address === address && isPort(at.port, port)),
  )

/**
 * Whether the outcome of a flow, certain and in all of its courses, is the one that the contract promises.
 *
 * @param withoutOurs - what the outcome would be without the project's rules; called only for flows that Portolan does
 * not touch
 */
export const keepsPromise = (
  promise: Reach,
  scene: ContractFlow,
  said: Pick<Outcome, 'certainty' | 'alternatives'> & Told,
  withoutOurs: () => Told,
): boolean => {
  const told = [said, ...said.alternatives]
  return (
    said.certainty === 'certain' &&
    reachesAll(promise, told) &&
    told.every((one) => keepsOne(promise, scene, one, withoutOurs))
  )
}
