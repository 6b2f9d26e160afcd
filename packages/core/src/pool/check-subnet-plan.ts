import type { HostFacts } from '@portolan/netfilter'
import { InvalidRequestError } from '@portolan/netfilter'
import {
  checkArgument,
  checkHostFacts,
  checkOptions,
  isAddressLike,
  listValue,
  nullOr,
  type OptionKinds,
  objectValue,
  refuseUnknownOptions,
  shownValue,
  textValue,
  wordingValue,
} from '@portolan/netfilter/schema'
import { type HostIndex, isHostIndex } from './host-index.ts'
import type { Pool } from './pool.ts'
import { poolsValue } from './pool-value.ts'
import type { SubnetPlanOptions, SubnetRequest } from './subnet-request.ts'

const ranges = listValue('a list of prefixes such as ["10.0.0.0/8"]', isAddressLike)

export const subnetPlanOptions: OptionKinds<SubnetPlanOptions> = {
  project: nullOr(textValue()),
  removedBridges: listValue('a list of names of bridges', (value) => typeof value === 'string'),
  reserve: ranges,
  allow: ranges,
  leases: listValue('a list of leases', objectValue('a lease', { network: 'text', subnet: 'text' }).holds),
  blocks: nullOr(objectValue('what a host has of a cluster', { blocks: 'list', lost: 'list', join: 'text' })),
  wording: wordingValue,
}

const requestKeys = [
  'network',
  'family',
  'subnet',
  'gateway',
  'ipRange',
  'size',
  'pools',
  'held',
  'renumber',
  'place',
  'bridge',
] as const satisfies readonly (keyof SubnetRequest)[]
const requestKey: ReadonlySet<string> = new Set(requestKeys)

/**
 * Refuses invalid arguments of `planSubnets`. A caller in JavaScript has no compiler that does so.
 * @throws InvalidRequestError naming the argument
 */
export const checkSubnetPlan = (
  facts: HostFacts | HostIndex,
  wanted: readonly SubnetRequest[],
  pools: readonly Pool[],
  options: SubnetPlanOptions,
): void => {
  checkFacts(facts)
  checkArgument(
    wanted,
    listValue('a list such as [{ network: "web", family: "ip" }]'),
    'the list of requests',
  )
  for (const request of wanted) checkRequest(request)
  checkArgument(pools, poolsValue, 'the list of pools')
  checkOptions<SubnetPlanOptions>(options, subnetPlanOptions, 'the options of planSubnets')
}

/** @throws InvalidRequestError for a value that is neither facts nor an index of facts */
export const checkFacts = (facts: HostFacts | HostIndex): void => {
  checkArgument(facts, objectValue('an object such as readHost() gives'), 'the facts')
  if (!isHostIndex(facts)) checkHostFacts(facts, 'the facts')
}

/** Checked without the option tables, for speed: there may be 65,536 requests. */
const checkRequest = (request: SubnetRequest): void => {
  if (typeof request !== 'object' || request === null) throw noRequest(request)
  if (typeof request.network !== 'string') throw noRequest(request)
  const { family } = request
  if (family !== 'ip' && family !== 'ip6')
    throw new InvalidRequestError(
      `family in the request for ${request.network} is ${shownValue(family)}: expected one of ip, ip6.`,
    )
  for (const key in request)
    if (!requestKey.has(key))
      refuseUnknownOptions(request, requestKeys, `the options of the request for ${request.network}`)
}

const noRequest = (request: unknown): InvalidRequestError =>
  new InvalidRequestError(
    `the list of requests has ${shownValue(request)} in it: expected requests such as { network: "web", family: "ip" }.`,
  )
