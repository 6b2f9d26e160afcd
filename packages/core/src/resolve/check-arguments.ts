import {
  checkArgument,
  checkOptions,
  flagValue,
  isAddressLike,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  textsValue,
  wordingValue,
} from '@portolan/netfilter/schema'
import { poolsValue } from '../pool/pool-value.ts'
import type { ResolveOptions } from './resolve-options.ts'

const intentValue = objectValue('what readCompose() or intent() gives', {
  project: 'text',
  networks: 'objects',
  endpoints: 'objects',
  mappings: 'objects',
})
const factsValue = objectValue('an object such as readHost() gives')

const optionKinds: OptionKinds<ResolveOptions> = {
  pools: poolsValue,
  reserve: listValue('a list of prefixes such as ["10.0.0.0/8"]', isAddressLike),
  allow: textsValue,
  blocks: nullOr(objectValue('what a host has of a cluster', { blocks: 'list' })),
  leases: objectValue('a state of leases such as emptyLeases'),
  move: textsValue,
  others: listValue('a list of published ports'),
  translated: textsValue,
  own: textsValue,
  guardForwarding: flagValue,
  wording: wordingValue,
  isLive: flagValue,
}

/**
 * Refuses arguments of `resolve` that are none. The parts of an intent and of facts are what their readers made.
 * @throws InvalidRequestError naming the argument
 */
export const checkArguments = (wanted: unknown, facts: unknown, options: unknown): void => {
  checkArgument(wanted, intentValue, 'the intent')
  checkArgument(facts, factsValue, 'the facts')
  checkOptions<ResolveOptions>(options, optionKinds, 'the options of resolve')
}
