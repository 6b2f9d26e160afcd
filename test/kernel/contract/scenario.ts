import { readFileSync } from 'node:fs'
import { addresses } from '../../lab/topology.ts'

/** The project on which all rows are tested. */
export const compose: string = readFileSync(new URL('./compose.yaml', import.meta.url), 'utf8')

export type Family = 'ip' | 'ip6'

/** The networks of compose.yaml: `172.30.N.0/24` and `fd00:30:N::/64` on the bridge `pt-NAME`. */
export const networks = {
  web: 1,
  other: 2,
  quiet: 3,
  inner: 4,
  island: 5,
  direct: 6,
  open: 7,
  plain: 8,
  /** Like `quiet`, but Portolan itself attaches its ports. */
  hushed: 9,
  /** eth1 and `other` reach these containers at their own addresses. */
  trusted: 10,
  /** icc is off, and there are links. */
  linked: 11,
} as const

/** The containers of compose.yaml: their network, and the last number of their addresses. */
export const containers = {
  nginx: ['web', 10],
  sibling: ['web', 11],
  far: ['other', 10],
  /** Also on `web`: see `joinSecond` of set-up.ts. Its ports lead to `other`, and its default route leads to `web`. */
  twin: ['other', 40],
  q1: ['quiet', 10],
  q2: ['quiet', 11],
  h1: ['hushed', 10],
  h2: ['hushed', 11],
  i1: ['inner', 10],
  i2: ['inner', 11],
  s1: ['island', 10],
  s2: ['island', 11],
  d1: ['direct', 10],
  d2: ['direct', 11],
  o1: ['open', 10],
  p1: ['plain', 10],
  t1: ['trusted', 10],
  t2: ['trusted', 11],
  l1: ['linked', 10],
  l2: ['linked', 11],
  l3: ['linked', 12],
} as const

export type NetworkName = keyof typeof networks
export type ContainerName = keyof typeof containers

/** A destination: a place of topology.ts, a container, or the gateway of a network. */
export type Place = keyof typeof addresses.ip | ContainerName | `gateway of ${NetworkName}`

/** A machine that sends flows. */
export type Sender = 'host' | 'client' | 'neighbour' | 'outside' | 'distant' | ContainerName

export const isContainer = (name: string): name is ContainerName => Object.hasOwn(containers, name)

const inNetwork = (network: NetworkName, number: number, family: Family): string =>
  family === 'ip' ? `172.30.${networks[network]}.${number}` : `fd00:30:${networks[network]}::${number}`

/** The address of a place in a family. */
export const addressOf = (place: Place, family: Family): string => {
  if (isContainer(place)) {
    const [network, number] = containers[place]
    return inNetwork(network, number, family)
  }
  if (Object.hasOwn(addresses[family], place)) return addresses[family][place as keyof typeof addresses.ip]
  return inNetwork(place.slice('gateway of '.length) as NetworkName, 1, family)
}

/** All addresses of the host, on its own networks and on the bridges. */
export const hostAddresses = (family: Family): readonly string[] => [
  ...(['host', 'hostSecond', 'hostOutside', 'loopback'] as const).map((place) => addresses[family][place]),
  ...(Object.keys(networks) as NetworkName[])
    .filter((network) => network !== 'island')
    .map((network) => inNetwork(network, 1, family)),
]
