import {
  checkArgument,
  checkOptions,
  flagValue,
  functionValue,
  isAddressLike,
  macValue,
  nullOr,
  type OptionKinds,
  objectValue,
  orAbsent,
  refuseUnknownOptions,
  textsValue,
  type ValueKind,
  wordValue,
} from '@portolan/netfilter/schema'

/** One kind for each of these keys. */
type Kinds<Key extends string> = Readonly<Record<Key, ValueKind>>

type Parts = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Parts => typeof value === 'object' && value !== null

const isHolder = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.project === 'string' &&
  typeof value.service === 'string' &&
  Number.isInteger(value.replica)

const isPortHolder = (value: unknown): boolean =>
  isHolder(value) &&
  typeof (value as Parts).network === 'string' &&
  Number.isInteger((value as Parts).containerPort)

const isRange = (value: unknown): boolean =>
  isObject(value) && Number.isInteger(value.first) && Number.isInteger(value.last)

const addressValue: ValueKind = { expected: 'an address or a prefix, as text', holds: isAddressLike }

/** The kinds of an `AddressRequest`. Its own file names the type, so that no import leads in a circle. */
export const addressKinds: Kinds<
  | 'on'
  | 'holder'
  | 'subnet'
  | 'gateway'
  | 'ipRange'
  | 'address'
  | 'isTaken'
  | 'isAttached'
  | 'mac'
  | 'planned'
> = {
  on: {
    expected: 'a network such as { project: "shop", network: "web" }',
    holds: (value) =>
      isObject(value) &&
      typeof value.network === 'string' &&
      (value.project === null || typeof value.project === 'string'),
  },
  holder: { expected: 'a holder such as { project: "shop", service: "web", replica: 1 }', holds: isHolder },
  subnet: addressValue,
  gateway: nullOr(addressValue),
  ipRange: nullOr(addressValue),
  address: nullOr(addressValue),
  isTaken: orAbsent(functionValue),
  isAttached: orAbsent(functionValue),
  mac: orAbsent(nullOr(macValue)),
  planned: orAbsent(flagValue),
}

/** The kinds of a `PortRequest`. */
export const portKinds: Kinds<'holder' | 'protocol' | 'range' | 'from' | 'isTaken' | 'planned'> = {
  holder: {
    expected: 'a holder such as { project, service, replica, network, containerPort }',
    holds: isPortHolder,
  },
  protocol: wordValue(['tcp', 'udp', 'sctp']),
  range: { expected: 'a range such as { first: 32768, last: 60999 }', holds: isRange },
  from: orAbsent({ expected: 'a port', holds: Number.isInteger }),
  isTaken: functionValue,
  planned: orAbsent(flagValue),
}

/**
 * Makes the check of a request. It is called for each lease, so it prepares everything beforehand, and only a refusal
 * takes the general way. The check throws an InvalidRequestError that names the part of another kind.
 */
export const checkOf = <Request>(kinds: OptionKinds<Request>, what: string): ((request: Request) => void) => {
  const entries = Object.entries<ValueKind>(kinds)
  const keys = entries.map(([key]) => key)
  const known = new Set(keys)
  return (request) => {
    if (!isObject(request) || Array.isArray(request))
      refuseUnknownOptions(request, keys, `the parts of ${what}`)
    const given = request as Parts
    for (const key in given) if (!known.has(key)) refuseUnknownOptions(request, keys, `the parts of ${what}`)
    for (const [key, kind] of entries)
      if (!kind.holds(given[key])) checkArgument(given[key], kind, `${key} in ${what}`)
  }
}

/** Checks the arguments of `acquireSubnet`. @throws InvalidRequestError */
export const checkSubnetLease = (lease: unknown, options: unknown): void => {
  checkArgument(lease, subnetValue, 'the lease of acquireSubnet')
  checkOptions<{ readonly tolerate?: readonly string[] }>(
    options,
    { tolerate: textsValue },
    'the options of acquireSubnet',
  )
}

const subnetValue = objectValue('a lease such as { kind: "subnet", project, network, family, subnet }', {
  project: 'text',
  network: 'text',
  family: 'text',
  subnet: 'text',
})
