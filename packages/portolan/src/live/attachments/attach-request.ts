import { checkInsideName } from '@portolan/core'
import type { NamespaceReference } from '@portolan/host'
import { type AddressInput, InvalidRequestError } from '@portolan/netfilter'
import {
  checkOptions,
  flagValue,
  isAddressLike,
  type OptionKinds,
  objectValue,
  shownValue,
  textValue,
  type ValueKind,
} from '@portolan/netfilter/schema'

/**
 * A process, or a namespace that is still empty, that is to be on a network.
 * @example
 * const request: AttachRequest = { network: 'web', endpoint: 'web-1', netns: { pid: 4242 } }
 * @public @since 0.1.0
 */
export interface AttachRequest {
  /** `web`, or `shop/web` for a network that a plan made. */
  readonly network: string
  /** The name that its addresses are leased under. */
  readonly endpoint: string
  /** A process in it, the path of its file (`/run/netns/blue`, `/proc/4242/ns/net`), or its name (`ip netns list`). */
  readonly netns: NamespaceReference
  /** The name that the interface has inside; `eth0` unless told. */
  readonly interface?: string
  /** This address and no other; one is leased unless told. */
  readonly address?: AddressInput
  readonly address6?: AddressInput
  /** Six bytes in hexadecimal, with colons; derived from the IPv4 address unless told. */
  readonly mac?: string
  /** In bytes; that of the bridge unless told. */
  readonly mtu?: number
  /**
   * The metric of the default routes inside. Of several default routes the lowest metric is taken. Unless told, a network
   * gives the default route where the namespace has none yet, and stands behind those that are there otherwise.
   */
  readonly metric?: number
  /** False: no default route. Networks that are internal or have no gateway give none. */
  readonly defaultRoute?: boolean
}

/**
 * How an endpoint leaves a network.
 * @example
 * const moved: DetachOptions = { network: 'web', keepLease: true }
 * @public @since 0.1.0
 */
export interface DetachOptions {
  /** From this network alone; from all of the project unless told. `shop/web` for a network that a plan made. */
  readonly network?: string
  /** True: the addresses stay leased, and ports stay published. */
  readonly keepLease?: boolean
  /**
   * True: no process ever had the addresses, as where a container is not started after all. The next endpoint that is leased
   * an address may get them, as if they had never been leased; those that were given up otherwise come last.
   */
  readonly neverUsed?: boolean
  /** Where the interface is: of a network of macvlan or ipvlan, of which the host has no end. */
  readonly netns?: NamespaceReference
  /** The name that it has there; `eth0` unless told. */
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
  mac: textValue('a MAC address such as "02:42:ac:11:00:01"'),
  mtu: mtuValue,
  metric: metricValue,
  defaultRoute: flagValue,
}

/** @throws InvalidRequestError */
export const checkAttachRequest = (request: AttachRequest): void => {
  checkOptions<AttachRequest>(request, kinds, 'the request of attach')
  for (const name of ['network', 'endpoint', 'netns'] as const)
    if (request[name] === undefined)
      throw new InvalidRequestError(
        `the request of attach has no ${name}: give network, endpoint and netns, as in { network: 'web', endpoint: 'web-1', netns: { pid: 4242 } }.`,
      )
  checkInsideName(request.interface ?? 'eth0')
}

/** @throws InvalidRequestError */
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
}
