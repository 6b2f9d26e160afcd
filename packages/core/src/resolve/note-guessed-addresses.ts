import type { DesiredEndpoint } from '../contract/desired-endpoint.ts'
import type { DesiredState } from '../contract/desired-state.ts'
import { replicaName } from '../contract/mapping-label.ts'
import type { EndpointIntent, Intent, IntentNote } from '../intent/index.ts'
import type { AddressUse } from './address-use.ts'
import type { ExternalNetwork } from './external-network.ts'

/** The most endpoints that a note names: a network of a hundred endpoints still gets one sentence. */
const mostNames = 3

/**
 * Notes risky addresses on networks that are not this project's own. Another container may have such an address, or get
 * it later, because the engine does not know the addresses that Portolan gives.
 * @internal
 */
export const noteGuessedAddresses = (
  intent: Intent,
  external: ReadonlyMap<string, ExternalNetwork>,
  uses: ReadonlyMap<string, AddressUse>,
  { endpoints }: Pick<DesiredState, 'endpoints'>,
): readonly IntentNote[] =>
  [...external].flatMap(([name, { network, owner, engines }]) => {
    if (owner?.project === intent.project) return []
    const on = intent.endpoints.filter((endpoint) => endpoint.network === name)
    const use = uses.get(name)
    const addressesOf = addressesOn(name, endpoints)
    const held = use === undefined ? [] : on.flatMap((endpoint) => noteHeld(endpoint, addressesOf, use))
    const guessed = on.filter((endpoint) => isGuessed(endpoint, network))
    const isRecorded = engines.some(({ used }) => used !== undefined)
    if (use !== undefined && isRecorded) return [...held, ...noteHandedOut(name, guessed, addressesOf, use)]
    const [first] = guessed
    if (first === undefined) return held
    const whose = owner === null ? 'not ours' : `of project ${owner.project}`
    return [
      ...held,
      {
        text: `The address of ${namesOf(guessed)} on the external network ${name} may already be in use there: its bridge ${network.bridge} is ${whose}, and not every address in use there is known. Settle it with ipv4_address (ipv6_address).`,
        place: first.place,
      },
    ]
  })

/** Notes an address that the engine gave to a container. It is no error: Portolan may publish that same container. */
const noteHeld = (
  endpoint: EndpointIntent,
  addressesOf: AddressesOf,
  { engine, holderOf }: AddressUse,
): readonly IntentNote[] =>
  addressesOf(endpoint).flatMap((address) => {
    const holder = holderOf(address)
    if (holder === null) return []
    const text = `${address}, the address of ${replicaName(endpoint)} on the external network ${endpoint.network}, is in use there: ${engine ?? 'its engine'} gave it to ${holder}. If that is another container, give ${replicaName(endpoint)} another address with ipv4_address (ipv6_address).`
    return [{ text, place: endpoint.place }]
  })

const noteHandedOut = (
  name: string,
  guessed: readonly EndpointIntent[],
  addressesOf: AddressesOf,
  { engine, isHandedOut, holderOf }: AddressUse,
): readonly IntentNote[] => {
  const unsure = guessed.filter((endpoint) =>
    addressesOf(endpoint).some((address) => isHandedOut(address) && holderOf(address) === null),
  )
  const [first] = unsure
  if (first === undefined) return []
  const owner = engine ?? 'its engine'
  const text = `The address of ${namesOf(unsure)} on the external network ${name} is free, but ${owner} does not know of it and may give it to a ${engine === 'libvirt' ? 'guest' : 'container'} later. Make that network with a range of its own (${ownRange[owner] ?? anyRange}): Portolan picks addresses outside of it.`
  return [{ text, place: first.place }]
}

/** How each engine is told which part of a subnet to hand out. */
const ownRange: Readonly<Record<string, string>> = {
  docker: '--ip-range of docker network create',
  podman: '--ip-range of podman network create',
  cni: 'rangeStart and rangeEnd of its IPAM plugin',
  libvirt: '<range start="..." end="..."/> in <dhcp>, by virsh net-edit',
}
const anyRange = '--ip-range of Docker and Podman, rangeStart and rangeEnd of CNI'

/** Returns the addresses that an endpoint of one network was given. */
type AddressesOf = (endpoint: EndpointIntent) => readonly string[]

const addressesOn = (network: string, endpoints: readonly DesiredEndpoint[]): AddressesOf => {
  const known = new Map<string, readonly string[]>()
  for (const { service, replica, network: on, ip, ip6 } of endpoints)
    if (on === network)
      known.set(
        `${replica} ${service}`,
        [ip, ip6].filter((address) => address !== null),
      )
  return ({ service, replica }) => known.get(`${replica} ${service}`) ?? []
}

const namesOf = (endpoints: readonly EndpointIntent[]): string => {
  const names = endpoints.slice(0, mostNames).map(replicaName).join(', ')
  return endpoints.length > mostNames ? `${names} and ${endpoints.length - mostNames} more` : names
}

const isGuessed = ({ ip, ip6 }: EndpointIntent, network: ExternalNetwork['network']): boolean =>
  (network.ip !== null && ip === null) || (network.ip6 !== null && ip6 === null)
