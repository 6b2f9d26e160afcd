import {
  checkArgument,
  checkOptions,
  flagValue,
  functionValue,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  orAbsent,
  textsValue,
  textValue,
  type ValueKind,
} from '@portolan/netfilter/schema'

/** One kind for each of these keys. */
type Kinds<Key extends string> = Readonly<Record<Key, ValueKind>>

const name = textValue('the name of a host')
const incarnation = textValue('the text that the host drew once')
const newNonce: ValueKind = { expected: 'a function that returns a new text', holds: functionValue.holds }

/** The kinds of a `ClaimRequest`. Its own file names the type, so that no import leads in a circle. */
export const claimKinds: Kinds<
  | 'host'
  | 'incarnation'
  | 'lease'
  | 'renews'
  | 'newNonce'
  | 'count'
  | 'remembered'
  | 'inUse'
  | 'avoid'
  | 'takeover'
  | 'keeps'
  | 'written'
> = {
  host: name,
  incarnation,
  lease: nullOr(textValue()),
  renews: orAbsent(flagValue),
  newNonce,
  count: orAbsent({
    expected: 'a whole number, 0 or more',
    holds: (value) => Number.isInteger(value) && Number(value) >= 0,
  }),
  remembered: orAbsent(listValue('a list of blocks', objectValue('a block', { block: 'text' }).holds)),
  inUse: orAbsent(textsValue),
  avoid: orAbsent(functionValue),
  takeover: orAbsent(flagValue),
  keeps: orAbsent(functionValue),
  written: orAbsent(functionValue),
}

const address = nullOr(textValue('an address, as text'))

/** The kinds of a `NodeRequest`. */
export const nodeKinds: Kinds<'host' | 'incarnation' | 'addresses'> = {
  host: name,
  incarnation,
  addresses: {
    expected: 'addresses such as { ip: "192.0.2.11", ip6: null }',
    holds: (value) => {
      if (!objectValue('').holds(value)) return false
      const { ip, ip6 } = value as Readonly<Record<string, unknown>>
      return address.holds(ip) && address.holds(ip6)
    },
  },
}

/** The kinds of a `ReleaseRequest`. */
export const releaseKinds: Kinds<'host' | 'incarnation' | 'blocks' | 'newNonce'> = {
  host: name,
  incarnation,
  blocks: nullOr(textsValue),
  newNonce,
}

/** The kinds of a `PoolChange`. */
export const changeKinds: Kinds<'forgetsReclaimed' | 'written'> = {
  forgetsReclaimed: flagValue,
  written: functionValue,
}

/**
 * Checks a request whose parts are required unless their kind accepts undefined.
 *
 * @throws InvalidRequestError naming the part of the request that is of another kind
 */
export const checkRequest = <Request>(request: Request, kinds: OptionKinds<Request>, what: string): void => {
  checkOptions(request, kinds, `the parts of ${what}`)
  const given = request as Readonly<Record<string, unknown>>
  for (const [key, kind] of Object.entries<ValueKind>(kinds))
    checkArgument(given[key], kind, `${key} in ${what}`)
}
