import { checkInsideName } from '@portolan/core'
import type { NamespaceReference } from '@portolan/host'
import { type AddressInput, InvalidRequestError } from '@portolan/netfilter'
import {
  checkOptions,
  flagValue,
  isAddressLike,
  macValue,
  type OptionKinds,
  objectValue,
  shownValue,
  textValue,
  type ValueKind,
} from '@portolan/netfilter/schema'

/**
 * A request to put a process, or a namespace that is still empty, on a network.
 * @example
 * const request: AttachRequest = { network: 'web', endpoint: 'web-1', netns: { pid: 4242 } }
 * @public @since 0.1.0
 */
export interface AttachRequest {
  /** `web`, or `shop/web` for a network that a plan made. */
  readonly network: string
  /** The name under which its addresses are leased. */
  readonly endpoint: string
  /**
   * The namespace: a process in it, the path of its file (`/run/netns/blue`, `/proc/4242/ns/net`), or its name
   * (`ip netns list`).
   */
  readonly netns: NamespaceReference
  /** The name of the interface inside; default: `eth0`. */
  readonly interface?: string
  /** The address to lease; default: any free one. */
  readonly address?: AddressInput
  readonly address6?: AddressInput
  /** Six bytes in hexadecimal, with colons; default: derived from the IPv4 address. */
  readonly mac?: string
  /** The MTU in bytes; default: that of the bridge. */
  readonly mtu?: number
  /**
   * The metric of the default routes inside. The kernel uses the default route with the lowest metric. By default, the
   * network gives the default route if the namespace has none yet. Otherwise its route comes after the existing ones.
   */
  readonly metric?: number
  /** False: no default route. Internal networks and networks without a gateway never give one. */
  readonly defaultRoute?: boolean
}

/**
 * The options for taking an endpoint off a network.
 * @example
 * const moved: DetachOptions = { network: 'web', keepLease: true }
 * @public @since 0.1.0
 */
export interface DetachOptions {
  /** The network to leave; default: all networks of the project. `shop/web` for a network that a plan made. */
  readonly network?: string
  /** True: addresses stay leased and ports stay published. */
  readonly keepLease?: boolean
  /**
   * True: no process ever had the addresses, for example because a container was not started. Then the next endpoint
   * may get them, as if they had never been leased. Addresses given up otherwise are leased again last.
   */
  readonly neverUsed?: boolean
  /** The namespace with the interface. Needed on macvlan and ipvlan networks, where the host has no end of it. */
  readonly netns?: NamespaceReference
  /** The name of the interface in that namespace; default: `eth0`. */
  readonly interface?: string
}

const netnsValue: ValueKind = {
  expected: '{ pid }, { path } or { name }',
  holds: (value) => {
    if (!objectValue('').holds(value)) return false
    const { pid, path, name, ...rest } = value as Readonly<Record<string, unknown>>
    const given = [typeof pid === 'number', typeof path === 'string', typeof name === 'string']
    return (
      Object.keys(rest).length === 0 &&
      given.filter(Boolean).length === 1 &&
      [pid, path, name].filter((one) => one !== undefined).length === 1
    )
  },
}

const addressValue: ValueKind = { expected: 'an address such as "172.17.0.9"', holds: isAddressLike }

const LEAST_MTU = 68
const MOST_MTU = 65_535

const mtuValue: ValueKind = {
  // ETH_MIN_MTU (include/uapi/linux/if_ether.h) and ETH_MAX_MTU, as drivers/net/veth.c has them.
  expected: `a whole number of bytes from ${LEAST_MTU} to ${MOST_MTU} such as 1500`,
  holds: (value) => Number.isInteger(value) && Number(value) >= LEAST_MTU && Number(value) <= MOST_MTU,
}

const metricValue: ValueKind = {
  expected: 'a whole number from 0 to 4294967295',
  holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffffffff,
}

const kinds: OptionKinds<AttachRequest> = {
  network: textValue('the name of a network'),
  endpoint: textValue('the name of an endpoint'),
  netns: netnsValue,
  interface: textValue('the name of an interface'),
  address: addressValue,
  address6: addressValue,
  mac: macValue,
  mtu: mtuValue,
  metric: metricValue,
  defaultRoute: flagValue,
}

/** Checks a request of attach. @throws InvalidRequestError */
export const checkAttachRequest = (request: AttachRequest): void => {
  checkOptions<AttachRequest>(request, kinds, 'the request of attach')
  for (const name of ['network', 'endpoint', 'netns'] as const)
    if (request[name] === undefined)
      throw new InvalidRequestError(
        `the request of attach has no ${name}: give network, endpoint and netns, as in { network: 'web', endpoint: 'web-1', netns: { pid: 4242 } }.`,
      )
  checkInsideName(request.interface ?? 'eth0')
}

/** Checks the name and options of detach. @throws InvalidRequestError */
export const checkDetachOptions = (name: unknown, options: DetachOptions): void => {
  if (typeof name !== 'string' || name === '')
    throw new InvalidRequestError(
      `${shownValue(name)} cannot name an endpoint: expected the name that it was attached under.`,
    )
  checkOptions<DetachOptions>(
    options,
    {
      network: textValue('the name of a network'),
      keepLease: flagValue,
      neverUsed: flagValue,
      netns: netnsValue,
      interface: textValue('the name of an interface'),
    },
    'the options of detach',
  )
  if (options.interface !== undefined) checkInsideName(options.interface)
}
