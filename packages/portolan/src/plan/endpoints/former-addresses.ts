import { type EndpointMark, type LeaseState, leasedSubnets } from '@portolan/core'
import {
  type AttachedEnd,
  attachedEnds,
  insideAddresses,
  type LeasedEnd,
  leasedEnds,
} from '@portolan/core/planning'
import { type HostFacts, prefixContains } from '@portolan/netfilter'
import { alsoDetached, asItIs, attachAnew, type WrittenCommand } from './endpoint-commands.ts'

/** The host's end of an endpoint whose interface inside may have an address other than the leased one. */
interface FormerEnd extends LeasedEnd {
  /** The network got another subnet. */
  readonly isMoved: boolean
}

/**
 * The ends of endpoints that may still have a former address inside: their network moved, or they got another address.
 * Attaching an endpoint again deletes the record of its former address.
 */
export const formerEnds = (facts: HostFacts, leases: LeaseState): readonly FormerEnd[] => {
  const ends = attachedEnds(facts)
  if (ends.length === 0) return []
  const moved = new Set(
    leasedSubnets(leases).flatMap(({ project, network, movedFrom }) =>
      movedFrom === null ? [] : [`${project}/${network}`],
    ),
  )
  return leasedEnds(ends, leases).flatMap((end) => {
    const isMoved = moved.has(`${end.mark.project}/${end.mark.network}`)
    const isReplaced = end.givenUp.some(({ family }) => end.held.some((one) => one.family === family))
    return isMoved || isReplaced ? [{ ...end, isMoved }] : []
  })
}

/** Notes on endpoints whose interface inside has an address other than the leased one, as far as it could be read. */
export const formerAddressNotes = (
  facts: HostFacts,
  leases: LeaseState,
  isAsked: (mark: EndpointMark) => boolean,
  written: WrittenCommand = asItIs,
): readonly string[] =>
  formerEnds(facts, leases).flatMap(({ mark, inside, held, isMoved }) => {
    if (!isAsked(mark)) return []
    const { project, network, endpoint } = mark
    const { addresses = [] } = inside
    const leased = held.map(({ address }) => address)
    const has = insideAddresses(inside)
    const missing = leased.filter((address) => !has.includes(address))
    const former = addresses.filter((_, at) => !leased.includes(has[at] ?? ''))
    if (missing.length === 0 || former.length === 0)
      return former.length > 0 ? [] : lengthNotes({ mark, inside }, subnetsOf(leases, mark), written)
    const cause = isMoved ? 'the network moved' : 'it was given another address'
    return [
      `Endpoint ${endpoint} of network ${project}/${network} has ${missing.join(' and ')} leased, and its interface inside has ${former.join(' and ')} instead: ${cause} after the endpoint was attached. Ports published on it lead nowhere. ${attachAnew(mark, 'To give it its address', written)}${alsoDetached(mark, attachedEnds(facts))}`,
    ]
  })

/**
 * Notes on addresses that stay while their subnet got another prefix length. The interface inside has the former
 * length.
 */
const lengthNotes = (
  { mark, inside }: Pick<AttachedEnd, 'mark' | 'inside'>,
  subnets: readonly string[],
  written: WrittenCommand,
): readonly string[] => {
  const stale = (inside.addresses ?? []).filter((text) => {
    const subnet = subnets.find((one) => one.includes(':') === text.includes(':'))
    return (
      subnet !== undefined && prefixContains(subnet, addressOf(text)) && lengthOf(text) !== lengthOf(subnet)
    )
  })
  if (stale.length === 0) return []
  const { project, network, endpoint } = mark
  return [
    `Endpoint ${endpoint} of network ${project}/${network} has ${stale.join(' and ')} inside, and the subnet is ${subnets.join(' and ')} since it was attached: its routes are those of the former subnet. ${attachAnew(mark, 'To mend it', written)}`,
  ]
}

const addressOf = (text: string): string => text.split('/')[0] ?? ''

const lengthOf = (text: string): string => text.split('/')[1] ?? ''

const subnetsOf = (leases: LeaseState, { project, network }: EndpointMark): readonly string[] =>
  leasedSubnets(leases).flatMap((one) =>
    one.project === project && one.network === network ? [one.subnet] : [],
  )
