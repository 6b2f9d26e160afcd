import type { WrittenConfig } from './config-schema.ts'

/** A key of the plugin `bridge` or `portmap` that has no effect here. */
interface UnusedKey {
  /** The value that asks for what is done here in any case. */
  readonly asIs?: boolean
  /** What to do in place of it. */
  readonly instead?: string
}

const remove = 'Remove it'

/** Keys of https://www.cni.dev/plugins/current/main/bridge/ and https://www.cni.dev/plugins/current/meta/portmap/ */
const unused: Readonly<Record<string, UnusedKey>> = {
  ipam: {
    instead: `The subnet is that of "subnet", or one of "pool", and "ipRange" limits the addresses. ${remove}`,
  },
  isGateway: {
    asIs: true,
    instead: 'The bridge is the gateway. Without a way to the outside, write "internal": true',
  },
  isDefaultGateway: { asIs: true, instead: 'The bridge is the gateway' },
  hairpinMode: { asIs: true, instead: 'A container always reaches its own ports' },
  portIsolation: { instead: 'Write "icc": false' },
  ipMasqBackend: { instead: 'Write "backend"' },
  vlan: {},
  vlanTrunk: {},
  preserveDefaultVlan: {},
  macspoofchk: {},
  promiscMode: {},
  forceAddress: {},
  enabledad: {},
  disableContainerInterface: {},
  snat: { asIs: true },
  masqAll: {},
  markMasqBit: {},
  externalSetMarkChain: {},
  conditionsV4: {},
  conditionsV6: {},
}

const isOff = (value: unknown): boolean =>
  [undefined, null, false, 0, ''].includes(value as null) ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0)

/**
 * Names the keys of a configuration that ask for something and have no effect. A configuration that was written for the
 * plugins `bridge` and `portmap` has such keys.
 */
export const unusedKeys = (config: WrittenConfig): readonly string[] => {
  const given: Readonly<Record<string, unknown>> = { ...config }
  const words = Object.entries(unused).flatMap(([key, { asIs = false, instead = remove }]) => {
    const value = given[key]
    const isMet = asIs ? value === undefined || value === true : isOff(value)
    return isMet ? [] : [`"${key}" in the network configuration has no effect with portolan-cni. ${instead}.`]
  })
  const { pool, subnet, ipv6 = false } = config
  const picksNone = subnet !== undefined && ipv6 !== true
  return pool === undefined || !picksNone
    ? words
    : [...words, '"pool" in the network configuration picks nothing beside "subnet". Remove one of the two.']
}
